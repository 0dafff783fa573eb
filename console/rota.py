"""Shifts that come again every week, in the wall-clock time of their place."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator

from engine.model.base import Model


class Weekday(StrEnum):
    """In the order of `datetime.weekday`."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"`{name}` is no time zone") from None
    return name


class Shift(Model):
    """Somebody on call for a group: on these days from `start`, to `end` that day, or the next where it is not later.

    Without any of them the shift is always: all days, midnight to midnight.
    """

    principal: str
    group: str
    days: tuple[Weekday, ...] = tuple(Weekday)
    start: time = time(0)
    end: time = time(0)
    timezone: Annotated[str, AfterValidator(_known_zone)] = "UTC"

    def covers(self, at: datetime) -> bool:
        """Whether `at` falls into this shift; the end no longer does."""
        today = at.astimezone(ZoneInfo(self.timezone)).date()
        # A shift over midnight began yesterday.
        return any(self._covers(at, today - timedelta(days=back)) for back in (0, 1))

    def _covers(self, at: datetime, day: date) -> bool:
        if [*Weekday][day.weekday()] not in self.days:
            return False
        zone = ZoneInfo(self.timezone)
        last = day if self.start < self.end else day + timedelta(days=1)
        # Compared in UTC, for two times of one zone are compared by their clock faces, which summer time turns back.
        begin = datetime.combine(day, self.start, zone).astimezone(UTC)
        return begin <= at < datetime.combine(last, self.end, zone).astimezone(UTC)
