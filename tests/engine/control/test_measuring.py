"""Metrics of a whole path: from the finding to the release, and what people said of it."""

from datetime import timedelta

from engine.control.measuring import measure_since
from engine.control.verdicts import judge_action, judge_incident
from engine.metrics import Metrics
from engine.model.feedback import ActionVerdictKind
from engine.model.finding import Finding, VerdictKind
from tests.bench import Bench

SECOND = timedelta(seconds=1)


def measured(bench: Bench, days: int = 30) -> Metrics:
    since = bench.now - timedelta(days=days)
    return bench.read(lambda tx: measure_since(tx, bench.desk, since, bench.now))


async def test_an_engine_that_has_done_nothing_has_measured_nothing(bench: Bench) -> None:
    found = measured(bench)
    assert (found.automation_accuracy.share, found.times["contain"].n, found.detectors) == (None, 0, ())


async def test_a_containment_is_measured_from_finding_to_release(bench: Bench, beacon: Finding) -> None:
    incident = await bench.feed(beacon)
    [block] = bench.requests(incident, "network.block_ip")
    await bench.later(21 * SECOND)
    await bench.settle(incident)
    kind = ActionVerdictKind.CORRECT
    await bench.write(
        lambda tx: judge_action(tx, bench.desk, bench.person("anna"), block.id, kind, "it was one", bench.now)
    )
    found = measured(bench)
    assert (found.automation_accuracy.count, found.automation_accuracy.of) == (1, 1)
    assert (found.by_tier, found.by_state) == ({"1": 1}, {"ended": 1})
    assert {name: times.n for name, times in found.times.items()} == {
        "decide": 1, "approve": 0, "contain": 1, "verify": 1, "release": 1,
    }  # fmt: skip
    assert found.overrides.share == 0.0


async def test_a_false_positive_with_a_hold_counts_as_override_and_lowers_precision(
    bench: Bench, beacon: Finding
) -> None:
    incident = await bench.feed(beacon)
    false = VerdictKind.FALSE_POSITIVE
    await bench.write(
        lambda tx: judge_incident(tx, bench.desk, bench.person("anna"), incident, false, "ours", bench.now)
    )
    await bench.settle(incident)
    found = measured(bench)
    assert (found.overrides.false_positives_with_holds, found.overrides.early_releases) == (1, 0)
    assert found.false_positive_responses.share == 1.0
    assert [(one.detector, one.right, one.verdicts) for one in found.detectors] == [(beacon.detector, 0, 1)]


async def test_what_is_older_than_asked_about_is_left_out(bench: Bench, beacon: Finding) -> None:
    await bench.feed(beacon)
    await bench.later(timedelta(days=2))
    assert measured(bench, days=1).by_state == {}


async def test_who_answers_at_once_again_and_again_is_named(bench: Bench) -> None:
    for number in range(10):
        asked = await bench.ask("tom", target=f"10.20.16.{100 + number}")
        await bench.later(2 * SECOND)
        await bench.vote(asked.id, "anna", digest=asked.digest)
    [hasty] = measured(bench).hasty
    assert (hasty.principal, hasty.answers, hasty.median_s) == ("anna", 10, 2.0)
