"""Whether a source's learning period has ended: old enough, and through everything that the policy names; pure.

Rules: 1. A window counts once it is over, if it began after the source was first seen and something came from it then.
2. Something came then if an hour that lies in the window had findings, or the latest finding did. 3. What was lived
through counts only while the policy's calendar still has that very window.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from engine.calendars.compiled import Calendars, coming
from engine.calendars.windows import Window
from engine.model.base import Json
from engine.model.calendar import Covered, Lived
from engine.model.source import Source
from engine.model.trust import Learning
from engine.source_health import is_learning

HOUR = timedelta(hours=1)
KEPT = 60
"""Windows lived through that are remembered of each calendar: more than any policy can ask for."""


@dataclass(frozen=True)
class Missing:
    """What is still to be lived through; `earliest` is None where the calendar has no such windows for two years."""

    calendar: str
    lived: int
    times: int
    earliest: datetime | None


@dataclass(frozen=True)
class Progress:
    """How far a source's learning is; `earliest` is when it can end, None where it cannot with these calendars."""

    missing: tuple[Missing, ...]
    old_enough: bool
    earliest: datetime | None
    overdue: bool

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.old_enough and not self.missing


def progress(source: Source, learning: Learning, calendars: Calendars, now: datetime) -> Progress:
    """What is missing now, and when the rest can be there."""
    missing = tuple(found for one in learning.coverage if (found := _missing(source, one, calendars, now)))
    ends = [one.earliest for one in missing]
    earliest = max([source.first_seen + learning.at_least, *(end for end in ends if end is not None)])
    old_enough = not is_learning(source, learning.at_least, now)
    return Progress(
        missing=missing,
        old_enough=old_enough,
        earliest=None if None in ends else earliest,
        overdue=now >= source.first_seen + learning.at_most and not (old_enough and not missing),
    )


def still_learning(source: Source | None, learning: Learning, calendars: Calendars, now: datetime) -> bool:
    """Whether it may not be relied on yet: also where nothing ever came from it."""
    if source is None or is_learning(source, learning.at_least, now):
        return True
    return any(_lived(source, one, calendars, now) < one.times for one in learning.coverage)


def remember(source: Source, hours: Iterable[int], wanted: Sequence[tuple[str, Window]]) -> Source:
    """The source with those of these windows in which something came; `hours` are those in which findings came."""
    known = {(one.calendar, one.starts) for one in source.lived}
    began = [(name, one) for name, one in wanted if one.starts >= source.first_seen and (name, one.starts) not in known]
    times = [datetime.fromtimestamp(hour * 3600, UTC) for hour in hours] if began else []
    fresh = [Lived(calendar=name, starts=one.starts) for name, one in began if _came(source, times, one)]
    return source.model_copy(update={"lived": _newest([*source.lived, *fresh])}) if fresh else source


def learning_view(found: Progress) -> Json:
    """It as `fireline sources` tells it."""
    return {
        "ended": found.ended,
        "overdue": found.overdue,
        "old_enough": found.old_enough,
        "earliest": None if found.earliest is None else found.earliest.isoformat(),
        "missing": [
            {
                "calendar": one.calendar,
                "lived": one.lived,
                "times": one.times,
                "earliest": None if one.earliest is None else one.earliest.isoformat(),
            }
            for one in found.missing
        ],
    }


def _missing(source: Source, wanted: Covered, calendars: Calendars, now: datetime) -> Missing | None:
    lived = _lived(source, wanted, calendars, now)
    if lived >= wanted.times:
        return None
    return Missing(wanted.calendar, lived, wanted.times, _earliest(source, wanted, calendars, now, lived))


def _lived(source: Source, wanted: Covered, calendars: Calendars, now: datetime) -> int:
    windows = calendars.windows(wanted.calendar)
    found = (windows.begins_at(one.starts) for one in source.lived if one.calendar == wanted.calendar)
    return sum(window is not None and window.ends <= now for window in found)


def _earliest(source: Source, wanted: Covered, calendars: Calendars, now: datetime, lived: int) -> datetime | None:
    """The end of the window that can be the last one needed; those before the source count for nothing."""
    ahead = coming(calendars.windows(wanted.calendar), now, wanted.times - lived + 1)
    ends = [window.ends for window in ahead if window.starts >= source.first_seen][: wanted.times - lived]
    return max(ends) if len(ends) == wanted.times - lived else None


def _came(source: Source, hours: Sequence[datetime], window: Window) -> bool:
    within = (window.starts <= hour and hour + HOUR <= window.ends for hour in hours)
    return window.starts <= source.last_seen < window.ends or any(within)


def _newest(lived: Sequence[Lived]) -> tuple[Lived, ...]:
    return tuple(one for name in dict.fromkeys(one.calendar for one in lived) for one in _latest(lived, name))


def _latest(lived: Sequence[Lived], name: str) -> Iterator[Lived]:
    yield from sorted((one for one in lived if one.calendar == name), key=lambda one: one.starts)[-KEPT:]
