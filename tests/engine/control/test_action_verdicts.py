"""Verdicts on actions and overrides of them: a detector loses its autonomy by rules."""

import pytest

from engine.control.verdicts import release_by_hand
from engine.errors import Denied
from engine.model.decision import Effect
from engine.model.feedback import ActionVerdictKind, Trust
from engine.model.finding import Finding
from engine.model.request import Request, RequestState
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


async def released(bench: Bench, request: Request) -> None:
    """An analyst ends it."""
    lease = request.lease_id or ""
    await bench.write(lambda tx: release_by_hand(tx, bench.desk, bench.person("anna"), lease, "it is ours", bench.now))
    await bench.settle(request.incident_id)


async def test_two_overrides_among_the_latest_take_autonomy_back(
    untrusting: Bench, acted: Request, beacon: Finding
) -> None:
    bench = untrusting
    await released(bench, acted)
    assert trust(bench, beacon) == Trust(detector=beacon.detector, version="3", earned=1)
    await released(bench, await another(bench, beacon, 1))
    standing = trust(bench, beacon)
    assert standing is not None
    assert standing.demoted is not None
    assert standing.demoted.because == "2 of the last 20 responses were overridden"


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
