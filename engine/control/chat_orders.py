"""The door for what people of a room have done by typing it, before the doors that do it.

Rules: 1. Who types is who the room's user is known to be, for a day already (`engine.control.chat_voting`). 2. What it
takes is what it takes at every other door: the same permission, role, reason. 3. Somebody known who is refused is an
entry, and what is done is one that names person and room, in the transaction of what it does. 4. What was heard once is
not done again. 5. A freeze is typed twice, the second time with the word that the first is answered; it acts at once,
and is explained afterwards (operations 5).
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from engine.control.chat_voting import TakenBack, TapAnswer, event_key, stranger, take_back, too_fresh
from engine.control.desk import Desk
from engine.control.enrolment import recognise
from engine.control.freezing import explain_freeze, freeze, require_scope
from engine.control.moves import note
from engine.control.verdicts import release_by_hand
from engine.errors import Denied, InvalidInput, NotFound
from engine.model.base import Json, Model, Text
from engine.model.permission import Permission, permissions
from engine.model.principal import Principal
from engine.store.tx import Tx
from engine.telling import by_the_clock

NO_READER = "you have no role that reads anything here"
CONFIRMED_WITHIN = timedelta(minutes=5)
"""How long the word that confirms a freeze is good, at the least; twice as long at the most."""
HELP = (
    "retract AR-…: take your answer back, within a minute",
    "release L-… or AR-… and why",
    "freeze SCOPE [minutes]: stop whatever has not begun",
    "why SCOPE and the reason: of a freeze, afterwards",
)
"""What may be typed, without what stands before it in a room."""


class Order(Model):
    """What somebody typed, told from anything else by the product's `event`.

    `timezone` is that of the room, and `prefix` what stands before a command there.
    """

    room: str
    event: str
    user: str
    text: Text
    timezone: str = "UTC"
    prefix: str = ""


@dataclass(frozen=True)
class _Given:
    """An order with who gives it and when."""

    tx: Tx
    desk: Desk
    person: Principal
    order: Order
    now: datetime


def carry_out(tx: Tx, desk: Desk, order: Order, now: datetime) -> TapAnswer | None:
    """Have it done, or say why not; None where the text is no order."""
    word, *words = order.text.split() or [""]
    if word == "retract":
        return _take_back(tx, desk, order, words, now)
    if word not in ORDERS:
        return None
    found = recognise(tx, desk.people, order.room, order.user, now)
    if found is None:
        return stranger(order.room, order.user)
    person, enrolment = found
    given = _Given(tx, desk, person, order, now)
    key = event_key(order.room, order.user, order.event)
    return tx.steps.once(key, TapAnswer, now, lambda: _done(given, word, words, too_fresh(enrolment, now)))


def _take_back(tx: Tx, desk: Desk, order: Order, words: Sequence[str], now: datetime) -> TapAnswer:
    """By the door for answers, which has the same rules."""
    request = words[0] if words else ""
    given = TakenBack(room=order.room, event=order.event, user=order.user, request_id=request)
    return take_back(tx, desk, given, now) or TapAnswer(accepted=False, text="this was heard before")


def _done(given: _Given, word: str, words: Sequence[str], fresh: str | None) -> TapAnswer:
    needed, work = ORDERS[word]
    try:
        if fresh is not None:
            raise Denied(fresh)
        if needed not in permissions(given.person):
            raise Denied(f"it takes the permission `{needed}`")
        return TapAnswer(accepted=True, text=work(given, words))
    except (NotFound, InvalidInput) as error:
        return TapAnswer(accepted=False, text=f"not done: {error}")
    except Denied as error:
        _refuse(given.tx, given.person, given.order, str(error), given.now)
        return TapAnswer(accepted=False, text=f"not done: {error}")


def why_not_shown(tx: Tx, person: Principal, order: Order, now: datetime) -> str | None:
    """Why somebody known is shown nothing here, which is an entry (rule 3); None for who may read."""
    if Permission.READ in permissions(person):
        return None
    _refuse(tx, person, order, NO_READER, now)
    return NO_READER


def _refuse(tx: Tx, person: Principal, order: Order, because: str, now: datetime) -> None:
    body: Json = {"asked": _named(order), "because": because}
    note(tx, f"principal/{person.id}", "door.refused", now, body, person.signature)


def _release(given: _Given, words: Sequence[str]) -> str:
    named, *_ = words or ["L-…"]
    reason = _reason(given, "release", named, words)
    lease = release_by_hand(given.tx, given.desk, given.person, _lease(given.tx, named), reason, given.now)
    _record(given, f"lease/{lease.id}")
    return f"{lease.id} is taken back"


def _lease(tx: Tx, named: str) -> str:
    """The effect that is meant, by its own name or that of the request that it came of."""
    request = tx.requests.get(named)
    if request is None:
        return named
    if request.lease_id is None:
        raise InvalidInput(f"{request.id} has no effect: it is {request.state}")
    return request.lease_id


def _freeze(given: _Given, words: Sequence[str]) -> str:
    scope, *rest = words or ["global"]
    minutes, *word = rest if rest and rest[0].isdecimal() else ("", *rest)
    require_scope(given.desk, scope)
    lasts = timedelta(minutes=int(minutes[:6])) if minutes else None
    if not word:
        again = " ".join(filter(None, ("freeze", scope, minutes, _confirmation(given, scope, minutes))))
        return (
            "nothing is frozen yet: this stops whatever has not begun, and releases go on; it is confirmed where it "
            f"was typed. To do it: {given.order.prefix}{again}"
        )
    if word not in ([_confirmation(given, scope, minutes)], [_confirmation(given, scope, minutes, before=1)]):
        raise InvalidInput("this is not the word that confirms it, or no longer: type it again without any")
    frozen = freeze(given.tx, given.desk, given.person, scope, "", lasts, given.now)
    _record(given, "freeze")
    ends = _ends(frozen.freeze.until, frozen.wanted, ZoneInfo(given.order.timezone))
    return f"frozen: {scope} until {ends}. Say why: {given.order.prefix}why {scope} and the reason"


def _ends(until: datetime | None, wanted: datetime, zone: ZoneInfo) -> str:
    if until is None:
        return "somebody lifts it"
    longer = f" (until {by_the_clock(wanted, zone)} once somebody else freezes it for as long)"
    return by_the_clock(until, zone) + (longer if wanted > until else "")


def _explain(given: _Given, words: Sequence[str]) -> str:
    scope, *_ = words or ["global"]
    explained = explain_freeze(given.tx, given.person, scope, _reason(given, "why", scope, words), given.now)
    _record(given, "freeze")
    return f"explained: {explained.scope}"


def _reason(given: _Given, word: str, about: str, words: Sequence[str]) -> str:
    if len(words) < 2:
        raise InvalidInput(f"say why as well: {given.order.prefix}{word} {about} and the reason")
    return " ".join(words[1:])


Work = Callable[[_Given, Sequence[str]], str]
ORDERS: Mapping[str, tuple[Permission, Work]] = {
    "release": (Permission.RELEASE, _release),
    "freeze": (Permission.FREEZE, _freeze),
    "why": (Permission.FREEZE, _explain),
}
"""What may be ordered, the permission that it takes, and what does it."""


def _confirmation(given: _Given, scope: str, minutes: str, before: int = 0) -> str:
    """The word that this person confirms exactly this freeze by, now or a while `before`; no secret, but no slip."""
    slot = int(given.now.timestamp() // CONFIRMED_WITHIN.total_seconds()) - before
    said = "\n".join((given.order.room, given.person.id, scope, minutes, str(slot)))
    return f"yes-{hashlib.sha256(said.encode()).hexdigest()[:4]}"


def _record(given: _Given, subject: str) -> None:
    """Rule 3."""
    body: Json = {"order": _named(given.order), "channel": f"chat/{given.order.room}"}
    note(given.tx, subject, "chat.ordered", given.now, body, given.person.signature)


def _named(order: Order) -> str:
    return f"chat/{order.room}: {' '.join(order.text.split())}"
