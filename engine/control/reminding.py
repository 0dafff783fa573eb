"""Whoever is asked, while time runs out, is told alone in every room where the card stands and they are known.

Rules: 1. Once a step, whatever is killed: what was read and whom it has told are one transaction of the ledger's reader
(`engine.control.chat_threads`). 2. Only for the step that it is at, and only who has not answered. 3. What waits to be
said to one user is said together.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, tzinfo

from engine.card import MARKS
from engine.card_text import shown
from engine.control.desk import Desk
from engine.control.escalation import time_left
from engine.control.whispering import remind_until
from engine.model.action import Executor
from engine.model.enrolling import Whisper
from engine.model.entry import Entry
from engine.model.request import Request, RequestState
from engine.store.tx import Tx
from engine.telling import by_the_clock

ESCALATED = "approval.escalated"
LINES = 20
MORE = "and more: fireline approvals list"
WAITING = 1000


def remind(tx: Tx, desk: Desk, happened: Iterable[tuple[Entry, Request]], zone_of: Callable[[str], tzinfo]) -> None:
    """Have those told whom these entries say to be asked now, by the clock of the room in which they are."""
    for entry, request in happened:
        if entry.kind != ESCALATED or not _is_at(entry, request) or request.deadline is None:
            continue
        meant, rooms = _meant(tx, entry, request), {thread.room for thread in tx.threads.of(request.id)}
        for one in tx.enrolments.all():
            if one.room in rooms and one.principal in meant:
                line = _line(desk, request, request.deadline, entry.at, zone_of(one.room))
                _say(tx, (one.room, one.user), line, request, request.deadline)


def _meant(tx: Tx, entry: Entry, request: Request) -> set[str]:
    asked, votes = entry.body.get("asked"), tx.votes.of(request.id)
    answered = {vote.principal for vote in votes if vote.retracted_at is None}
    return {str(name) for name in asked} - answered if isinstance(asked, list) else set()


def _is_at(entry: Entry, request: Request) -> bool:
    """Rule 2: what was caught up with later says only where it has come to."""
    return request.state is RequestState.AWAITING_APPROVAL and entry.body.get("step") == request.escalated


def _line(desk: Desk, request: Request, deadline: datetime, now: datetime, zone: tzinfo) -> str:
    """Where it is, for whoever reads it alone (operations 8), what it is about, and how long is left."""
    mark = MARKS[desk.executors.get(request.connector) is Executor.SIMULATED]
    what, until = f"{request.action} on {shown(request.target)}", by_the_clock(deadline, zone)
    return f"{mark} · you are asked about {request.id}, {what}: {time_left(request, now)}, decide by {until}"


def _say(tx: Tx, to: tuple[str, str], line: str, request: Request, deadline: datetime) -> None:
    waiting = _waiting(tx, *to)
    if waiting is None:
        remind_until(tx, to, line, f"request/{request.id}", deadline)
        return
    lines = [*waiting.text.split("\n")[:LINES], line]
    text = "\n".join(lines if len(lines) <= LINES else (*lines[:LINES], MORE))
    lapses = max(waiting.lapses_at, deadline)
    tx.whispers.save(waiting.model_copy(update={"text": text, "lapses_at": lapses}))


def _waiting(tx: Tx, room: str, user: str) -> Whisper | None:
    """The reminder that this user has still to hear and that nobody has begun to say (rule 3)."""
    waiting = (one for one in tx.whispers.waiting(room, WAITING) if one.user == user)
    return next((one for one in waiting if not one.again and not one.trying), None)
