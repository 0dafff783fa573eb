"""Events as stretches of time: local clocks, daylight saving and exceptions, resolved to instants.

Rules: 1. A window begins at its local time; where clocks skip that time, as long after the skip as it would have been,
and where they show it twice, at the first (RFC 5545, 3.3.5). 2. Whole days last by the calendar; anything else
as long by the clock as the first one did, or as long in fact, whichever ends later: a window is never shorter than
somebody may have meant. 3. The first moment after it is outside.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from engine.calendars.recurrence import DAY, Recurrence

_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
BLOCK = timedelta(days=32)
"""Windows are worked out for so long at once, and kept."""
BLOCKS_KEPT = 64


@dataclass(frozen=True, order=True)
class Window:
    """One stretch of time, in UTC; `ends` is outside."""

    starts: datetime
    ends: datetime
    summary: str


def instant_of(local: datetime, zone: tzinfo) -> datetime:
    """The instant of a local time (rule 1)."""
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


@dataclass(frozen=True)
class Event:
    """When something is planned: `begin` and `clock` (how long by the clock) are local.

    `lasts` is how long in fact, nothing for whole days.
    `extra` are further local beginnings, `gone` those at which it does not begin.
    """

    begin: datetime
    clock: timedelta
    lasts: timedelta
    zone: tzinfo
    summary: str
    rule: Recurrence | None = None
    extra: tuple[datetime, ...] = ()
    gone: frozenset[datetime] = field(default_factory=frozenset)

    def between(self, since: datetime, until: datetime) -> Iterator[Window]:
        """Its windows that overlap the time from `since` to before `until`."""
        for local in self._beginnings(since, until):
            starts = instant_of(local, self.zone)
            ends = max(starts + self.lasts, instant_of(local + self.clock, self.zone))
            if starts < until and ends > since:
                yield Window(starts, ends, self.summary)

    def _beginnings(self, since: datetime, until: datetime) -> Iterator[datetime]:
        if self.rule is None:
            regular: Iterable[date] = (self.begin.date(),)
        else:
            longest = max(self.lasts, self.clock)
            regular = self.rule.days((since - longest - 2 * DAY).date(), (until + 2 * DAY).date())
        at = self.begin.time()
        found = {datetime.combine(day, at) for day in regular} | {*self.extra}
        return iter(sorted(found - self.gone))


class Windows:
    """All windows of one calendar."""

    def __init__(self, events: Sequence[Event]) -> None:
        """Looked up block by block; what was worked out is kept, for events never change."""
        self.events = tuple(events)
        self._block = lru_cache(maxsize=BLOCKS_KEPT)(self._work_out)

    def at(self, instant: datetime) -> Window | None:
        """The window that is open then; of several the one that ends last."""
        utc = instant.astimezone(UTC)
        open_now = [window for window in self._block((utc - _EARLIEST) // BLOCK) if window.starts <= utc < window.ends]
        return max(open_now, key=lambda window: window.ends, default=None)

    def begins_at(self, instant: datetime) -> Window | None:
        """The window that begins exactly then."""
        utc = instant.astimezone(UTC)
        return next((window for window in self._block((utc - _EARLIEST) // BLOCK) if window.starts == utc), None)

    def between(self, since: datetime, until: datetime) -> tuple[Window, ...]:
        """The windows that overlap this time, one for each beginning, in order."""
        longest: dict[datetime, Window] = {}
        for window in sorted(window for event in self.events for window in event.between(since, until)):
            longest[window.starts] = max(window, longest.get(window.starts, window), key=lambda one: one.ends)
        return tuple(longest.values())

    def after(self, instant: datetime, within: timedelta, count: int) -> tuple[Window, ...]:
        """The next windows that end after this instant and begin `within` this time, at most `count`."""
        found: list[Window] = []
        for since, until in _steps(instant, within):
            found += [window for window in self.between(since, until) if window not in found]
            if len(found) >= count:
                break
        return tuple(found[:count])

    def _work_out(self, number: int) -> tuple[Window, ...]:
        since = _EARLIEST + number * BLOCK
        return self.between(since, since + BLOCK) if _EARLIEST <= since < _LATEST else ()


def _steps(instant: datetime, within: timedelta) -> Iterator[tuple[datetime, datetime]]:
    since, end = instant.astimezone(UTC), min(instant.astimezone(UTC) + within, _LATEST)
    while since < end:
        until = min(since + 3 * BLOCK, end)
        yield since, until
        since = until
