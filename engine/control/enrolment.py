"""Who is who in chat rooms: what the people's file says, what people were confirmed as, and since when (operations 6).

Rules: 1. A user of a room is one person, and a person one user of a room. 2. Where the people's file speaks of either,
it alone counts. 3. Whoever was known somewhere already is told there of what changes, the user that is no longer theirs
included. 4. Whom the file names anew nobody has confirmed: the lead hears of them, unless the home is new to all of it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from engine.card_text import shown
from engine.control.denials import LEAD
from engine.control.messages import Said, send
from engine.control.moves import note
from engine.control.whispering import warn
from engine.model.base import Json
from engine.model.chat import Enrolment
from engine.model.principal import Principal
from engine.ports import People
from engine.store.tx import Tx
from engine.telling import instant

PROVING = timedelta(hours=24)
"""How long a user of a room has to be known before votes from there count: whoever maps themselves in, is seen."""
IF_NOT = "If that is not as it should be, tell an administrator at once"


def note_enrolments(tx: Tx, people: People, now: datetime) -> None:
    """Keep whom the file names as which user, with the time from which on it does; each change is an entry."""
    named = {(one.room, one.user): one for one in _named(people, now)}
    known, anew = {(one.room, one.user): one for one in tx.enrolments.all()}, list[Enrolment]()
    for key, old in known.items():
        person = people.get(old.principal)
        if not _stays(old, named.get(key), person):
            _tell_of_loss(tx, old, "" if person is None else person.chat.get(old.room, ""), now)
            forget(tx, old, now)
    for key, fresh in named.items():
        before = known.get(key)
        if before is None or not _stays(before, fresh, people.get(before.principal)):
            keep(tx, fresh, now)
            anew.append(fresh)
    if known and anew:
        _tell_lead(tx, anew, now)


def recognise(tx: Tx, people: People, room: str, user: str, now: datetime) -> tuple[Principal, Enrolment] | None:
    """Who a user of a room is, by the file as it is now and by what was confirmed; None for anybody else."""
    person = next((one for one in people.all() if one.chat.get(room) == user), None)
    known = tx.enrolments.get(room, user)
    if person is None:
        return None if known is None else _confirmed(people, known)
    if known is None or known.confirmed_by or known.principal != person.id:
        note_enrolments(tx, people, now)
        known = tx.enrolments.get(room, user)
    return None if known is None else (person, known)


def users_of(tx: Tx, principal: str) -> list[Enrolment]:
    """Where somebody is known, and as whom."""
    return [one for one in tx.enrolments.all() if one.principal == principal]


def keep(tx: Tx, fresh: Enrolment, now: datetime) -> None:
    """Somebody is this user from now on, which is an entry; whoever was known before is told (rule 3)."""
    before = [one for one in users_of(tx, fresh.principal) if (one.room, one.user) != (fresh.room, fresh.user)]
    tx.enrolments.put(fresh)
    _note(tx, "principal.mapped", fresh, now)
    by = f", confirmed by {fresh.confirmed_by}" if fresh.confirmed_by else ""
    counts = f"answers from there count from {(fresh.since + PROVING).isoformat(timespec='minutes')} on"
    text = f"{fresh.principal} is {fresh.user} in {fresh.room} from now on{by}; {counts}. {IF_NOT}"
    if before or fresh.confirmed_by:
        for one in (*before, fresh):
            warn(tx, (one.room, one.user), text, f"principal/{fresh.principal}", now)


def forget(tx: Tx, old: Enrolment, now: datetime) -> None:
    """Nobody is this user any more, which is an entry."""
    tx.enrolments.forget(old.room, old.user)
    _note(tx, "principal.unmapped", old, now)


def _stays(old: Enrolment, named: Enrolment | None, person: Principal | None) -> bool:
    """Rule 2; `named` is whom the file has as that user, `person` who it was."""
    if not old.confirmed_by:
        return named is not None and named.principal == old.principal
    return named is None and person is not None and old.room not in person.chat


def _tell_of_loss(tx: Tx, old: Enrolment, instead: str, now: datetime) -> None:
    """The user that somebody had is told, and whoever else they are."""
    text = f"{old.principal} is {old.user} in {old.room} no more{f', but {instead}' if instead else ''}. {IF_NOT}"
    for one in users_of(tx, old.principal):
        warn(tx, (one.room, one.user), text, f"principal/{old.principal}", now)


def _tell_lead(tx: Tx, anew: Sequence[Enrolment], now: datetime) -> None:
    """Rule 4."""
    counts = instant(now + PROVING)
    title = f"people.yaml names anew who is who in chat; nobody confirmed it, and it counts from {counts} on"
    lines = tuple(f"{one.principal} is {shown(one.user)} in {one.room}" for one in anew)
    send(tx, Said(LEAD, "people", title, lines, (LEAD,)), now)


def _confirmed(people: People, known: Enrolment) -> tuple[Principal, Enrolment] | None:
    """Rule 2: who has another user in the file is not this one."""
    person = people.get(known.principal)
    if not known.confirmed_by or person is None or known.room in person.chat:
        return None
    return person, known


def _named(people: People, now: datetime) -> Iterator[Enrolment]:
    for person in people.all():
        for room, user in person.chat.items():
            yield Enrolment(room=room, user=user, principal=person.id, since=now)


def _note(tx: Tx, kind: str, enrolment: Enrolment, now: datetime) -> None:
    body: Json = {"room": enrolment.room, "user": enrolment.user}
    if enrolment.confirmed_by:
        body["confirmed_by"] = enrolment.confirmed_by
    note(tx, f"principal/{enrolment.principal}", kind, now, body)
