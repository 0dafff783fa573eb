"""Who is away: what `people.yaml` says, and iCalendar files beside it.

Rules: 1. A calendar that cannot be read takes nobody away, and neither does an event that is nobody's: people are
rather asked in vain than not at all; `problems` says what is wrong. 2. An event is somebody's by its calendar, or in
one of a whole team by the name or id that its summary begins with.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from console.rota import Zone
from engine.calendars.attached import SUFFIX, beside
from engine.calendars.ics import read_ics
from engine.calendars.windows import Event, Windows
from engine.errors import InvalidInput
from engine.model.base import AwareDatetime, Model
from engine.model.channel import REFERENCE, Secured

DAY = timedelta(days=1)
SHOWN = 80
"""Characters of an event's summary in what is said about it."""


class Absence(Model):
    """Somebody away, from one day or instant until another; the last day is one of them, a last instant is not."""

    principal: str
    since: Annotated[date | AwareDatetime, Field(alias="from")]
    until: date | AwareDatetime
    reason: Annotated[str, Field(max_length=200)] = ""
    timezone: Zone = "UTC"
    """Of days."""

    @model_validator(mode="after")
    def _ends_later(self) -> "Absence":
        if not self.ends > self.begins:
            raise ValueError("it is over before it begins")
        return self

    @property
    def begins(self) -> datetime:
        """The first instant away."""
        return self._instant(self.since)

    @property
    def ends(self) -> datetime:
        """The first instant back."""
        return self._instant(self.until if isinstance(self.until, datetime) else self.until + DAY)

    def _instant(self, said: date | datetime) -> datetime:
        local = said if isinstance(said, datetime) else datetime.combine(said, time(), ZoneInfo(self.timezone))
        return local.astimezone(UTC)


class AbsenceCalendar(Model):
    """An iCalendar file beside `people.yaml` whose events are absences: of one person, or of a team without.

    With a `url`, or the place of one that is secret, the file is what was fetched from there last.
    """

    file: Annotated[str, Field(pattern=rf"^[A-Za-z0-9_-][A-Za-z0-9._-]{{0,80}}\{SUFFIX}$")]
    principal: str = ""
    url: Annotated[str, Field(pattern=rf"^(https?://\S+|{REFERENCE})?$"), Secured] = ""
    timezone: Zone = "UTC"
    """Of times and days that name none."""


@dataclass(frozen=True)
class Away:
    """When everybody who is ever away is; the empty one is never anybody."""

    windows: Mapping[str, Windows] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def at(self, instant: datetime) -> frozenset[str]:
        """Who is away then."""
        return frozenset(name for name, known in self.windows.items() if known.at(instant) is not None)

    def changes(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Every instant between the two at which somebody leaves or is back."""
        found = (window for known in self.windows.values() for window in known.between(after, until))
        return (at for window in found for at in (window.starts, window.ends) if after < at < until)


def read_away(
    file: Path, names: Mapping[str, str], said: Sequence[Absence], calendars: Sequence[AbsenceCalendar]
) -> Away:
    """Who is away by what the file of people says and the calendars beside it; `names` are people's, by their id."""
    events: dict[str, list[Event]] = {}
    for one in said:
        events.setdefault(one.principal, []).append(_event(one))
    problems = list[str]()
    for calendar in calendars:
        try:
            found = read_ics(beside(file)(calendar.file), calendar.file, ZoneInfo(calendar.timezone))
        except InvalidInput as error:
            problems.append(f"nobody is away by `{calendar.file}`: {error}")
            continue
        for event in found:
            owner = calendar.principal or _owner(event.summary, names)
            if owner:
                events.setdefault(owner, []).append(event)
            else:
                problems.append(f"`{calendar.file}`: `{event.summary[:SHOWN]}` begins with nobody's name or id")
    return Away({name: Windows(found) for name, found in events.items()}, tuple(problems))


def _event(absence: Absence) -> Event:
    lasts = absence.ends - absence.begins
    return Event(absence.begins.replace(tzinfo=None), lasts, lasts, UTC, absence.reason)


def _owner(summary: str, names: Mapping[str, str]) -> str:
    """Whose id or name stands first, the longest of them; empty where that is nobody's."""
    said = " ".join(summary.split()).casefold()
    called = [(spelled.casefold(), person) for person, name in names.items() for spelled in (person, name)]
    found = [(len(spelled), person) for spelled, person in called if spelled and _begins_with(said, spelled)]
    return max(found, default=(0, ""))[1]


def _begins_with(said: str, name: str) -> bool:
    return said.startswith(name) and not said[len(name) : len(name) + 1].isalnum()
