"""What is an answer in a Matrix room, and what is none."""

import pytest

from console.chat.matrix.words import Answer, answer_in
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
    "body",
    [
        "approve", "approve it", "approve 4f9a", "approve 4f9a-03b", "approve 4f9a-03bee", "please approve 4f9a-03be",
        "approved 4f9a-03be", "* approve 4f9a-03be", "> approve 4f9a-03be", "yes 4f9a-03be", "", "deny\n",
    ],
)  # fmt: skip
def test_anything_else_is_talk(body: str) -> None:
    assert answer_in(body) is None
