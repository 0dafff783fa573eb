"""Whoever is asked, while time runs out, is told alone in every room where the card stands and they are known.

Rules: 1. Once a step, whatever is killed: what was read and whom it has told are one transaction of the ledger's reader
(`engine.control.chat_threads`). 2. Only for the step that it is at, and only who has not answered. 3. What waits to be
said to one user is said together.
"""

from collections.abc import Iterable
from datetime import datetime

from engine.card_text import shown
from engine.control.escalation import time_left
from engine.control.whispering import whisper
from engine.model.enrolling import Whisper
from engine.model.entry import Entry
from engine.model.request import Request, RequestState
from engine.store.tx import Tx

ESCALATED = "approval.escalated"
LINES = 20
MORE = "and more: fireline approvals list"
WAITING = 1000


def remind(tx: Tx, happened: Iterable[tuple[Entry, Request]]) -> None:
    """Have those told whom these entries say to be asked now."""
    for entry, request in happened:
        if entry.kind != ESCALATED or not _is_at(entry, request) or request.deadline is None:
            continue
        meant, rooms = _meant(tx, entry, request), {thread.room for thread in tx.threads.of(request.id)}
        for one in tx.enrolments.all():
            if one.room in rooms and one.principal in meant:
                _say(tx, one.room, one.user, request, request.deadline, entry.at)


def _meant(tx: Tx, entry: Entry, request: Request) -> set[str]:
    asked, votes = entry.body.get("asked"), tx.votes.of(request.id)
    answered = {vote.principal for vote in votes if vote.retracted_at is None}
    return {str(name) for name in asked} - answered if isinstance(asked, list) else set()


def _is_at(entry: Entry, request: Request) -> bool:
    """Rule 2: what was caught up with later says only where it has come to."""
    return request.state is RequestState.AWAITING_APPROVAL and entry.body.get("step") == request.escalated


def _say(tx: Tx, room: str, user: str, request: Request, deadline: datetime, now: datetime) -> None:
    what = f"{request.action} on {shown(request.target)}"
    line = f"you are asked about {request.id}, {what}: {time_left(request, now)}, decide by {deadline:%H:%M:%S} UTC"
    waiting = _waiting(tx, room, user)
    if waiting is None:
        whisper(tx, (room, user), line, f"request/{request.id}", now, until=deadline)
        return
    lines = [*waiting.text.split("\n")[:LINES], line]
    text = "\n".join(lines if len(lines) <= LINES else (*lines[:LINES], MORE))
    lapses = max(waiting.lapses_at, deadline)
    tx.whispers.save(waiting.model_copy(update={"text": text, "lapses_at": lapses}))


def _waiting(tx: Tx, room: str, user: str) -> Whisper | None:
    """The reminder that this user has still to hear and that nobody has begun to say (rule 3)."""
    waiting = (one for one in tx.whispers.waiting(room, WAITING) if one.user == user)
    return next((one for one in waiting if not one.again and not one.trying), None)
