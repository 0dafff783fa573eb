"""Weekly shifts in the wall-clock time of their place."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from console.rota import Shift

ZURICH = ZoneInfo("Europe/Zurich")
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)


def shift(**fields: object) -> Shift:
    return Shift.model_validate({"principal": "anna", "group": "responders", **fields})


@pytest.mark.parametrize("hours", [0, 1, 23.99, 24, 100])
def test_a_shift_without_times_is_always(hours: float) -> None:
    assert shift().covers(MONDAY + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("day", "hour", "on_duty"), [(0, 7.9, False), (0, 8, True), (0, 17.9, True), (0, 18, False), (1, 9, False)]
)
def test_a_day_shift_ends_before_its_end(day: int, hour: float, on_duty: bool) -> None:
    day_shift = shift(days=["mon", "wed"], start="08:00", end="18:00")
    assert day_shift.covers(MONDAY + timedelta(days=day, hours=hour)) is on_duty


@pytest.mark.parametrize(("day", "hour", "on_duty"), [(0, 7, False), (0, 23, True), (1, 5.9, True), (1, 6, False)])
def test_a_night_shift_belongs_to_the_day_it_began(day: int, hour: float, on_duty: bool) -> None:
    assert shift(days=["mon"], start="22:00", end="06:00").covers(MONDAY + timedelta(days=day, hours=hour)) is on_duty


def test_times_are_those_of_the_place() -> None:
    local = shift(start="08:00", end="09:00", timezone="Europe/Zurich")
    assert local.covers(datetime(2026, 11, 16, 7, 30, tzinfo=UTC))
    assert local.covers(datetime(2026, 7, 16, 6, 30, tzinfo=UTC))


@pytest.mark.parametrize(("fold", "on_duty"), [(0, True), (1, False)])
def test_the_hour_that_comes_twice_counts_once(fold: int, on_duty: bool) -> None:
    night = shift(start="00:00", end="02:30", timezone="Europe/Zurich")
    at = datetime(2026, 10, 25, 2, 15, tzinfo=ZURICH, fold=fold)
    assert night.covers(at.astimezone(UTC)) is on_duty


@pytest.mark.parametrize(("field", "value"), [("timezone", "Mars/Base"), ("timezone", "../x"), ("days", ["someday"])])
def test_what_no_calendar_knows_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError):
        shift(**{field: value})
