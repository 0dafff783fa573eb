"""What comes is counted, each source is judged by its past, and each episode raises one finding."""

from datetime import timedelta

import pytest

from engine.control.accept import accept, keep_dead_letters
from engine.control.learning import standing_of
from engine.control.sources import look_at_sources
from engine.model.finding import Endpoint, Finding
from engine.model.intake import DeadLetter
from engine.model.source import Quality, Source, Symptom
from engine.source_health import LOOKS
from tests.bench import Bench

HOUR = timedelta(hours=1)


@pytest.fixture
def steady(bench: Bench, beacon: Finding) -> Bench:
    """Time begins with an hour."""
    bench.now = bench.now.replace(minute=0, second=0, microsecond=0)
    return bench


async def came(bench: Bench, like: Finding, count: int, behind: timedelta = timedelta(0)) -> None:
    """So many new findings now, dated that far back."""
    stamp = bench.now.isoformat()
    own = [
        like.model_copy(update={
            "id": f"F-{stamp}-{n}", "time": bench.now - behind, "source": Endpoint(ip="10.77.0.1"), "observables": (),
        })
        for n in range(count)
    ]  # fmt: skip
    await bench.write(lambda tx: accept(tx, bench.desk, own, "siem-bot", bench.now))


async def watched(bench: Bench, like: Finding, *counts: int) -> None:
    """Hours in which the engine looked, with what came in each."""
    for count in counts:
        await came(bench, like, count)
        for _ in range(LOOKS):
            await bench.write(lambda tx: tx.sources.look(bench.now))
        bench.now += HOUR


async def looked(bench: Bench) -> list[Source]:
    return await bench.write(lambda tx: look_at_sources(tx, bench.desk, bench.now))


def source(bench: Bench, like: Finding) -> Source:
    found = bench.read(lambda tx: tx.sources.get(like.origin.product, like.detector))
    assert found is not None
    return found


def health_findings(bench: Bench) -> list[Finding]:
    return [one for one in bench.read(lambda tx: tx.findings.all()) if one.detector == "source.health"]


async def test_a_source_is_known_healthy_after_a_day_of_looking(steady: Bench, beacon: Finding) -> None:
    await watched(steady, beacon, *[2] * 24)
    await looked(steady)
    before = source(steady, beacon).quality
    await watched(steady, beacon, 2)
    await looked(steady)
    assert (before, source(steady, beacon).quality) == (Quality.UNKNOWN, Quality.HEALTHY)
    assert steady.read(lambda tx: standing_of(tx, steady.desk, beacon, steady.now).quality) is Quality.HEALTHY


async def test_hours_in_which_the_engine_was_away_say_nothing(steady: Bench, beacon: Finding) -> None:
    await watched(steady, beacon, *[2] * 25)
    steady.now += 40 * HOUR
    await looked(steady)
    assert source(steady, beacon).quality is Quality.HEALTHY
    assert health_findings(steady) == []


async def test_silence_raises_one_finding_an_episode(steady: Bench, beacon: Finding) -> None:
    await watched(steady, beacon, *[2] * 25, 0, 0)
    for _ in range(3):
        await looked(steady)
    [found] = health_findings(steady)
    sick = source(steady, beacon)
    assert (sick.quality, [one.symptom for one in sick.ailments]) == (Quality.SICK, [Symptom.SILENT])
    assert found.title == (f"source suricata/{beacon.detector} is silent: nothing for 2 h; its longest pause was 0 h")
    assert (found.severity, found.confidence) == ("high", None)
    assert [one.detector for one in steady.read(lambda tx: tx.sources.all())] == [beacon.detector]
    await watched(steady, beacon, 2)
    await looked(steady)
    assert source(steady, beacon).quality is Quality.HEALTHY
    await watched(steady, beacon, *[0] * 5)
    await looked(steady)
    assert len(health_findings(steady)) == 2
    kinds = ("source.sick", "source.healthy")
    assert [len(steady.entries(kind)) for kind in kinds] == [2, 1]


async def test_a_flood_is_told_within_the_hour(steady: Bench, beacon: Finding) -> None:
    await watched(steady, beacon, *[2] * 26)
    await came(steady, beacon, 30)
    await looked(steady)
    [found] = health_findings(steady)
    assert found.evidence["symptom"] == "deviating"
    assert "30 findings in an hour" in found.title
    assert steady.read(lambda tx: standing_of(tx, steady.desk, beacon, steady.now).quality) is Quality.SICK


async def test_records_that_cannot_be_read_count_against_the_file_they_came_from(
    steady: Bench, beacon: Finding
) -> None:
    file = beacon.origin.file
    assert file is not None
    letters = [DeadLetter(file=file, line=n, column=1, message="bad", raw="") for n in range(6)]
    await came(steady, beacon, 3)
    await steady.write(lambda tx: keep_dead_letters(tx, letters, "siem-bot", steady.now))
    await looked(steady)
    assert source(steady, beacon).why == "6 of 9 records of a day could not be read"
    assert steady.read(lambda tx: len(tx.sources.all())) == 1


async def test_files_of_which_nothing_was_read_are_one_source_however_many_they_are(
    steady: Bench, beacon: Finding
) -> None:
    letters = [DeadLetter(file=f"{n}.json", line=1, column=1, message="bad", raw="") for n in range(9)]
    await steady.write(lambda tx: keep_dead_letters(tx, letters, "siem-bot", steady.now))
    await looked(steady)
    [unread] = steady.read(lambda tx: tx.sources.all())
    assert (unread.product, unread.detector, unread.why) == (
        "unread",
        "records",
        "9 of 9 records of a day could not be read",
    )
    assert unread.files == tuple(f"{n}.json" for n in (8, 7, 6, 5, 4))


async def test_a_file_that_begins_to_be_read_is_no_longer_counted_as_unread(steady: Bench, beacon: Finding) -> None:
    letter = DeadLetter(file=beacon.origin.file or "", line=1, column=1, message="bad", raw="")
    await steady.write(lambda tx: keep_dead_letters(tx, [letter], "siem-bot", steady.now))
    await came(steady, beacon, 3)
    await steady.write(lambda tx: keep_dead_letters(tx, [letter] * 4, "siem-bot", steady.now))
    hours = steady.read(lambda tx: tx.sources.hours(0))
    assert [sum(came.errors for came in hours[of].values()) for of in sorted(hours)] == [4, 1]


async def test_a_clock_that_runs_ahead_makes_a_source_sick(steady: Bench, beacon: Finding) -> None:
    await came(steady, beacon, 5, behind=timedelta(minutes=-10))
    await looked(steady)
    sick = source(steady, beacon)
    assert (sick.quality, sick.why) == (Quality.SICK, "its findings are dated 0:10:00 ahead")


async def test_what_was_fed_by_hand_or_is_known_already_is_not_counted(steady: Bench, beacon: Finding) -> None:
    by_hand = beacon.model_copy(update={"id": "F-h", "submitter": "jonas"})
    for found in (by_hand, beacon, beacon):
        await steady.write(lambda tx, found=found: accept(tx, steady.desk, [found], "x", steady.now))  # type: ignore[misc]
    hours = steady.read(lambda tx: tx.sources.hours(0))
    assert [list(counts.values()) for counts in hours.values()] == [[(1, 0)]]


async def test_the_engine_forgets_hours_beyond_its_look_back(steady: Bench, beacon: Finding) -> None:
    await watched(steady, beacon, 1)
    steady.now += timedelta(days=15)
    await looked(steady)
    assert steady.read(lambda tx: tx.sources.hours(0)) == {}
