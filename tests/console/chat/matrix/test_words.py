"""What is an answer in a Matrix room, and what is none."""

import pytest

from console.chat.fields import UNSAID
from console.chat.matrix.words import Answer, answer_in, command_in
from engine.model.approval import VoteKind

YES, NO = VoteKind.APPROVE, VoteKind.DENY


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("approve 4f9a-03be", (YES, "4f9a-03be", "")),
        ("  Approve 4F9A03BE", (YES, "4f9a03be", "")),
        ("deny 4f9a-03be: our own\nscanner", (NO, "4f9a-03be", "our own scanner")),
        ("> <@fireline:x> the card\n> approve 0000-0000\n\ndeny 4f9a-03be no", (NO, "4f9a-03be", "no")),
        ("deny 4f9a-03be \ud800", (NO, "4f9a-03be", "?")),
        ("deny 4f9a-03be " + "x" * 9000, (NO, "4f9a-03be", "x" * 4096)),
    ],
)
def test_an_answer_names_what_it_answers(body: str, answer: tuple[VoteKind, str, str]) -> None:
    kind, digest, reason = answer
    assert answer_in(body) == Answer(kind=kind, digest=digest, reason=reason)


@pytest.mark.parametrize(
    ("body", "lease", "reason"),
    [
        ("approve 4f9a-03be for 15m", "15m", ""),
        ("approve 4f9a-03be, for 1h 30m, until the backup", "1h 30m", "until the backup"),
        ("approve 4f9a-03be FOR 0.5 h: lunch", "0.5 h", "lunch"),
        ("approve 4f9a-03be for 15", "15", ""),
        ("approve 4f9a-03be for 15 minutes", "15 minutes", ""),
        ("approve 4f9a-03be for 1" + "0" * 90, "1" + "0" * 39, ""),
    ],
)
def test_a_yes_may_say_for_how_long(body: str, lease: str, reason: str) -> None:
    assert answer_in(body) == Answer(kind=YES, digest="4f9a-03be", reason=reason, lease=lease)


@pytest.mark.parametrize(
    "typed",
    [
        "for half an hour", "for .5h", "for only 15m", "for max 10m", "For: 10m", "15m", ", only for 10m", "for “10m”",
        "- 10 minutes", "at most 1 h", "until noon", "half an hour", "seen, for 15m", "yes, but only 2 hours of it",
        "for the backup's sake",
    ],
)  # fmt: skip
def test_a_yes_that_may_be_for_less_is_never_taken_for_a_whole_one(typed: str) -> None:
    answer = answer_in(f"approve 4f9a-03be {typed}")
    assert answer is not None
    assert answer.lease == UNSAID


@pytest.mark.parametrize(
    "typed", ["seen on 10.20.16.114", "as I said: a scanner, since 3 days", "because only 15m would not do", "ours"]
)
def test_what_is_no_length_is_why(typed: str) -> None:
    assert answer_in(f"approve 4f9a-03be {typed}") == Answer(kind=YES, digest="4f9a-03be", reason=typed)


@pytest.mark.parametrize("typed", ["code 123456", "Code: 123 456", "code=12345678", "seen, code 123-456 ok"])
def test_a_code_that_is_typed_in_a_room_is_left_out_of_what_is_kept(typed: str) -> None:
    answer = answer_in(f"approve 4f9a-03be {typed}")
    assert answer is not None and "(left out)" in answer.reason
    assert not any(digit in answer.reason for digit in "123")


def test_a_no_says_why_whatever_it_begins_with() -> None:
    assert answer_in("deny 4f9a-03be for 15m no") == Answer(kind=NO, digest="4f9a-03be", reason="for 15m no")


def test_an_answer_is_taken_back_by_its_digest() -> None:
    assert answer_in("Retract 4F9A-03BE please") == Answer(kind=None, digest="4f9a-03be", reason="")


@pytest.mark.parametrize(
    "body",
    [
        "approve", "approve it", "approve 4f9a", "approve 4f9a-03b", "approve 4f9a-03bee", "please approve 4f9a-03be",
        "approved 4f9a-03be", "* approve 4f9a-03be", "> approve 4f9a-03be", "yes 4f9a-03be", "", "deny\n",
    ],
)  # fmt: skip
def test_anything_else_is_talk(body: str) -> None:
    assert answer_in(body) is None


@pytest.mark.parametrize(
    ("body", "command"),
    [
        ("fireline pending", "pending"), ("!Fireline show AR-0001", "show AR-0001"),
        ("> <@a:x> pending?\n\nfireline: release AR-0001 our own\nscanner", "release AR-0001 our own\nscanner"),
        ("pending", None), ("the fireline pending", None), ("fireline", None), ("release AR-0001 ours", None),
        ("firelines pending", None),
    ],
)  # fmt: skip
def test_a_command_comes_after_our_name(body: str, command: str | None) -> None:
    assert command_in(body) == command
