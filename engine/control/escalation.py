"""Who is asked, and who is asked next while time runs out: recorded, and shown to whoever looks."""

from datetime import datetime

from engine.approvals import obligations
from engine.control.desk import Desk
from engine.control.moves import note
from engine.model.base import Json
from engine.model.request import Request
from engine.store.tx import Tx

MARKS = (0.25, 0.5, 0.75)
"""Shares of the time to decide after which the circle widens (design 4)."""


def asked_people(desk: Desk, request: Request, step: int, now: datetime) -> tuple[str, ...]:
    """Who is asked at a step: 0 and 1 those on call, 2 everybody in the groups, 3 whoever may approve at all.

    Whoever is away is asked last, and rather than nobody.
    """
    groups, away = obligations(request).groups, desk.people.absent(now)
    people = {person.id: person for person in desk.people.all() if not person.bot and person.id != request.requester}
    on_call = {person.id for group in groups for person in desk.people.on_call(group, now)} & people.keys()
    members = {name for name, person in people.items() if set(groups) & set(person.groups)}
    approvers = {name for name, person in people.items() if "approver" in person.roles}
    everybody = members | approvers
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
        people = asked_people(desk, request, step, now)
        wider = request.model_copy(update={"escalated": step, "asked": people})
        tx.requests.save(wider, before=request.state)
        body: Json = {"step": step, "asked": [*people]}
        note(tx, f"request/{request.id}", "approval.escalated", now, body)
        request, mark = wider, next_mark(wider)
    return request
