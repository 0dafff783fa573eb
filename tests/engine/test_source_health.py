"""A source is judged by its own past, and only by hours in which somebody looked."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.model.source import Quality, Source, Symptom
from engine.source_health import Past, band, examine, is_learning, lag, quality_now

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
STEADY = (20, 22, 19, 21, 20, 18, 23, 20) * 5
WEEKEND = (*(3,) * 30, *(0,) * 10, *(3,) * 20)


def source(*lags: float, quality: Quality = Quality.HEALTHY) -> Source:
    return Source(product="p", detector="d", first_seen=NOON, last_seen=NOON, lags=lags, quality=quality)


def found(hours: tuple[int, ...], running: int = 20, *lags: float, errors: int = 0, records: int = 100) -> object:
    health = examine(source(*lags), Past(hours, running, records, errors))
    return health.quality, [*health.symptoms]


@pytest.mark.parametrize(
    ("hours", "quality"),
    [((), Quality.UNKNOWN), (STEADY[:23], Quality.UNKNOWN), (STEADY[:24], Quality.HEALTHY), (STEADY, Quality.HEALTHY)],
)
def test_a_source_is_unknown_until_it_was_watched_for_a_day(hours: tuple[int, ...], quality: Quality) -> None:
    assert found(hours) == (quality, [])


@pytest.mark.parametrize(
    ("hours", "silent"),
    [
        ((*STEADY, 0), False),
        ((*STEADY, 0, 0), True),
        ((*STEADY, 0, 0, 1), False),
        ((*WEEKEND, *(0,) * 20), False),
        ((*WEEKEND, *(0,) * 21), True),
        ((*(0, 0, 1) * 9, *(0,) * 400), False),
        ((*(0, 0, 1) * 10, *(0,) * 5), True),
        ((*(5,) * 20, *(0,) * 100), False),
    ],
)
def test_silence_is_a_pause_over_twice_the_longest_so_far(hours: tuple[int, ...], silent: bool) -> None:
    health = examine(source(), Past(hours))
    assert (Symptom.SILENT in health.symptoms) is silent


@pytest.mark.parametrize(
    ("last", "running", "deviates"),
    [(20, 20, False), (42, 0, False), (45, 0, True), (20, 45, True), (0, 0, False), (1, 0, False)],
)
def test_a_rate_outside_its_band_deviates_as_soon_as_it_is_over(last: int, running: int, deviates: bool) -> None:
    health = examine(source(), Past((*STEADY, last), running))
    assert (Symptom.DEVIATING in health.symptoms) is deviates


def test_a_busy_source_that_loses_most_of_its_findings_deviates() -> None:
    assert found((*(400, 410, 390) * 10, 250), 0) == (Quality.SICK, [Symptom.DEVIATING])
    assert examine(source(), Past((*(400, 410, 390) * 10, 250))).why == (
        "250 findings in an hour, where 300 to 500 are ordinary"
    )


def test_one_flood_in_the_past_does_not_widen_the_band() -> None:
    assert band(STEADY) == band((*STEADY[:-1], 100_000))


@pytest.mark.parametrize(
    ("errors", "records", "erring"), [(4, 5, False), (5, 100, False), (6, 100, True), (5, 5, True), (0, 0, False)]
)
def test_parse_errors_count_from_five_and_five_percent(errors: int, records: int, erring: bool) -> None:
    symptoms = [Symptom.ERRING] if erring else []
    assert found(STEADY, errors=errors, records=records) == (Quality.SICK if erring else Quality.HEALTHY, symptoms)


@pytest.mark.parametrize(
    ("lags", "why"),
    [
        ((1.0,) * 20, ""),
        ((-60.0,) * 20, ""),
        ((-150.0,) * 4, ""),
        ((-150.0,) * 5, "its findings are dated 0:02:30 ahead"),
        ((-86400.0, 1.0, 2.0, 1.0, 3.0), ""),
        ((3599.0,) * 5, ""),
        ((3600.0,) * 5, "its findings come 1:00:00 after their time"),
    ],
)
def test_a_clock_is_judged_by_the_median_of_the_latest_findings(lags: tuple[float, ...], why: str) -> None:
    assert examine(source(*lags), Past(STEADY, 20)).why == why


def test_a_sick_source_is_sick_before_it_is_known() -> None:
    assert found((), 0, *(-600.0,) * 5) == (Quality.SICK, [Symptom.SKEWED])


@pytest.mark.parametrize(
    ("looked_at", "quality"),
    [
        (NOON, Quality.HEALTHY),
        (NOON - timedelta(minutes=10), Quality.HEALTHY),
        (NOON - timedelta(minutes=11), Quality.UNKNOWN),
        (None, Quality.UNKNOWN),
    ],
)
def test_what_nobody_has_looked_at_lately_is_unknown(looked_at: datetime | None, quality: Quality) -> None:
    assert quality_now(source(), looked_at, NOON) is quality
    assert quality_now(None, looked_at, NOON) is Quality.UNKNOWN


def test_learning_ends_after_its_time_and_never_for_a_source_nobody_knows() -> None:
    weeks = timedelta(days=21)
    at = (NOON + weeks - timedelta(seconds=1), NOON + weeks)
    assert [is_learning(source(), weeks, now) for now in at] == [True, False]
    assert is_learning(None, weeks, NOON) is True


def test_the_lag_of_nothing_is_not_known() -> None:
    assert (lag(source()), lag(source(1.0, 9.0, 2.0))) == (None, 2.0)
