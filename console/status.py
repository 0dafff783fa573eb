"""The state of everything in one look, for a shift change at three in the morning."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from pydantic import JsonValue

from console.budget_views import trip_view
from console.feedback_views import review_view, use_view
from console.page_views import behind_view, page_view, undelivered
from console.run_views import task_view
from console.views import freeze_view, lease_view, stamp
from engine import governance
from engine.approvals import obligations, tally
from engine.control.break_glass import unreviewed
from engine.control.desk import Desk
from engine.control.exhausted import Exhausted, exhausted, full_segments
from engine.control.sick_rooms import behind
from engine.expiring import Ending, endings
from engine.model.base import Json
from engine.model.governance import Proposal, ProposalState
from engine.model.lease import Lease, LeaseState
from engine.model.page import PageState
from engine.model.request import Request, RequestState
from engine.store.tx import Tx

UNDELIVERED = 1000
"""How many of the oldest messages are looked at."""
TROUBLED = (LeaseState.STUCK, LeaseState.UNKNOWN, LeaseState.DRIFTED)


def status_view(tx: Tx, desk: Desk, now: datetime, rooms: Sequence[str] = ()) -> Json:
    """What is in force and ends next, who is waited for, what is stuck, frozen, over budget, sick."""
    leases = sorted(tx.leases.live(), key=lambda lease: (lease.expires_at is None, lease.expires_at or now))
    asked = tx.requests.all([RequestState.AWAITING_APPROVAL])
    return {
        "at": stamp(now),
        "policy": {"name": desk.policy.name, "digest": desk.policy.digest},
        "in_force": [lease_view(lease, tx.holders.of(lease.id)) for lease in leases],
        "ends_next": None if not leases else _end(leases[0]),
        "waiting_for": [_waiting(tx, desk, request, now) for request in asked],
        "proposals": [_proposal(tx, desk, proposal) for proposal in tx.governance.proposals(ProposalState.OPEN)],
        "tasks": [task_view(task, now) for task in sorted(tx.tasks.open(), key=lambda task: task.deadline)],
        "queued": [request.id for request in tx.requests.all([RequestState.QUEUED])],
        "reviews": [review_view(review, now) for review in sorted(tx.reviews.waiting(), key=lambda one: one.deadline)],
        "sick_sources": [source.model_dump(mode="json") for source in tx.sources.all() if source.ailments],
        "stuck": [lease_view(lease) for lease in _troubled(leases)],
        "pages": [page_view(page) for page in tx.pages.standing() if page.state is PageState.OPEN],
        "frozen": [freeze_view(one, now) for one in tx.freezes.active(now)],
        "break_glass": [use_view(one, now) for one in unreviewed(tx)],
        "stale_context": [one.model_dump(mode="json") for one in desk.context.sources() if one.is_stale(now)],
        "stale_flows": _stale_flows(desk, now),
        "undelivered": [*undelivered(tx.messages.waiting(UNDELIVERED)), *map(behind_view, behind(tx, rooms))],
        "over_budget": [over.model_dump(mode="json") for over in _over_budget(tx, desk, now)],
        "tripped": [trip_view(tx, desk, trip) for trip in tx.trips.standing().values()],
        "ending": [_ending(ending) for ending in endings(desk.policy.document, now)],
        "connectors": [health.model_dump(mode="json") for health in tx.connectors.all()],
        "dead_letters": tx.dead_letters.count(),
    }


def _stale_flows(desk: Desk, now: datetime) -> list[JsonValue]:
    """One line where nobody recorded traffic lately: nobody knows what an effect would cut."""
    covered = desk.context.flow_coverage(now - desk.look_back, now)
    stale = desk.policy.document.look_back.is_gap(covered.newest, now)
    return [covered.model_dump(mode="json")] if stale else []


def _over_budget(tx: Tx, desk: Desk, now: datetime) -> Iterator[Exhausted]:
    yield from exhausted(tx, desk.policy, now)
    yield from full_segments(tx, desk.policy, desk.context, now)


def _troubled(leases: Sequence[Lease]) -> list[Lease]:
    """What does not go as it should, releases that are stuck before all else."""
    found = (lease for lease in leases if lease.state in TROUBLED or lease.attempts > 1)
    return sorted(found, key=lambda lease: lease.state is not LeaseState.STUCK)


def _end(lease: Lease) -> Json:
    return {"id": lease.id, "action": lease.action, "target": lease.target, "at": stamp(lease.expires_at)}


def _ending(ending: Ending) -> Json:
    return {
        "id": ending.id,
        "section": ending.section,
        "owner": ending.owner,
        "expires_at": stamp(ending.expires_at),
        "state": "ended, counts no more" if ending.ended else "ends soon",
    }


def _proposal(tx: Tx, desk: Desk, proposal: Proposal) -> Json:
    people = {person.id: person for person in desk.people.all()}
    return {
        "id": proposal.id,
        "kind": proposal.kind,
        "label": proposal.label,
        "proposer": proposal.proposer,
        "missing": governance.tally(proposal, tx.votes.of(proposal.id), people).missing,
        "groups": [*proposal.groups],
        "deadline": stamp(proposal.deadline),
    }


def _waiting(tx: Tx, desk: Desk, request: Request, now: datetime) -> Json:
    wanted = obligations(request)
    people = {person.id: person for person in desk.people.all()}
    count = tally(wanted, tx.votes.of(request.id), people)
    on_call = {person.id for group in wanted.groups for person in desk.people.on_call(group, now)}
    return {
        "id": request.id,
        "action": request.action,
        "target": request.target,
        "missing": count.missing,
        "groups": [*wanted.groups],
        "on_call": [*sorted(on_call)],
        "deadline": stamp(request.deadline),
    }
