"""Who can answer what a policy asks, by the people's file, its rota and its absences: for `fireline policy prove`."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from console.people import FilePeople
from engine.answerable import Duty, Staff

AHEAD = timedelta(days=15)
"""How far the rota is looked at: its shifts come again every week, and what follows the first week is looked at too."""


def staff(path: Path, owners: Iterable[str], now: datetime) -> Staff:
    """The people in the file at `path`, who of them is on duty when, and the owners that targets have."""
    people = FilePeople(path)
    starts = sorted({now, *people.changes(now, now + AHEAD)})
    there = [people.on_duty(start) for start in starts]
    changed = [number for number, names in enumerate(there) if number == 0 or names != there[number - 1]]
    duties = tuple(Duty(starts[number].astimezone(UTC), there[number]) for number in changed)
    return Staff(tuple(people.all()), duties, tuple(sorted({"", *owners})))
