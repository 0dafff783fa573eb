"""A yes at tier 4 with a one-time code: used once, by whom it is, and nowhere to be read afterwards."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from pyotp import TOTP

from engine.approvals import Ballot
from engine.control.voting import VoteAnswer, cast_vote
from engine.model.approval import VoteKind
from engine.model.finding import Finding
from engine.model.request import Request
from engine.model.step_up import StepUp
from engine.step_up import USED, WITHIN, WRONG, new_secret
from tests.bench import Bench

STEP = timedelta(seconds=30)
SECRETS = {name: new_secret() for name in ("anna", "samir")}


@pytest.fixture
async def asked(bench: Bench, exfiltration: Finding) -> Request:
    """An isolation at tier 4, about which anna and samir have secrets."""
    give_secrets(bench.settings.home)
    incident = await bench.feed(exfiltration)
    return bench.requests(incident, "host.isolate")[-1]


def give_secrets(home: Path) -> None:
    people = home / "people.yaml"
    for name, secret in SECRETS.items():
        file = home / f"{name}.totp"
        file.write_text(f"{secret}\n")
        file.chmod(0o600)
        people.write_text(people.read_text().replace(f"  {name}:\n", f"  {name}:\n    totp: file:{file}\n", 1))


def code(bench: Bench, name: str) -> str:
    return TOTP(SECRETS[name]).at(bench.now)


async def vote(
    bench: Bench, asked: Request, name: str, typed: str | None, kind: str = "approve", why: str = "looked at it"
) -> VoteAnswer:
    secret = None if typed is None else SecretStr(typed)
    ballot = Ballot(bench.person(name), VoteKind(kind), why, asked.digest, bench.now, None, secret)
    return await bench.write(lambda tx: cast_vote(tx, bench.desks(tx), asked.id, ballot, "test"))


def with_rule(bench: Bench, rule: StepUp) -> None:
    bench.parts = replace(bench.parts, desk=replace(bench.desk, step_up=rule))


async def another(bench: Bench) -> Request:
    """One more at tier 4."""
    found = await bench.ask("tom", "host.isolate", "files-02")
    return bench.requests(found.incident_id, "host.isolate")[-1]


async def test_with_their_codes_two_people_authorise(bench: Bench, asked: Request) -> None:
    assert (await vote(bench, asked, "anna", code(bench, "anna"))).accepted
    assert (await vote(bench, asked, "samir", code(bench, "samir"))).missing == 0
    assert [one.body["step_up"] for one in bench.entries("vote.cast")] == ["totp", "totp"]


@pytest.mark.parametrize(
    ("typed", "why"), [(None, "is needed for a yes at tier 4"), (" ", "is needed"), ("000000", WRONG), ("x", WRONG)]
)
async def test_without_a_right_one_a_yes_counts_for_nothing(
    bench: Bench, asked: Request, typed: str | None, why: str
) -> None:
    answer = await vote(bench, asked, "anna", typed)
    assert (answer.accepted, why in answer.because) == (False, True)
    assert [one.body["because"] for one in bench.entries("vote.refused")] == [answer.because]
    assert bench.read(lambda tx: tx.votes.of(asked.id)) == []


async def test_a_code_that_was_used_does_for_nothing_else(bench: Bench, asked: Request) -> None:
    other = await another(bench)
    said = code(bench, "anna")
    assert (await vote(bench, asked, "anna", said)).accepted
    assert (await vote(bench, other, "anna", said)).because == USED
    assert (await vote(bench, other, "anna", TOTP(SECRETS["anna"]).at(bench.now + STEP))).accepted


async def test_a_code_of_somebody_else_is_wrong(bench: Bench, asked: Request) -> None:
    assert (await vote(bench, asked, "samir", code(bench, "anna"))).because == WRONG
    assert (await vote(bench, asked, "anna", code(bench, "anna"))).accepted


async def test_of_many_at_once_with_one_code_one_is_taken(bench: Bench, asked: Request) -> None:
    other, said = await another(bench), code(bench, "anna")
    given = [vote(bench, (asked, other)[n % 2], "anna", said) for n in range(50)]
    assert sum(one.accepted for one in await asyncio.gather(*given)) == 1
    assert len(bench.entries("vote.cast")) == 1


async def test_what_is_refused_anyway_uses_none_up(bench: Bench, asked: Request) -> None:
    said = code(bench, "anna")
    other_card = asked.model_copy(update={"digest": "0" * 64})
    assert "another request" in (await vote(bench, other_card, "anna", said)).because
    assert (await vote(bench, asked, "anna", said)).accepted


async def test_after_five_wrong_ones_nobody_guesses_on_and_others_vote(bench: Bench, asked: Request) -> None:
    for _ in range(5):
        assert (await vote(bench, asked, "anna", "000000")).because == WRONG
    assert "none is taken before" in (await vote(bench, asked, "anna", code(bench, "anna"))).because
    assert len(bench.entries("vote.refused")) == 6
    assert (await vote(bench, asked, "samir", code(bench, "samir"))).accepted
    known = bench.read(lambda tx: tx.codes.of("anna"))
    assert known.wrong[0] + WITHIN > bench.now


async def test_a_no_takes_none(bench: Bench, asked: Request) -> None:
    assert (await vote(bench, asked, "anna", None, "deny")).accepted


async def test_below_tier_4_nobody_is_asked_for_one(bench: Bench, asked: Request) -> None:
    block = await bench.ask("tom", target="10.20.16.114")
    assert (await vote(bench, block, "anna", None)).accepted


@pytest.mark.parametrize(
    ("rule", "name", "accepted"),
    [
        (StepUp.OFF, "anna", True),
        (StepUp.WHERE_KNOWN, "anna", False),
        (StepUp.WHERE_KNOWN, "jonas", True),
        (StepUp.REQUIRED, "anna", False),
        (StepUp.REQUIRED, "jonas", False),
    ],
)
async def test_who_needs_one_is_what_the_site_says(
    bench: Bench, asked: Request, rule: StepUp, name: str, accepted: bool
) -> None:
    with_rule(bench, rule)
    other = await another(bench)
    assert (await vote(bench, other, name, None)).accepted is accepted


@pytest.mark.parametrize(
    ("found", "why"), [(None, "cannot be read"), ("", "there is no secret"), ("short", "no base32 of 112 bits")]
)
async def test_where_no_code_can_be_checked_none_is_taken(
    bench: Bench, asked: Request, found: str | None, why: str
) -> None:
    file = bench.settings.home / "anna.totp"
    file.write_text(found or "")
    file.rename(file if found is not None else file.with_suffix(".gone"))
    answer = await vote(bench, asked, "anna", code(bench, "anna"))
    assert (answer.accepted, why in answer.because) == (False, True)


async def test_no_code_and_no_secret_is_kept_or_said(
    bench: Bench, asked: Request, caplog: pytest.LogCaptureFixture
) -> None:
    other, said = await another(bench), {name: code(bench, name) for name in SECRETS}
    answers = [
        await vote(bench, asked, "anna", said["anna"]),
        await vote(bench, other, "anna", said["anna"]),
        await vote(bench, other, "samir", "918273"),
    ]
    kept = b"".join(file.read_bytes() for file in bench.settings.home.glob("fireline.db*"))
    told = " ".join((*map(repr, answers), caplog.text, repr(SecretStr(said["anna"]))))
    for secret in (*said.values(), *SECRETS.values(), "918273"):
        assert (secret.encode() in kept, secret in told) == (False, False)


@pytest.mark.parametrize("typed", ["918273", "918 273"])
async def test_a_code_that_was_typed_as_the_reason_is_left_out_of_what_is_kept(
    bench: Bench, asked: Request, typed: str
) -> None:
    why = f"seen {typed} INC1234567"
    await vote(bench, asked, "anna", None, why=why)
    await vote(bench, asked, "anna", code(bench, "anna"), why=why)
    [refused], [cast] = bench.entries("vote.refused"), bench.entries("vote.cast")
    [kept] = bench.read(lambda tx: tx.votes.of(asked.id))
    assert {refused.body["reason"], cast.body["reason"], kept.reason} == {"seen (left out) INC1234567"}
