"""On which card of a room a question stands (operations 7).

Rules: 1. One card an incident: what is asked of it while anything on that card waits joins it, up to `MOST` questions;
what supersedes a question takes its place. 2. Nobody who is asked gets more new cards within an hour than the room's
pace; what is more comes in bundles of one cause, so that nobody is left unasked. 3. What is simulated and what is real
never stand on one card. 4. It is decided once, in the transaction that reads the question, and is an entry.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from engine.control.moves import note
from engine.model.base import Json
from engine.model.chat import CardPace, Thread
from engine.model.request import Request, RequestState
from engine.store.tx import Tx

MOST = 20
HOUR = timedelta(hours=1)
NOBODY = ("",)
"""Whom a card counts for that nobody in particular is asked by."""


def place(tx: Tx, room: str, pace: CardPace, request: Request, site: str, now: datetime) -> None:
    """Put a question on a card of the room, where it does not stand on one; `site` is where its effect would be."""
    if tx.threads.get(room, request.id) is not None:
        return
    replaced = _replaced(tx, room, request, site)
    incident, cause = f"{request.incident_id}/{site}", f"{cause_of(request)}/{site}"
    if replaced is not None:
        card, because = _replace(tx, replaced, request), f"in the place of {request.supersedes}"
    elif (found := _with_room(tx, room, incident)) is not None:
        card, because = _join(tx, found, request), f"with the rest of {request.incident_id}"
    elif not (full := sorted(_over(tx, room, pace, request, now))):
        card, because = _begin(tx, room, incident, request, now), f"first of {request.incident_id}"
    else:
        found, because = _with_room(tx, room, cause), f"enough cards within an hour for {', '.join(full) or 'the room'}"
        card = _begin(tx, room, cause, request, now) if found is None else _join(tx, found, request)
    body: Json = {"room": room, "card": card.request_id, "about": card.about, "because": because}
    note(tx, f"request/{request.id}", "chat.placed", now, body)


def cause_of(request: Request) -> str:
    """What many questions may have in common: the action and the detector that it follows, or who asks."""
    if request.person:
        return request.requester
    return f"{request.action} {request.requester.partition('@')[0]}"


def _replaced(tx: Tx, room: str, request: Request, site: str) -> Thread | None:
    """The card on which stands what this supersedes."""
    if request.supersedes is None or (found := tx.threads.get(room, request.supersedes)) is None:
        return None
    return found if found.about.endswith(f"/{site}") and request.supersedes in found.requests else None


def _with_room(tx: Tx, room: str, about: str) -> Thread | None:
    """The card about something that has room, and on which anything waits: nobody looks at another."""
    found = tx.threads.newest(room, about)
    return found if found is not None and len(found.requests) < MOST and any(_waiting(tx, found)) else None


def _waiting(tx: Tx, card: Thread) -> Iterator[bool]:
    requests = (tx.requests.get(one) for one in card.requests)
    return (one is not None and one.state is RequestState.AWAITING_APPROVAL for one in requests)


def _over(tx: Tx, room: str, pace: CardPace, request: Request, now: datetime) -> Iterator[str]:
    """Who of those asked has had as many cards as they are to have within an hour."""
    lately = [card.asked or NOBODY for card in tx.threads.since(room, now - HOUR)]
    return (name for name in request.asked or NOBODY if sum(name in asked for asked in lately) >= pace.most(now))


def _begin(tx: Tx, room: str, about: str, request: Request, now: datetime) -> Thread:
    card = Thread(room=room, request_id=request.id, items=(request.id,), about=about, asked=request.asked, begun_at=now)
    tx.threads.insert(card)
    return card


def _join(tx: Tx, card: Thread, request: Request) -> Thread:
    return _changed(tx, card, (*card.requests, request.id), request)


def _replace(tx: Tx, card: Thread, request: Request) -> Thread:
    return _changed(tx, card, tuple(request.id if one == request.supersedes else one for one in card.requests), request)


def _changed(tx: Tx, card: Thread, items: tuple[str, ...], request: Request) -> Thread:
    after = card.model_copy(update={"items": items, "changed": card.changed + 1})
    tx.threads.add(after, request.id)
    return after
