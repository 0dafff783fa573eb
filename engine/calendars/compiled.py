"""A policy's calendars, ready to be asked: which are open now for a request, and what that says as facts.

Rules: 1. What a calendar's scope cannot answer is within it: a freeze is rather kept than missed. 2. Without a time
every calendar of a scope is open. 3. A scope asks about anything but calendars.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.authoring import Reviewer
from engine.calendars.ics import read_ics
from engine.calendars.planned import plan
from engine.calendars.windows import Event, Window, Windows
from engine.calendars.zones import find_zone
from engine.errors import InvalidFile, InvalidInput
from engine.expressions import Expression, Expressions
from engine.model.base import Json
from engine.model.calendar import Calendar, CalendarKind, OpenWindow
from engine.model.policy import PolicyDocument
from engine.scopes import covers, instant, texts

FACTS_OF_CALENDARS = ("time.change_freeze", "time.maintenance", "time.calendar")
YEAR = timedelta(days=366)
_ASKS_IN_A_CIRCLE = re.compile(r"\btime\s*\.\s*(change_freeze|maintenance|calendar)\b")


@dataclass(frozen=True)
class Open:
    """A calendar in whose scope a request is, and its window that is open; none where the time is not known."""

    calendar: Calendar
    window: Window | None


@dataclass(frozen=True)
class Dated:
    """One calendar with its windows."""

    calendar: Calendar
    windows: Windows
    scope: Expression | None

    def covers(self, facts: Json, language: Expressions) -> bool:
        """Whether these facts are within its scope (rule 1)."""
        said = self.calendar
        if said.actions and facts.get("action.id") not in said.actions:
            return False
        if said.segments and facts.get("target.segment") not in said.segments:
            return False
        if said.targets and not covers(said.targets, texts(facts, "target.names")):
            return False
        return self.scope is None or self.scope.holds(language.prepare(facts)) is not False


class Calendars:
    """All calendars of one policy."""

    def __init__(self, dated: Iterable[Dated], language: Expressions) -> None:
        """Made by `compile_calendars` only."""
        self._dated: Mapping[str, Dated] = {one.calendar.id: one for one in dated}
        self._language = language

    def all(self) -> Sequence[Dated]:
        """Every calendar, in the policy's order."""
        return [*self._dated.values()]

    def windows(self, name: str) -> Windows:
        """The windows of one calendar; none where there is no such calendar."""
        found = self._dated.get(name)
        return Windows(()) if found is None else found.windows

    def open(self, facts: Json) -> tuple[Open, ...]:
        """Those that are open for this request, at the time that the facts tell."""
        at = instant(facts)
        found = [Open(one.calendar, None if at is None else one.windows.at(at)) for one in self._dated.values()]
        return tuple(
            one
            for one in found
            if (at is None or one.window is not None) and self._dated[one.calendar.id].covers(facts, self._language)
        )

    def facts(self, facts: Json) -> Json:
        """What is open, as rules read it; from the time and the other facts alone, so that it can be told again."""
        now_open = self.open(facts)
        kinds = {one.calendar.kind for one in now_open}
        return {
            "time.change_freeze": CalendarKind.CHANGE_FREEZE in kinds,
            "time.maintenance": CalendarKind.MAINTENANCE in kinds,
            "time.calendar": [*sorted(one.calendar.id for one in now_open)],
        }


def compile_calendars(content: PolicyDocument, reviewer: Reviewer, language: Expressions) -> Calendars:
    """The policy's calendars; whatever is wrong with one is refused at its place."""
    reviewer.unique([one.id for one in content.calendars], "calendars")
    names = {one.id for one in content.calendars}
    for index, wanted in enumerate(content.learning.coverage):
        if wanted.calendar not in names:
            message = f"there is no calendar `{wanted.calendar}`"
            reviewer.refuse(message, "learning", "coverage", index, "calendar")
    return Calendars((_dated(one, reviewer, index) for index, one in enumerate(content.calendars)), language)


def _dated(calendar: Calendar, reviewer: Reviewer, index: int) -> Dated:
    place = ("calendars", index)
    reviewer.actions(calendar.actions, *place, "actions")
    if _ASKS_IN_A_CIRCLE.search(calendar.when):
        reviewer.refuse("a calendar's scope cannot ask about calendars", *place, "when")
    scope = None if calendar.when == "true" else reviewer.condition(calendar.when, *place, "when")
    return Dated(calendar, Windows(_events(calendar, reviewer, index)), scope)


def _events(calendar: Calendar, reviewer: Reviewer, index: int) -> Sequence[Event]:
    zone = find_zone(calendar.zone)
    if zone is None:
        reviewer.refuse(f"there is no time zone `{calendar.zone}`", "calendars", index, "zone")
        return ()
    if calendar.file is not None:
        reviewer.refuse(f"the calendar `{calendar.file}` is not there", "calendars", index, "file")
    if calendar.ics is not None:
        try:
            return read_ics(calendar.ics, f"calendar `{calendar.id}`", zone)
        except InvalidFile as error:
            for problem in error.problems:
                reviewer.refuse(str(problem), "calendars", index, "ics")
    found = []
    for number, event in enumerate(calendar.events):
        try:
            found.append(plan(event, zone))
        except InvalidInput as error:
            reviewer.refuse(error.message, "calendars", index, "events", number)
    return found


def open_windows(calendars: Calendars, facts: Json) -> tuple[OpenWindow, ...]:
    """What is open for a request, as checks see it."""
    found = calendars.open(facts)
    return tuple(
        OpenWindow(one.calendar.id, one.calendar.kind, one.calendar.owner, one.window.ends if one.window else None)
        for one in found
    )


def coming(windows: Windows, now: datetime, count: int) -> tuple[Window, ...]:
    """The next windows, the open one included, of the coming two years."""
    return windows.after(now, 2 * YEAR, count)
