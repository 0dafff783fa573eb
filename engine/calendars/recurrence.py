"""The days on which something recurs (RFC 5545, 3.3.10), looked up for any stretch of days.

Rules: 1. Only what people plan by: days, weeks, months and years; a rule of hours, minutes or seconds is refused, and
one by week number or day of the year. 2. The first day is one that the rule itself names; anything else the standard
leaves undefined. 3. The cost is that of the days asked for, not of the years since the first one; only `COUNT` counts
from there, and may reach no further than `COUNTED_YEARS`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice

from icalendar.prop import vRecur

from engine.errors import InvalidInput

DAY = timedelta(days=1)
COUNTED_YEARS = 30
MOST_COUNTED = 1000
MOST_LISTED = 60
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_KNOWN = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS", "WKST"})
_LEAP_MONTH = re.compile(r"BYMONTH=[0-9,]*L", re.IGNORECASE)
_BOUNDS: Mapping[str, tuple[int, int]] = {
    "INTERVAL": (1, 1000),
    "COUNT": (1, MOST_COUNTED),
    "BYMONTH": (1, 12),
    "BYMONTHDAY": (-31, 31),
    "BYSETPOS": (-366, 366),
}


@dataclass(frozen=True)
class Recurrence:
    """One rule. `weekdays` are (weekday, ordinal in the month or 0); `last` is the last day it may name."""

    first: date
    every: str
    interval: int = 1
    weekdays: tuple[tuple[int, int], ...] = ()
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    week_start: int = 0
    last: date = date.max

    def days(self, since: date, until: date) -> Iterator[date]:
        """Its days from `since` to `until`, both included, in order."""
        since, until = max(since, self.first), min(until, self.last)
        for period in self._periods(since, until):
            yield from (day for day in self._chosen(period) if since <= day <= until)

    def _periods(self, since: date, until: date) -> Iterator[list[date]]:
        begin, following, number = _PERIODS[self.every]
        origin, start = number(begin(self.first, self)), begin(since, self)
        while start <= until:
            after = following(start)
            if (number(start) - origin) % self.interval == 0:
                yield [start + n * DAY for n in range((after - start).days)]
            if after > _HORIZON:
                return
            start = after

    def _chosen(self, period: list[date]) -> Iterable[date]:
        fitting = [day for day in period if self._fits(day)]
        if not self.positions:
            return fitting
        places = {position - 1 if position > 0 else len(fitting) + position for position in self.positions}
        return [day for place, day in enumerate(fitting) if place in places]

    def _fits(self, day: date) -> bool:
        if self.months and day.month not in self.months:
            return False
        if self.weekdays and not any(_is_weekday(day, *named) for named in self.weekdays):
            return False
        return not self.month_days or day.day in self.month_days or day.day - _length(day) - 1 in self.month_days


def read_rule(text: str, first: date, until_day: Callable[[date], date]) -> Recurrence:
    """The rule that `text` (`FREQ=MONTHLY;BYDAY=2TU`) is; raise `InvalidInput` for what it cannot be.

    `until_day` turns its `UNTIL`, a day or an instant, into the last day on which it may start.
    """
    parts = _parts(text)
    every = str(parts["FREQ"][0])
    rule = Recurrence(
        first=first,
        every=every,
        interval=_number(parts, "INTERVAL", 1),
        weekdays=tuple(_weekday(str(named), every, parts) for named in parts.get("BYDAY", ())),
        months=_numbers(parts, "BYMONTH"),
        month_days=_numbers(parts, "BYMONTHDAY"),
        positions=_numbers(parts, "BYSETPOS"),
        week_start=_WEEKDAYS.index(str(parts.get("WKST", ["MO"])[0])[-2:]),
    )
    rule = _with_defaults(rule)
    if "UNTIL" in parts:
        rule = replace(rule, last=until_day(_until(parts)))
    return _counted(_synchronised(rule), parts)


def _parts(text: str) -> dict[str, list[object]]:
    names = [part.partition("=")[0].strip().upper() for part in text.split(";")]
    twice = next((name for index, name in enumerate(names) if name in names[:index]), None)
    if twice is not None:
        raise InvalidInput(f"`{twice}` stands twice in the rule")
    unknown = next((name for name in names if name not in _KNOWN), None)
    if unknown is not None or _LEAP_MONTH.search(text):
        raise InvalidInput(f"`{unknown or text}` is no part of a rule of days, weeks, months or years")
    parts = _read(text)
    if "FREQ" not in parts or str(parts["FREQ"][0]) not in _PERIODS:
        raise InvalidInput("a rule recurs by `FREQ=DAILY`, `WEEKLY`, `MONTHLY` or `YEARLY`")
    if "COUNT" in parts and "UNTIL" in parts:
        raise InvalidInput("a rule has `COUNT` or `UNTIL`, not both")
    if "BYSETPOS" in parts and str(parts["FREQ"][0]) not in ("MONTHLY", "YEARLY"):
        raise InvalidInput("`BYSETPOS` chooses among the days of a month or a year")
    for name, values in parts.items():
        _bounded(name, values)
    return parts


def _read(text: str) -> dict[str, list[object]]:
    try:
        return {name: list(values) for name, values in vRecur.from_ical(text).items()}
    except ValueError as error:
        raise InvalidInput(f"no recurrence rule: {str(error).splitlines()[0][:200]}") from None


def _bounded(name: str, values: list[object]) -> None:
    if len(values) > MOST_LISTED:
        raise InvalidInput(f"`{name}` lists more than {MOST_LISTED} values")
    low, high = _BOUNDS.get(name, (0, 0))
    for value in values:
        if name in _BOUNDS and (not isinstance(value, int) or not low <= value <= high or value == 0):
            raise InvalidInput(f"`{name}` is a number from {low} to {high}, and not 0")


def _numbers(parts: Mapping[str, list[object]], name: str) -> tuple[int, ...]:
    return tuple(int(value) for value in parts.get(name, ()) if isinstance(value, int))


def _number(parts: Mapping[str, list[object]], name: str, default: int) -> int:
    return next(iter(_numbers(parts, name)), default)


def _weekday(text: str, every: str, parts: Mapping[str, list[object]]) -> tuple[int, int]:
    """A weekday and its ordinal within the month; within a year, week or day there is none."""
    ordinal, name = text[:-2], text[-2:]
    if ordinal and (every not in ("MONTHLY", "YEARLY") or (every == "YEARLY" and "BYMONTH" not in parts)):
        raise InvalidInput(f"`{text}` counts weekdays of a month: use `FREQ=MONTHLY`, or name the month by `BYMONTH`")
    if ordinal and not 1 <= abs(int(ordinal)) <= 5:
        raise InvalidInput(f"no month has a `{text}`")
    return _WEEKDAYS.index(name), int(ordinal or 0)


def _with_defaults(rule: Recurrence) -> Recurrence:
    """What a rule leaves open it takes from its first day."""
    if rule.weekdays or rule.month_days:
        return rule
    match rule.every:
        case "WEEKLY":
            return replace(rule, weekdays=((rule.first.weekday(), 0),))
        case "MONTHLY":
            return replace(rule, month_days=(rule.first.day,))
        case "YEARLY":
            return replace(rule, months=rule.months or (rule.first.month,), month_days=(rule.first.day,))
    return rule


def _until(parts: Mapping[str, list[object]]) -> date:
    value = parts["UNTIL"][0]
    if not isinstance(value, date):
        raise InvalidInput("`UNTIL` is a day or an instant")
    return value


def _synchronised(rule: Recurrence) -> Recurrence:
    """Rule 2."""
    if rule.first in rule.days(rule.first, rule.first):
        return rule
    fitting = next(rule.days(rule.first, _years_after(rule.first, 5)), None)
    if fitting is None:
        raise InvalidInput(f"the rule names no day within five years of its first, `{rule.first}`")
    raise InvalidInput(f"`{rule.first}` is none of the days that its rule names: the first of them is `{fitting}`")


def _counted(rule: Recurrence, parts: Mapping[str, list[object]]) -> Recurrence:
    """`COUNT` as the last day that it reaches."""
    if "COUNT" not in parts:
        return rule
    count = _number(parts, "COUNT", 1)
    found = list(islice(rule.days(rule.first, _years_after(rule.first, COUNTED_YEARS)), count))
    if len(found) < count:
        raise InvalidInput(f"`COUNT={count}` reaches further than {COUNTED_YEARS} years: give `UNTIL`, or neither")
    return replace(rule, last=found[-1])


def _years_after(day: date, years: int) -> date:
    return day + timedelta(days=366 * years)


def _is_weekday(day: date, weekday: int, ordinal: int) -> bool:
    if day.weekday() != weekday:
        return False
    return ordinal in (0, (day.day - 1) // 7 + 1, -((_length(day) - day.day) // 7 + 1))


def _length(day: date) -> int:
    """Days of the month."""
    return (_next_month(day.replace(day=1)) - DAY).day


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


_HORIZON = date(9000, 1, 1)
_Period = tuple[Callable[[date, Recurrence], date], Callable[[date], date], Callable[[date], int]]
_PERIODS: Mapping[str, _Period] = {
    "DAILY": (lambda day, rule: day, lambda day: day + DAY, date.toordinal),
    "WEEKLY": (
        lambda day, rule: day - (day.weekday() - rule.week_start) % 7 * DAY,
        lambda day: day + 7 * DAY,
        lambda day: day.toordinal() // 7,
    ),
    "MONTHLY": (lambda day, rule: day.replace(day=1), _next_month, lambda day: 12 * day.year + day.month),
    "YEARLY": (
        lambda day, rule: day.replace(month=1, day=1),
        lambda day: date(day.year + 1, 1, 1),
        lambda day: day.year,
    ),
}
"""Of each frequency: where the period of a day begins, where the next does, and its number."""
