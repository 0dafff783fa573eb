"""Calendars of a policy: when changes are frozen, when maintenance is on, what a detector must have lived through."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from engine.model.authored import Count, Line, Name, Span
from engine.model.base import AwareDatetime, Model


class CalendarKind(StrEnum):
    """What being inside a calendar's window means.

    In a change freeze changes are held back; in maintenance odd data are to be expected; an occasion is ordinary, but
    rare enough that a detector should have seen it before it acts alone.
    """

    CHANGE_FREEZE = "change_freeze"
    MAINTENANCE = "maintenance"
    OCCASION = "occasion"


@dataclass(frozen=True)
class OpenWindow:
    """A window of one of the policy's calendars that is open for a request; `until` is None where no time is known."""

    calendar: str
    kind: CalendarKind
    owner: str
    until: datetime | None


Moment = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d)?$")]
"""A day (`2026-12-18`) or a minute of it (`2026-12-18T18:00`), in the calendar's own time zone."""


class PlannedEvent(Model):
    """One window, or with `repeats` (RFC 5545 RRULE) many; a day without a time begins and ends at midnight.

    `ends` is the first moment that is outside again. `but_not` names days on which it does not start.
    """

    starts: Moment
    ends: Moment | None = None
    lasts: Span | None = None
    repeats: Line | None = None
    but_not: tuple[Moment, ...] = ()
    summary: Line = "planned"

    @model_validator(mode="after")
    def _ends_once(self) -> "PlannedEvent":
        if (self.ends is None) == (self.lasts is None):
            raise ValueError("say when it `ends`, or how long it `lasts`")
        return self


class Calendar(Model):
    """Windows of one kind, and what they speak of: `actions`, `targets`, `segments` (empty is all) where `when` holds.

    Its windows are `events`, or those of an iCalendar file beside the policy: `file` names it, and is replaced by its
    content, `ics`, as soon as the policy is read.
    """

    id: Name
    kind: CalendarKind
    owner: Line
    description: Line = "planned"
    zone: Line = "UTC"
    actions: tuple[Name, ...] = ()
    targets: tuple[Line, ...] = ()
    segments: tuple[Line, ...] = ()
    when: Line = "true"
    events: tuple[PlannedEvent, ...] = ()
    file: Line | None = None
    ics: str | None = None

    @model_validator(mode="after")
    def _has_one_origin(self) -> "Calendar":
        if sum((bool(self.events), self.file is not None, self.ics is not None)) > 1:
            raise ValueError("give `events`, or a `file`, not both")
        return self


class Covered(Model):
    """An occasion that a source's learning period must have lived through, and how many times."""

    calendar: Name
    times: Annotated[Count, Field(ge=1, le=52)] = 1


class Lived(Model):
    """A window of a calendar in which something came from a source."""

    calendar: Name
    starts: AwareDatetime
