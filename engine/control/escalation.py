"""Who is asked, and who is asked next while time runs out: recorded, and shown to whoever looks."""

from datetime import datetime, timedelta

from engine import duration
from engine.approvals import obligations
from engine.control.desk import Desk
from engine.control.messages import Said, send
from engine.control.moves import note
from engine.control.parties import parties
from engine.model.base import Json
from engine.model.request import Request
from engine.store.tx import Tx

MARKS = (0.25, 0.5, 0.75)
"""Shares of the time to decide after which the circle widens (design 4)."""
ASKED, REMINDERS = "asked", "reminders"
"""The audiences of what those asked are told with the question, and at the last mark; only a channel that names them
under `hears` carries it."""


def asked_people(tx: Tx, desk: Desk, request: Request, step: int, now: datetime) -> tuple[str, ...]:
    """Who is asked at a step: 0 and 1 those on call, 2 everybody in the groups, 3 whoever may approve at all.

    Where no group is named, those on call for any who may approve. Whoever is away is asked last, rather than nobody;
    whose answer would not count is never asked.
    """
    groups, away = obligations(request).groups, desk.people.absent(now)
    everyone = tuple(desk.people.all())
    out = parties(tx, everyone, request)
    people = {person.id: person for person in everyone if person.id not in out}
    members = {name for name, person in people.items() if set(groups) & set(person.groups)}
    approvers = {name for name, person in people.items() if "approver" in person.roles}
    everybody = members | approvers
    shifts = groups or sorted({group for person in people.values() for group in person.groups})
    on_call = {person.id for group in shifts for person in desk.people.on_call(group, now)} & everybody
    first = on_call or members - away or approvers - away
    circles = (first, first, members - away or approvers - away, everybody)
    return tuple(sorted(circles[step] or everybody))


def next_mark(request: Request) -> datetime | None:
    """When the circle widens next."""
    if request.asked_at is None or request.deadline is None or request.escalated >= len(MARKS):
        return None
    return request.asked_at + MARKS[request.escalated] * (request.deadline - request.asked_at)


def escalate(tx: Tx, desk: Desk, request: Request, now: datetime) -> Request:
    """Widen the circle as far as the clock says; each step is an entry."""
    mark = next_mark(request)
    while mark is not None and now >= mark:
        step = request.escalated + 1
        people = asked_people(tx, desk, request, step, now)
        wider = request.model_copy(update={"escalated": step, "asked": people})
        tx.requests.save(wider, before=request.state)
        body: Json = {"step": step, "asked": [*people], "gone": round(100 * MARKS[request.escalated])}
        ends: Json = {} if request.deadline is None else {"deadline": request.deadline.isoformat()}
        note(tx, f"request/{request.id}", "approval.escalated", now, body | ends)
        request, mark = wider, next_mark(wider)
        if mark is None:
            tell_outside(tx, request, REMINDERS, now)
    return request


def time_left(request: Request, now: datetime) -> str:
    """How long people have to decide yet, in words."""
    if request.deadline is None:
        return "no deadline"
    left = max(timedelta(0), request.deadline - now)
    return f"{duration.render(timedelta(seconds=int(left.total_seconds())))} left"


def tell_outside(tx: Tx, request: Request, audience: str, now: datetime) -> None:
    """Have those asked hear of it outside of chat, where a site wants that; it says what waits, and decides nothing."""
    title = f"{request.id} waits for an answer, {time_left(request, now)}: {request.action} on {request.target}"
    lines = (f"asked: {', '.join(request.asked)}", f"fireline approvals show {request.id}")
    send(tx, Said(audience, f"request/{request.id}", title, lines, request.asked, request.connector), now)
