"""What people judge teaches: a detector earns its autonomy by verdicts, and loses it by rules."""

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.control.learning import standing_of
from engine.control.verdicts import judge_finding, judge_incident
from engine.errors import Denied, FirelineError, InvalidInput, NotFound
from engine.model.decision import Effect
from engine.model.finding import Finding, VerdictKind
from engine.model.incident import Incident
from tests.bench import Bench
from tests.engine.control.earning import (
    FP,
    TEST,
    TP,
    TWO_ORIGINS,
    amended,
    asked,
    copies,
    counted,
    earned,
    judged,
    known,
    untrust,
)


@pytest.fixture
def untrusting(bench: Bench) -> Bench:
    """Nobody is trusted here who has not earned it."""
    return untrust(bench)


@pytest.mark.parametrize(
    ("count", "effect", "tier"), [(0, Effect.ASK, 3), (51, Effect.ASK, 3), (52, Effect.EXECUTE, 1)]
)
async def test_52_of_52_verdicts_let_a_detector_version_act_by_itself_at_tier_1(
    untrusting: Bench, beacon: Finding, count: int, effect: Effect, tier: int
) -> None:
    await earned(untrusting, beacon, count)
    request = await asked(untrusting, beacon)
    assert request.target == TWO_ORIGINS
    assert request.decision is not None
    assert (request.decision.effect, request.decision.tier) == (effect, tier)
    assert (request.decision.facts["autonomy.right"], request.decision.facts["autonomy.verdicts"]) == (count, count)


async def test_another_version_has_earned_nothing(untrusting: Bench, beacon: Finding) -> None:
    await earned(untrusting, beacon)
    request = await asked(untrusting, beacon.model_copy(update={"detector_version": "4"}))
    assert request.decision is not None
    assert request.decision.effect is not Effect.EXECUTE


async def test_a_bound_under_the_bar_takes_it_back_and_says_so(untrusting: Bench, beacon: Finding) -> None:
    await earned(untrusting, beacon)
    wrong = copies(beacon, 1, first=100)
    await known(untrusting, wrong)
    await judged(untrusting, wrong, FP)
    request = await asked(untrusting, beacon)
    [lost] = untrusting.entries("autonomy.lost")
    assert request.decision is not None
    assert (request.decision.effect, request.decision.tier) == (Effect.ASK, 3)
    assert "autonomy taken back: its precision's bound fell to 0.9" in request.decision.why_asked
    assert (lost.subject, lost.body["tier"]) == (f"detector/{beacon.detector}@3", 1)


async def test_what_was_taken_back_needs_its_time_and_another_policy(untrusting: Bench, beacon: Finding) -> None:
    bench = untrusting
    await earned(bench, beacon)
    wrong = copies(beacon, 1, first=100)
    await known(bench, wrong)
    await judged(bench, wrong, FP)
    await judged(bench, wrong, TP)
    await bench.later(timedelta(days=15))
    same = bench.read(lambda tx: standing_of(tx, bench.desk, beacon, bench.now).demoted)
    voted = replace(bench.desk, policy=amended(bench, version=2))
    other = bench.read(lambda tx: standing_of(tx, voted, beacon, bench.now).demoted)
    assert same is not None
    assert other is None


async def test_what_was_fed_by_hand_teaches_nothing(untrusting: Bench, beacon: Finding) -> None:
    found = copies(beacon, 3, submitter="jonas")
    await known(untrusting, found)
    await judged(untrusting, found)
    assert counted(untrusting, beacon) == []


async def test_a_test_is_neither_right_nor_wrong(untrusting: Bench, beacon: Finding) -> None:
    found = copies(beacon, 2)
    await known(untrusting, found)
    await judged(untrusting, found)
    await judged(untrusting, found[:1], TEST)
    assert counted(untrusting, beacon) == [(1, 1)]


async def test_where_people_disagree_the_finding_was_not_right(untrusting: Bench, beacon: Finding) -> None:
    found = copies(beacon, 1)
    await known(untrusting, found)
    for by, kind in (("anna", FP), ("tom", TP)):
        await judged(untrusting, found, kind, by)
    assert counted(untrusting, beacon) == [(0, 1)]
    await judged(untrusting, found, TP, "anna")
    assert counted(untrusting, beacon) == [(1, 1)]


async def incident_judged(bench: Bench, incident: str, kind: VerdictKind, by: str = "anna") -> Incident:
    return await bench.write(
        lambda tx: judge_incident(tx, bench.desk, bench.person(by), incident, kind, "seen", bench.now)
    )


async def test_an_incidents_verdict_counts_once_however_many_findings_it_holds(bench: Bench, beacon: Finding) -> None:
    incident = await bench.feed(beacon, *(beacon.model_copy(update={"id": f"F-{n}"}) for n in range(5)))
    await incident_judged(bench, incident, TP)
    assert counted(bench, beacon) == [(1, 1)]
    await judged(bench, [beacon], FP)
    assert counted(bench, beacon) == [(0, 1)]
    await incident_judged(bench, incident, TP)
    assert counted(bench, beacon) == [(0, 1)]


async def test_an_incident_judged_by_who_fed_it_teaches_nothing(bench: Bench, beacon: Finding) -> None:
    by_hand = beacon.model_copy(update={"id": "F-2", "submitter": "jonas"})
    incident = await bench.feed(beacon, by_hand)
    await incident_judged(bench, incident, TP, "jonas")
    assert counted(bench, beacon) == []


@pytest.mark.parametrize(
    ("by", "finding", "reason", "error", "said"),
    [
        ("siem-bot", "F-0", "r", Denied, "`siem-bot` is a bot"),
        ("samir", "F-0", "r", Denied, "takes analyst"),
        ("jonas", "F-0", "r", Denied, "`jonas` submitted F-0"),
        ("anna", "F-9", "r", NotFound, "there is no finding `F-9`"),
        ("anna", "F-0", " ", InvalidInput, "a reason is needed"),
    ],
)
async def test_a_verdict_on_a_finding_is_refused(
    bench: Bench, beacon: Finding, by: str, finding: str, reason: str, error: type[FirelineError], said: str
) -> None:
    await known(bench, copies(beacon, 1, submitter="jonas"))
    with pytest.raises(error, match=said):
        await bench.write(lambda tx: judge_finding(tx, bench.desk, bench.person(by), finding, TP, reason, bench.now))
    assert bench.entries("finding.verdict") == []


async def test_a_confidence_bin_of_its_own_is_measured_for_exceptions(untrusting: Bench, beacon: Finding) -> None:
    sure, less = copies(beacon, 3, confidence=0.995), copies(beacon, 4, first=10, confidence=0.9)
    await known(untrusting, [*sure, *less])
    await judged(untrusting, [*sure, *less])
    history = untrusting.read(lambda tx: standing_of(tx, untrusting.desk, beacon, untrusting.now).history)
    assert [(count.confidence_from, count.right, count.verdicts) for count in history] == [(None, 7, 7), (0.99, 3, 3)]
