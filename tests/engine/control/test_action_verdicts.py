"""Verdicts on actions and overrides of them: a detector loses its autonomy by rules."""

from collections.abc import Callable
from datetime import datetime

import pytest

from engine.control.chat_orders import Order, carry_out
from engine.control.desk import Desk
from engine.control.enrolment import PROVING
from engine.control.verdicts import release_by_hand
from engine.errors import Denied
from engine.model.chat import Enrolment
from engine.model.decision import Effect
from engine.model.feedback import ActionVerdictKind, Trust
from engine.model.finding import Finding
from engine.model.request import Request, RequestState
from engine.store.tx import Tx
from tests.bench import Bench
from tests.engine.control.earning import (
    CORRECT,
    HARMFUL,
    action_judged,
    asked,
    copies,
    counted,
    earned,
    trust,
    untrust,
)


@pytest.fixture
def untrusting(bench: Bench) -> Bench:
    """Nobody is trusted here who has not earned it."""
    return untrust(bench)


@pytest.fixture
async def acted(untrusting: Bench, beacon: Finding) -> Request:
    """An action that an earned detector took by itself."""
    await earned(untrusting, beacon)
    request = await asked(untrusting, beacon)
    assert untrusting.request(request.id).state is RequestState.HELD
    return untrusting.request(request.id)


async def another(bench: Bench, beacon: Finding, number: int) -> Request:
    [finding] = copies(beacon, 1, first=200 + number, confidence=0.99)
    return bench.request((await asked(bench, finding)).id)


async def test_a_correct_action_adds_nothing_to_the_count(untrusting: Bench, acted: Request, beacon: Finding) -> None:
    await action_judged(untrusting, acted.id, CORRECT)
    assert counted(untrusting, beacon) == [(52, 52)]
    assert [entry.body["kind"] for entry in untrusting.entries("request.verdict")] == ["correct"]


async def test_an_unnecessary_action_counts_against_its_action_only(
    untrusting: Bench, acted: Request, beacon: Finding
) -> None:
    await action_judged(untrusting, acted.id, ActionVerdictKind.UNNECESSARY)
    request = await another(untrusting, beacon, 1)
    assert sorted(counted(untrusting, beacon)) == [(0, 1), (52, 52)]
    assert request.decision is not None
    assert (request.decision.facts["autonomy.right"], request.decision.facts["autonomy.verdicts"]) == (52, 53)
    assert trust(untrusting, beacon) == Trust(detector=beacon.detector, version="3", earned=1)


async def test_a_changed_mind_takes_the_case_away_again(untrusting: Bench, acted: Request, beacon: Finding) -> None:
    await action_judged(untrusting, acted.id, ActionVerdictKind.UNNECESSARY)
    await action_judged(untrusting, acted.id, CORRECT)
    assert counted(untrusting, beacon) == [(52, 52)]


async def test_one_harmful_action_on_a_low_asset_is_not_yet_a_reason(
    untrusting: Bench, acted: Request, beacon: Finding
) -> None:
    await action_judged(untrusting, acted.id, HARMFUL)
    standing = trust(untrusting, beacon)
    assert standing is not None
    assert standing.demoted is None


async def test_one_harmful_action_on_a_high_asset_takes_autonomy_back(
    untrusting: Bench, acted: Request, beacon: Finding
) -> None:
    assert acted.decision is not None
    facts = acted.decision.facts | {"target.criticality": "high"}
    grave = acted.model_copy(update={"decision": acted.decision.model_copy(update={"facts": facts})})
    await untrusting.write(lambda tx: tx.requests.save(grave, before=acted.state))
    await action_judged(untrusting, acted.id, HARMFUL)
    request = await another(untrusting, beacon, 1)
    assert request.decision is not None
    assert (request.decision.effect, request.decision.tier) == (Effect.ASK, 3)
    assert request.decision.facts["autonomy.demoted_tier"] == 1
    assert "1 did harm on an asset of class high or above" in request.decision.why_asked


def by_hand(tx: Tx, desk: Desk, lease: str, now: datetime) -> None:
    """As the API's door does."""
    person = desk.people.get("anna")
    assert person is not None
    release_by_hand(tx, desk, person, lease, "it is ours", now)


def in_chat(tx: Tx, desk: Desk, lease: str, now: datetime) -> None:
    """As she types it in a room where she is known."""
    since = now - PROVING
    tx.enrolments.put(Enrolment(room="soc", user="U0", principal="anna", since=since, confirmed_by="tom"))
    order = Order(room="soc", event=lease, user="U0", text=f"release {lease} it is ours")
    answer = carry_out(tx, desk, order, now)
    assert answer is not None
    assert answer.text == f"{lease} is taken back"


Door = Callable[[Tx, Desk, str, datetime], None]


async def ended(bench: Bench, request: Request, door: Door) -> None:
    lease = request.lease_id or ""
    await bench.write(lambda tx: door(tx, bench.desk, lease, bench.now))
    await bench.settle(request.incident_id)


@pytest.mark.parametrize("door", [by_hand, in_chat])
async def test_two_overrides_among_the_latest_take_autonomy_back_whatever_the_door(
    untrusting: Bench, acted: Request, beacon: Finding, door: Door
) -> None:
    bench = untrusting
    await ended(bench, acted, door)
    assert trust(bench, beacon) == Trust(detector=beacon.detector, version="3", earned=1)
    await ended(bench, await another(bench, beacon, 1), door)
    standing = trust(bench, beacon)
    assert standing is not None
    assert standing.demoted is not None
    assert standing.demoted.because == "2 of the last 20 responses were overridden"
    left = [(entry.actor, entry.body["reason"]) for entry in bench.entries("lease.left")]
    assert left == [("anna", "it is ours")] * 2
    assert len(bench.entries("autonomy.lost")) == 1


async def test_a_verdict_on_an_action_is_refused(bench: Bench, takeover: Finding) -> None:
    incident = await bench.feed(takeover)
    [waiting] = bench.requests(incident, "identity.disable_account")
    own = await bench.ask("tom")
    await bench.respond(own.incident_id)
    for by, request, said in (
        ("anna", waiting.id, "was never carried out"),
        ("tom", own.id, "`tom` asked for"),
        ("siem-bot", own.id, "is a bot"),
        ("samir", own.id, "takes analyst"),
        ("anna", "AR-9999", "there is no request"),
    ):
        with pytest.raises(Denied, match=said):
            await action_judged(bench, request, CORRECT, by)
    assert (await action_judged(bench, own.id, CORRECT)).id == own.id
