"""A source has learned when it is old enough and something came from it in every window that the policy names."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from engine.control.accept import accept
from engine.control.learning import standing_of
from engine.control.sources import look_at_sources
from engine.learning_coverage import Progress, learning_view, progress
from engine.model.finding import Endpoint, Finding
from engine.model.source import Source
from tests.bench import Bench

HOURS = timedelta(hours=6)
MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
PATCH_NIGHT = (datetime(2026, 11, 10, 22, tzinfo=UTC), datetime(2026, 11, 11, 6, tzinfo=UTC))
AFTER_MONTH_END = datetime(2026, 12, 4, tzinfo=UTC)


@pytest.fixture
def learner(bench: Bench) -> Bench:
    bench.now = MONDAY
    return bench


async def lived(
    bench: Bench, like: Finding, until: datetime, quiet: Callable[[datetime], bool] = lambda _: False
) -> None:
    """A finding and a look every six hours, but for findings in what is quiet."""
    while bench.now <= until:
        own = like.model_copy(update={
            "id": f"F-{bench.now.isoformat()}", "time": bench.now, "source": Endpoint(ip="10.77.0.1"),
            "observables": (),
        })  # fmt: skip
        came = [] if quiet(bench.now) else [own]
        await bench.write(lambda tx, came=came: accept(tx, bench.desk, came, "siem-bot", bench.now))  # type: ignore[misc]
        await bench.write(lambda tx: look_at_sources(tx, bench.desk, bench.now))
        bench.now += HOURS
    bench.now -= HOURS


def source(bench: Bench, like: Finding) -> Source:
    found = bench.read(lambda tx: tx.sources.get(like.origin.product, like.detector))
    assert found is not None
    return found


def how_far(bench: Bench, like: Finding) -> Progress:
    policy = bench.desk.policy
    return progress(source(bench, like), policy.document.learning, policy.calendars, bench.now)


def learning(bench: Bench, like: Finding) -> bool:
    return bench.read(lambda tx: standing_of(tx, bench.desk, like, bench.now)).learning


async def test_what_is_missing_and_when_it_can_be_there_is_told_from_the_first_day(
    learner: Bench, beacon: Finding
) -> None:
    await lived(learner, beacon, MONDAY)
    view = learning_view(how_far(learner, beacon))
    assert (view["ended"], view["old_enough"], view["overdue"]) == (False, False, False)
    assert view["earliest"] == AFTER_MONTH_END.isoformat()
    found = {one.calendar: (one.lived, one.times, str(one.earliest)[:16]) for one in how_far(learner, beacon).missing}
    assert found == {
        "month-end": (0, 1, "2026-12-04 00:00"),
        "weekend": (0, 4, "2026-11-30 00:00"),
        "full-backup": (0, 1, "2026-11-08 07:00"),
        "patch-night": (0, 1, "2026-11-11 06:00"),
        "payroll-run": (0, 1, "2026-11-27 00:00"),
    }


async def test_it_ends_with_the_last_window_and_the_ledger_says_so_once(learner: Bench, beacon: Finding) -> None:
    await lived(learner, beacon, AFTER_MONTH_END - HOURS)
    before = (learning(learner, beacon), how_far(learner, beacon).old_enough, len(learner.entries("source.learned")))
    await lived(learner, beacon, AFTER_MONTH_END + HOURS)
    assert before == (True, True, 0)
    assert learning(learner, beacon) is False
    [entry] = learner.entries("source.learned")
    assert entry.subject == f"source/suricata/{beacon.detector}"
    assert entry.body["lived"] == {"weekend": 4, "full-backup": 4, "patch-night": 1, "month-end": 1, "payroll-run": 1}
    assert source(learner, beacon).learned_at == AFTER_MONTH_END


async def test_a_window_in_which_nothing_came_was_not_lived_through(learner: Bench, beacon: Finding) -> None:
    await lived(learner, beacon, AFTER_MONTH_END, lambda now: PATCH_NIGHT[0] <= now < PATCH_NIGHT[1])
    [missing] = how_far(learner, beacon).missing
    assert (missing.calendar, str(missing.earliest)[:16]) == ("patch-night", "2026-12-09 06:00")
    assert learning(learner, beacon) is True


async def test_a_window_that_had_begun_before_the_source_does_not_count(learner: Bench, beacon: Finding) -> None:
    learner.now = PATCH_NIGHT[0] + timedelta(hours=1)
    await lived(learner, beacon, PATCH_NIGHT[1] + HOURS)
    found = {one.calendar: one.earliest for one in how_far(learner, beacon).missing}
    assert found["patch-night"] == datetime(2026, 12, 9, 6, tzinfo=UTC)


async def test_one_that_takes_too_long_is_overdue(learner: Bench, beacon: Finding) -> None:
    await lived(learner, beacon, MONDAY)
    learner.now = MONDAY + timedelta(days=45)
    assert how_far(learner, beacon).overdue is True
