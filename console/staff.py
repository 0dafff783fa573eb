"""Who can answer what a policy asks, by the people's file and its rota: for `fireline policy prove`."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from console.people import FilePeople, parse
from engine.answerable import Duty, Staff

AHEAD = timedelta(days=15)
"""How far the rota is looked at: its shifts come again every week, and what follows the first week is looked at too."""


def staff(path: Path, owners: Iterable[str], now: datetime) -> Staff:
    """The people in the file at `path`, who of them is on duty when, and the owners that targets have."""
    rota, people = parse(path).rota, tuple(FilePeople(path).all())
    starts = sorted({now, *(instant for shift in rota for instant in shift.changes(now, now + AHEAD))})
    always = frozenset(person.id for person in people)
    there = [
        frozenset(shift.principal for shift in rota if shift.covers(start)) if rota else always for start in starts
    ]
    changed = [number for number, names in enumerate(there) if number == 0 or names != there[number - 1]]
    duties = tuple(Duty(starts[number].astimezone(UTC), there[number]) for number in changed)
    return Staff(people, duties, tuple(sorted({"", *owners})))
