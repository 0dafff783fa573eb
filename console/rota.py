"""Shifts that come again every week, in the wall-clock time of their place."""

from collections.abc import Iterator
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


Zone = Annotated[str, AfterValidator(_known_zone)]
"""The name of a time zone."""


class Shift(Model):
    """Somebody on call for a group: on these days from `start`, to `end` that day, or the next where it is not later.

    Without any of them the shift is always: all days, midnight to midnight.
    """

    principal: str
    group: str
    days: tuple[Weekday, ...] = tuple(Weekday)
    start: time = time(0)
    end: time = time(0)
    timezone: Zone = "UTC"

    def covers(self, at: datetime) -> bool:
        """Whether `at` falls into this shift; the end no longer does."""
        today = at.astimezone(ZoneInfo(self.timezone)).date()
        # A shift over midnight began yesterday.
        return any(self._covers(at, today - timedelta(days=back)) for back in (0, 1))

    def changes(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Every instant between the two at which it begins or ends."""
        first = after.astimezone(ZoneInfo(self.timezone)).date() - timedelta(days=1)
        days = (first + timedelta(days=number) for number in range((until - after).days + 4))
        instants = (instant for day in days if self._falls_on(day) for instant in self._span(day))
        return (instant for instant in instants if after < instant < until)

    def _covers(self, at: datetime, day: date) -> bool:
        begin, end = self._span(day)
        return self._falls_on(day) and begin <= at < end

    def _falls_on(self, day: date) -> bool:
        return [*Weekday][day.weekday()] in self.days

    def _span(self, day: date) -> tuple[datetime, datetime]:
        """From when to when, beginning on that day; in UTC, for summer time turns clock faces back."""
        zone = ZoneInfo(self.timezone)
        last = day if self.start < self.end else day + timedelta(days=1)
        begin, end = datetime.combine(day, self.start, zone), datetime.combine(last, self.end, zone)
        return begin.astimezone(UTC), end.astimezone(UTC)
