"""Who is who in chat rooms: what the people's file says, and since when it says so (operations 6)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from engine.control.moves import note
from engine.model.base import Json
from engine.model.chat import Enrolment
from engine.model.principal import Principal
from engine.ports import People
from engine.store.tx import Tx

PROVING = timedelta(hours=24)
"""How long a user of a room has to be known before votes from there count: whoever maps themselves in, is seen."""


def note_enrolments(tx: Tx, people: People, now: datetime) -> None:
    """Keep whom the file names as which user, with the time from which on it does; each change is an entry."""
    named = {(one.room, one.user): one for one in _named(people, now)}
    known = {(one.room, one.user): one for one in tx.enrolments.all()}
    for key, old in known.items():
        if key not in named or named[key].principal != old.principal:
            tx.enrolments.forget(*key)
            _note(tx, "principal.unmapped", old, now)
    for key, fresh in named.items():
        if key not in known or known[key].principal != fresh.principal:
            tx.enrolments.put(fresh)
            _note(tx, "principal.mapped", fresh, now)


def recognise(tx: Tx, people: People, room: str, user: str, now: datetime) -> tuple[Principal, Enrolment] | None:
    """Who a user of a room is, by the file as it is now; None for anybody who is not enrolled."""
    person = next((one for one in people.all() if one.chat.get(room) == user), None)
    if person is None:
        return None
    known = tx.enrolments.get(room, user)
    if known is None or known.principal != person.id:
        note_enrolments(tx, people, now)
        known = tx.enrolments.get(room, user)
    return None if known is None else (person, known)


def _named(people: People, now: datetime) -> Iterator[Enrolment]:
    for person in people.all():
        for room, user in person.chat.items():
            yield Enrolment(room=room, user=user, principal=person.id, since=now)


def _note(tx: Tx, kind: str, enrolment: Enrolment, now: datetime) -> None:
    body: Json = {"room": enrolment.room, "user": enrolment.user}
    note(tx, f"principal/{enrolment.principal}", kind, now, body)
