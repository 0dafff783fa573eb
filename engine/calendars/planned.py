"""From what is written, in a policy or an iCalendar file, to events; every bound on them is here."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from engine.calendars.recurrence import DAY, Recurrence, read_rule
from engine.calendars.windows import Event, instant_of
from engine.errors import InvalidInput
from engine.model.calendar import PlannedEvent

YEARS = (1970, 2199)
LONGEST = timedelta(days=366)


def plan(event: PlannedEvent, zone: tzinfo) -> Event:
    """An event of a policy; raise `InvalidInput` for what cannot be."""
    begin, timed = _moment(event.starts)
    clock = event.lasts or timedelta(0) if event.ends is None else _moment(event.ends)[0] - begin
    return build(
        begin,
        clock,
        exact_length(begin, begin + clock, zone) if event.lasts is None else clock,
        zone,
        event.summary,
        None if event.repeats is None else recurring(event.repeats, begin, zone),
        gone=frozenset(_excepted(text, begin, timed) for text in event.but_not),
    )


def build(
    begin: datetime,
    clock: timedelta,
    lasts: timedelta,
    zone: tzinfo,
    summary: str,
    rule: Recurrence | None = None,
    *,
    extra: tuple[datetime, ...] = (),
    gone: frozenset[datetime] = frozenset(),
) -> Event:
    """An event within its bounds; raise `InvalidInput` for one without length, too long, or far from our time."""
    if not YEARS[0] <= begin.year <= YEARS[1]:
        raise InvalidInput(f"begins in {begin.year}: only years from {YEARS[0]} to {YEARS[1]} are planned for")
    if max(clock, lasts) <= timedelta(0):
        raise InvalidInput("ends no later than it begins")
    if max(clock, lasts) > LONGEST:
        raise InvalidInput(f"lasts longer than {LONGEST.days} days")
    whole = begin.time() == time() and clock % DAY == timedelta(0)
    return Event(begin, clock, timedelta(0) if whole else lasts, zone, summary, rule, extra, gone)


def exact_length(begin: datetime, end: datetime, zone: tzinfo) -> timedelta:
    """How long it is from one local time to another."""
    return instant_of(end, zone) - instant_of(begin, zone)


def recurring(text: str, begin: datetime, zone: tzinfo) -> Recurrence:
    """The rule, whose `UNTIL` is the last moment at which it may begin."""

    def last_day(until: date) -> date:
        if not isinstance(until, datetime):
            return until
        local = until if until.tzinfo is None else until.astimezone(zone).replace(tzinfo=None)
        return local.date() if local.time() >= begin.time() else local.date() - DAY

    return read_rule(text, begin.date(), last_day)


def local_of(moment: datetime, zone: tzinfo) -> datetime:
    """An instant as the local time of a zone."""
    return moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None)


def _excepted(text: str, begin: datetime, timed: bool) -> datetime:
    """The beginning that is left out: that of the day, where only a day is named."""
    moment, named = _moment(text)
    if named and not timed:
        raise InvalidInput(f"`{text}`: the event begins with its day, so name the day alone")
    return moment if named else datetime.combine(moment.date(), begin.time())


def _moment(text: str) -> tuple[datetime, bool]:
    """The local time that is written, and whether more than the day is."""
    try:
        return datetime.fromisoformat(text), len(text) > len("2026-12-18")
    except ValueError:
        raise InvalidInput(f"there is no `{text}`") from None
