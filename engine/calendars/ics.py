"""iCalendar files (RFC 5545): events out of them, every mistake told at its line.

Rules: 1. Nothing is fetched and nothing is run: alarms, attachments and attendees are not looked at. 2. At most
`SIZE_LIMIT` bytes, `MOST_EVENTS` events of which `MOST_RECURRING` recur, `MOST_DATES` exceptions an event, and
components nested `DEEPEST` deep. 3. A time zone is known by its name (IANA's, Windows', or what `X-LIC-LOCATION` says);
the offsets that a file brings along are not used, for they may say anything. 4. What would change when a window is open
and is not understood refuses the file; what is cancelled is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from icalendar.prop import vDate, vDatetime, vDuration

from engine.calendars.components import Entry, Line, Reader, unfolded
from engine.calendars.planned import build, exact_length, local_of, recurring
from engine.calendars.windows import Event
from engine.calendars.zones import find_zone
from engine.documents import Position
from engine.errors import InvalidFile, InvalidInput

SIZE_LIMIT = 500_000
MOST_DATES = 500


def read_ics(text: str, name: str, zone: tzinfo) -> tuple[Event, ...]:
    """The events of a calendar, called `name` in errors; floating times and whole days are those of `zone`.

    Raise `InvalidFile` with everything that is wrong.
    """
    start = Position(name, 1, 1)
    if len(text.encode("utf-8", "surrogatepass")) > SIZE_LIMIT:
        raise InvalidFile((start.error(f"the calendar is larger than {SIZE_LIMIT} bytes"),))
    reader = Reader(start)
    try:
        for line in unfolded(text, name):
            reader.take(line)
    except InvalidInput as error:
        raise InvalidFile((*reader.problems, error)) from error
    reader.finish()
    events, wrong = _events(reader.entries, _Moments(zone, reader.zones))
    if problems := [*reader.problems, *wrong]:
        raise InvalidFile(tuple(sorted(problems, key=lambda problem: (problem.line, problem.column))))
    return events


def _events(entries: Sequence[Entry], moments: "_Moments") -> tuple[tuple[Event, ...], list[InvalidInput]]:
    """Every event that takes place, and whatever is wrong with one."""
    overrides: dict[str, list[Entry]] = {}
    for entry in entries:
        if "RECURRENCE-ID" in entry.once:
            overrides.setdefault(entry.uid, []).append(entry)
    found, wrong = [], []
    for entry in entries:
        instead = [] if "RECURRENCE-ID" in entry.once else overrides.get(entry.uid, [])
        try:
            event = _event(entry, instead, moments)
        except InvalidInput as error:
            wrong.append(error if error.file else entry.at.error(error.message))
            continue
        if not entry.cancelled:
            found.append(event)
    return tuple(found), wrong


@dataclass(frozen=True)
class _Moments:
    """Reads dates and times, in the zones they name."""

    default: tzinfo
    named: Mapping[str, str]

    def read(self, line: Line, text: str) -> tuple[datetime, tzinfo, bool]:
        """The local time, its zone, and whether it is a whole day."""
        try:
            if line.params.get("VALUE", "").upper() == "DATE" or len(text) == len("20261218"):
                day: date = vDate.from_ical(text)  # type: ignore[no-untyped-call]
                return datetime.combine(day, time()), self.default, True
            at: datetime = vDatetime.from_ical(text)  # type: ignore[no-untyped-call]
        except ValueError:
            raise line.at.error(f"`{text[:40]}` is no date or time of a calendar") from None
        zone = UTC if at.tzinfo is not None else self._zone(line)
        return at.replace(tzinfo=None), zone, False

    def _zone(self, line: Line) -> tzinfo:
        name = line.params.get("TZID", "")
        if not name:
            return self.default
        zone = find_zone(self.named.get(name, name)) or find_zone(name)
        if zone is None:
            raise line.at.error(f"time zone `{name[:80]}` is known neither to IANA nor to Windows: name one of theirs")
        return zone


def _event(entry: Entry, instead: list[Entry], moments: _Moments) -> Event:
    started = entry.once.get("DTSTART")
    if started is None:
        raise entry.at.error("the event has no `DTSTART`")
    begin, zone, whole = moments.read(started, started.value)
    clock, lasts = _length(entry, begin, zone, whole, moments)
    rule = entry.once.get("RRULE")
    replaced = [one.once["RECURRENCE-ID"] for one in instead]
    summary = entry.once.get("SUMMARY")
    try:
        return build(
            begin,
            clock,
            lasts,
            zone,
            (summary.value if summary else "planned").replace("\n", " ")[:200],
            None if rule is None else recurring(rule.value, begin, zone),
            extra=_dates(entry.many["RDATE"], zone, whole, moments),
            gone=frozenset(_dates([*entry.many["EXDATE"], *replaced], zone, whole, moments)),
        )
    except InvalidInput as error:
        raise error if error.file else (rule or started).at.error(error.message) from None


def _length(entry: Entry, begin: datetime, zone: tzinfo, whole: bool, moments: _Moments) -> tuple[timedelta, timedelta]:
    """How long by the clock, and in fact."""
    end, duration = entry.once.get("DTEND"), entry.once.get("DURATION")
    if end is not None and duration is not None:
        raise duration.at.error("an event has `DTEND` or `DURATION`, not both")
    if duration is not None:
        try:
            said: timedelta = vDuration.from_ical(duration.value)  # type: ignore[no-untyped-call]
        except ValueError:
            raise duration.at.error(f"`{duration.value[:40]}` is no duration") from None
        return said, said
    if end is None:
        if whole:
            return timedelta(days=1), timedelta(0)
        raise entry.at.error("the event has no end: give `DTEND` or `DURATION`")
    until, its_zone, day = moments.read(end, end.value)
    if day != whole:
        raise end.at.error("`DTSTART` and `DTEND` are both days, or both times")
    local = until if its_zone == zone else local_of(until.replace(tzinfo=its_zone), zone)
    return local - begin, exact_length(begin, local, zone)


def _dates(lines: list[Line], zone: tzinfo, whole: bool, moments: _Moments) -> tuple[datetime, ...]:
    """Dates of `RDATE`, `EXDATE` and `RECURRENCE-ID`, as local times of the event's own zone."""
    found = []
    for line in lines:
        if "RANGE" in line.params or line.params.get("VALUE", "").upper() == "PERIOD":
            raise line.at.error(f"`{line.name}` of a range or a period is not read: write single dates")
        for text in line.value.split(","):
            local, its_zone, day = moments.read(line, text.strip())
            if day != whole:
                raise line.at.error(f"`{line.name}` and `DTSTART` are both days, or both times")
            found.append(local if its_zone == zone else local_of(local.replace(tzinfo=its_zone), zone))
    if len(found) > MOST_DATES:
        raise lines[0].at.error(f"an event has more than {MOST_DATES} dates of its own")
    return tuple(found)
