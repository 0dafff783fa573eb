"""Deciding again what is in force, before its time is up: an attacker who waits for the end finds none (operations 4).

Rules: 1. Only on an open incident that nobody refuted, and once a term. 2. What policy and checks would have done now
at no higher a tier is kept in force for another term, within its ceiling. 3. Where that is not so, or a length was
agreed to or named, or the ceiling is reached, people are asked; they see what it would prolong. 4. What policy or a
check stops now ends as it was to end; so do an interim, what broke the glass, and what a person wanted for so long.
5. Whatever came of it is an entry.
"""

from datetime import datetime

from engine.control.commit import length
from engine.control.desk import Desk
from engine.control.holders import extend, is_fixed, retime, standing
from engine.control.judge import Judgement, judge
from engine.control.moves import note
from engine.control.prolonging import ask_more
from engine.control.runs_ending import is_taken_back
from engine.control.shares import under_way
from engine.model.base import Json
from engine.model.decision import Effect
from engine.model.finding import VerdictKind
from engine.model.incident import Incident, IncidentState
from engine.model.lease import Holder, Lease
from engine.model.request import Request
from engine.store.tx import Tx


def decide_again(tx: Tx, desk: Desk, lease: Lease, now: datetime) -> Lease:
    """Every share whose time for it has come; the lease as it then ends."""
    for holder in standing(tx, lease):
        if holder.again_at is not None and holder.again_at <= now < holder.expires_at:
            _decide(tx, desk, holder, now)
    return retime(tx, lease)


def _decide(tx: Tx, desk: Desk, holder: Holder, now: datetime) -> None:
    done = holder.model_copy(update={"again_at": None})
    tx.holders.save(done)
    request, incident = tx.requests.get(holder.request_id), tx.incidents.get(holder.incident_id)
    if request is None or incident is None or not _is_on(tx, request, incident):
        return
    if desk.specs.get(request.action) is None:
        _record(tx, holder, now, {"answer": "ends", "because": f"there is no action `{request.action}` any more"})
        return
    seen = judge(tx, desk, request, incident, now, approved=request.approved)
    because = _ends(seen)
    if because is not None:
        _record(tx, holder, now, {"answer": "ends", "because": because})
    elif _may_stay(request, holder, seen):
        _keep(tx, desk, done, request, now)
    else:
        _ask(tx, desk, holder, request, now)


def _is_on(tx: Tx, request: Request, incident: Incident) -> bool:
    """Whether it is to be decided again at all (rules 1 and 4)."""
    refuted = incident.verdict is not None and incident.verdict.kind is not VerdictKind.TRUE_POSITIVE
    bridging = request.interim_for is not None or request.break_glass or is_taken_back(tx, request)
    wished = request.person and request.lease is not None
    return incident.state is IncidentState.OPEN and not (refuted or bridging or wished)


def _ends(seen: Judgement) -> str | None:
    """Why it would not be done now, by anybody's leave; its own share of the budget is not held against it."""
    stopped = [result.summary for result in seen.stopped_by if result.check != "budget"]
    if stopped:
        return "; ".join(stopped)
    allowed = seen.decision.effect in (Effect.EXECUTE, Effect.ASK)
    return None if allowed else f"policy now says {seen.decision.effect}"


def _may_stay(request: Request, holder: Holder, seen: Judgement) -> bool:
    decided = request.decision
    equal = decided is not None and seen.decision.tier <= decided.tier and seen.decision.effect is Effect.EXECUTE
    return equal and not is_fixed(request) and holder.expires_at < holder.ceiling_at


def _keep(tx: Tx, desk: Desk, holder: Holder, request: Request, now: datetime) -> None:
    """Another term, or what the ceiling leaves of it, after whose share it is decided again."""
    longer, share = extend(tx, holder, length(request)), desk.policy.document.leases.decide_again
    term = longer.expires_at - holder.expires_at
    again = None if share is None else longer.expires_at - (1 - share) * term
    tx.holders.save(longer.model_copy(update={"again_at": again}))
    _record(tx, holder, now, {"answer": "kept", "until": longer.expires_at.isoformat()})


def _ask(tx: Tx, desk: Desk, holder: Holder, request: Request, now: datetime) -> None:
    if under_way(tx, holder) is not None:
        return
    because = f"{request.id} ends at {holder.expires_at.isoformat(timespec='seconds')}, and its incident is open"
    asked_by: dict[str, object] = {"requester": request.requester, "person": request.person, "reason": because}
    asked = ask_more(tx, desk, holder, length(request), now, **asked_by)
    _record(tx, holder, now, {"answer": "asked", "request": asked.id, "state": asked.state})


def _record(tx: Tx, holder: Holder, now: datetime, answer: Json) -> None:
    note(tx, f"lease/{holder.lease_id}", "lease.decided_again", now, {"request": holder.request_id, **answer})
