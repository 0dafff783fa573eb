"""The lines and components of an iCalendar file (RFC 5545, 3.1), with their positions and within bounds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from icalendar.parser import Contentline

from engine.documents import Position
from engine.errors import InvalidInput

LONGEST_LINE = 10_000
MOST_EVENTS = 2000
MOST_RECURRING = 200
DEEPEST = 4
_ONCE = ("UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RECURRENCE-ID", "STATUS", "SUMMARY")
_MANY = ("RDATE", "EXDATE")
_REFUSED = ("EXRULE",)
_METHODS = frozenset({"PUBLISH", "REQUEST"})


@dataclass(frozen=True)
class Line:
    """One property: its parameters, its value, and where it stands."""

    name: str
    params: Mapping[str, str]
    value: str
    at: Position


@dataclass
class Entry:
    """The properties of one event that say when it is."""

    at: Position
    once: dict[str, Line] = field(default_factory=dict)
    many: dict[str, list[Line]] = field(default_factory=lambda: {name: [] for name in _MANY})

    @property
    def uid(self) -> str:
        """What ties an exception to its series."""
        found = self.once.get("UID")
        return "" if found is None else found.value

    @property
    def cancelled(self) -> bool:
        """Whether it does not take place."""
        found = self.once.get("STATUS")
        return found is not None and found.value.upper() == "CANCELLED"


def unfolded(text: str, name: str) -> Iterator[tuple[str, Position]]:
    """Unfolded lines with the number of their first."""
    parts: list[str] = []
    at = 1
    for number, written in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = written.removesuffix("\r")
        if parts and line[:1] in (" ", "\t"):
            parts.append(line[1:])
            continue
        if parts and (whole := "".join(parts)).strip():
            yield whole, Position(name, at, 1)
        parts, at = [line], number
    if (whole := "".join(parts)).strip():
        yield whole, Position(name, at, 1)


@dataclass
class Reader:
    """Collects events and time zones, component by component."""

    start: Position
    problems: list[InvalidInput] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    zones: dict[str, str] = field(default_factory=dict)
    zone_name: str = ""
    seen: int = 0

    def take(self, line: tuple[str, Position]) -> None:
        """One line; raise `InvalidInput` for one after which nothing can be trusted."""
        text, at = line
        name = text.partition(":")[0].partition(";")[0].strip().upper()
        match name:
            case "BEGIN":
                self._begin(text.partition(":")[2].strip().upper(), at)
            case "END":
                self._end(text.partition(":")[2].strip().upper(), at)
            case _:
                self._property(name, text, at)

    def _begin(self, component: str, at: Position) -> None:
        if not self.open and component != "VCALENDAR":
            raise at.error("a calendar begins with `BEGIN:VCALENDAR`")
        if len(self.open) >= DEEPEST:
            raise at.error(f"components are nested more than {DEEPEST} deep")
        self.open.append(component)
        self.seen += 1
        if component == "VEVENT":
            if len(self.entries) >= MOST_EVENTS:
                raise at.error(f"there are more than {MOST_EVENTS} events")
            self.entries.append(Entry(at))
        if component == "VTIMEZONE":
            self.zone_name = ""

    def _end(self, component: str, at: Position) -> None:
        if not self.open or self.open[-1] != component:
            raise at.error(f"`END:{component[:40]}` closes nothing that is open")
        self.open.pop()

    def _property(self, name: str, text: str, at: Position) -> None:
        if not self.open:
            raise at.error("a calendar begins with `BEGIN:VCALENDAR`")
        if ":" not in text:
            self.problems.append(at.error("is no line of a calendar: it has no `:`"))
            return
        match self.open[-1]:
            case "VEVENT" if name in (*_ONCE, *_MANY, *_REFUSED):
                self._of_event(name, text, at)
            case "VTIMEZONE" if name in ("TZID", "X-LIC-LOCATION"):
                self._of_zone(name, text.partition(":")[2].strip())
            case "VCALENDAR" if name == "METHOD" and text.partition(":")[2].strip().upper() not in _METHODS:
                self.problems.append(at.error("only a published calendar can be read, no answer or cancellation"))

    def _of_event(self, name: str, text: str, at: Position) -> None:
        try:
            line = _parsed(name, text, at)
        except InvalidInput as error:
            self.problems.append(error)
            return
        entry = self.entries[-1]
        if name in _MANY:
            entry.many[name].append(line)
        elif name in _REFUSED:
            self.problems.append(at.error(f"`{name}` is obsolete: write the dates by `EXDATE`"))
        elif name in entry.once:
            self.problems.append(at.error(f"`{name}` stands twice in one event"))
        else:
            entry.once[name] = line

    def _of_zone(self, name: str, value: str) -> None:
        """What a zone is called, and where it lies if that is said."""
        if name == "TZID":
            self.zone_name = value
        self.zones[self.zone_name] = value

    def finish(self) -> None:
        """What can be said only at the end."""
        if self.open:
            self.problems.append(self.start.error(f"`{self.open[-1][:40]}` is never closed"))
        if not self.seen:
            self.problems.append(self.start.error("a calendar begins with `BEGIN:VCALENDAR`"))
        recurring = [entry for entry in self.entries if "RRULE" in entry.once]
        if len(recurring) > MOST_RECURRING:
            self.problems.append(recurring[MOST_RECURRING].at.error(f"more than {MOST_RECURRING} events recur"))
            self.entries.clear()


def _parsed(name: str, text: str, at: Position) -> Line:
    if len(text) > LONGEST_LINE:
        raise at.error(f"a line has more than {LONGEST_LINE} characters")
    try:
        _, params, value = Contentline(text).parts()  # type: ignore[no-untyped-call]
    except ValueError as error:
        raise at.error(f"is no line of a calendar: {str(error).splitlines()[0][:200]}") from None
    plain = {key.upper(): str(said) for key, said in params.items()}
    return Line(name, plain, str(value), Position(at.file, at.line, max(1, len(text) - len(str(value)) + 1)))
