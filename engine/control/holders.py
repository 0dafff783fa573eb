"""Who holds an effect: joining it, leaving it, and what that means for the requests behind."""

from datetime import datetime, timedelta

from engine.control.commit import guard, length, longest
from engine.control.desk import Desk
from engine.control.interim import hold_on, meant, next_step
from engine.control.moves import move_request, note
from engine.control.widening import widen
from engine.lifecycle import is_final
from engine.model.base import Json
from engine.model.finding import VerdictKind
from engine.model.lease import Holder, Lease, LeaseState
from engine.model.request import Request, RequestState
from engine.spread import spread
from engine.store.tx import Tx

LEFT = {"ended": RequestState.ENDED, "vetoed": RequestState.VETOED, "withdrawn": RequestState.WITHDRAWN}
"""Why a holder left, and the state its request then takes."""


def standing(tx: Tx, lease: Lease) -> list[Holder]:
    """The holders that keep the effect in force."""
    return [holder for holder in tx.holders.of(lease.id) if holder.left_at is None]


def hold(tx: Tx, desk: Desk, lease: Lease, request: Request, at: datetime, now: datetime) -> Lease:
    """Give the request its share of the effect that stands since `at`."""
    terms, ceiling = desk.policy.document.leases, longest(request)
    lasts = spread(lease.id, length(request), length(request) if is_fixed(request) else ceiling, terms.spread)
    again = None if terms.decide_again is None else at + terms.decide_again * lasts
    holder = Holder(
        request_id=request.id,
        lease_id=lease.id,
        incident_id=request.incident_id,
        expires_at=at + lasts,
        ceiling_at=at + ceiling,
        again_at=again,
    )
    if request.taken_back or _is_false(tx, request):
        holder = holder.model_copy(update={"left_at": now, "left_why": "withdrawn"})
    tx.holders.insert(holder)
    body: Json = {"lease": lease.id, "until": holder.expires_at.isoformat(), "executor": lease.executor}
    body |= {"prolongs": True} if _prolongs(holder, lease) else {}
    move_request(tx, request, RequestState.HELD, now, body, lease_id=lease.id)
    # Where nothing follows in its run, the run's end is noted when the incident is next looked at.
    if request.interim_for is not None or request.goes_on:
        nudge_incident(tx, request.incident_id)
    return retime(tx, lease)


def _prolongs(holder: Holder, lease: Lease) -> bool:
    """Whether an effect in force ends later by this share."""
    return lease.expires_at is not None and holder.left_at is None and holder.expires_at > lease.expires_at


def is_fixed(request: Request) -> bool:
    """Whether its length was agreed to, or wished: nothing but people may then make it longer."""
    return request.digest is not None or request.break_glass or request.lease is not None


def _is_false(tx: Tx, request: Request) -> bool:
    incident = tx.incidents.get(request.incident_id)
    verdict = None if incident is None else incident.verdict
    return verdict is not None and verdict.kind is VerdictKind.FALSE_POSITIVE


def join_waiting(tx: Tx, desk: Desk, lease: Lease, now: datetime) -> Lease:
    """Let authorised requests share the effect where they want exactly it; anything else would be a new decision."""
    for request in tx.requests.waiting_for(lease.key):
        if not fits(lease, request) and _only_its_interims(tx, lease, request):
            # What people approved takes the place of what bridged the wait: that is released, this is next.
            leave_all(tx, lease, now)
        elif not fits(lease, request):
            widen(tx, desk, lease, request, now)
        elif guard(tx, desk, request, now) is not None:
            lease = hold(tx, desk, lease, request, now, now)
    return lease


def _only_its_interims(tx: Tx, lease: Lease, request: Request) -> bool:
    """Whether everything that holds the lease was asked for only until `request` was decided."""
    requests = tx.requests.of(request.incident_id)
    by_id = {other.id: other for other in requests}
    holders = [by_id.get(holder.request_id) for holder in standing(tx, lease)]
    return all(holder is not None and meant(requests, holder) == request for holder in holders)


def fits(lease: Lease, request: Request) -> bool:
    """Whether the request wants exactly this effect."""
    return request.params == lease.params and request.action_version == lease.action_version


def leave_all(tx: Tx, lease: Lease, now: datetime) -> None:
    """Everybody lets go: the lease's next step releases the effect."""
    for holder in standing(tx, lease):
        tx.holders.save(holder.model_copy(update={"left_at": now, "left_why": "ended"}))


def leave_due(tx: Tx, lease: Lease, now: datetime, everyone: str = "") -> Lease:
    """Let go of holders whose time is up; the last one's request waits for the release itself."""
    if not everyone:
        _hold_on(tx, lease, now)
    for holder in standing(tx, lease):
        if everyone or holder.expires_at <= now:
            tx.holders.save(holder.model_copy(update={"left_at": now, "left_why": "ended"}))
    if everyone or standing(tx, lease):
        end_left(tx, lease, now, everyone or "its share is over, others still hold the effect")
    return retime(tx, lease)


def _hold_on(tx: Tx, lease: Lease, now: datetime) -> None:
    """Take the steps that are overdue: nobody may have been there in time."""
    due = [holder for holder in standing(tx, lease) if holder.expires_at <= now]
    for step in [next_step(tx, holder, now) for holder in due]:
        if step is not None:
            hold_on(tx, step, now)


def end_left(tx: Tx, lease: Lease, now: datetime, why: str) -> None:
    """Finish the requests of holders that have left."""
    holders = tx.holders.of(lease.id)
    for holder in [one for one in holders if one.left_at is not None]:
        request = tx.requests.get(holder.request_id)
        if request is not None and request.state is RequestState.HELD:
            move_request(tx, request, LEFT[holder.left_why], now, {"lease": lease.id, "because": why}, outcome=why)
            tx.budgets.ended(request.id)
            tx.budgets.hand_over([one.request_id for one in holders if one.left_at is None])
            nudge_incident(tx, request.incident_id)


def let_go(tx: Tx, request: Request, left: str, reason: str, actor: str, now: datetime) -> None:
    """Have one request leave the effect it holds (`LEFT` says as what); others' shares stay (I8)."""
    holder = tx.holders.get(request.id)
    if request.state is not RequestState.HELD or holder is None or holder.left_at is not None:
        return
    tx.holders.save(holder.model_copy(update={"left_at": now, "left_why": left}))
    body: Json = {"lease": holder.lease_id, "why": left, "reason": reason}
    note(tx, f"request/{request.id}", "lease.left", now, body, actor)
    lease = tx.leases.get(holder.lease_id)
    if lease is None or is_final(lease.state):
        return
    if standing(tx, lease):
        end_left(tx, lease, now, reason)
        retime(tx, lease)
    tx.outbox.nudge("Lease", lease.key, lease.key)


IN_TURN_WITHIN = timedelta(minutes=1)
"""How long a release waits at most for those before it."""


def in_turn(tx: Tx, lease: Lease, now: datetime) -> datetime | None:
    """Until when an effect that nobody holds waits for those released before it; None where it goes now."""
    before = [one for one in map(tx.leases.get, lease.after) if one is not None]
    since = max((holder.left_at or now for holder in tx.holders.of(lease.id)), default=now)
    until = min(since + IN_TURN_WITHIN, lease.expires_at or now)
    return until if now < until and any(_is_going(tx, one) for one in before) else None


def _is_going(tx: Tx, lease: Lease) -> bool:
    """Whether it is soon over: not stuck, and held by nobody."""
    return not is_final(lease.state) and lease.state is not LeaseState.STUCK and not standing(tx, lease)


def call_next(tx: Tx, lease: Lease) -> None:
    """Have those look again that waited for this release."""
    for follower in map(tx.leases.get, lease.before):
        if follower is not None and not is_final(follower.state):
            tx.outbox.nudge("Lease", follower.key, follower.key)


def retime(tx: Tx, lease: Lease) -> Lease:
    """Have the lease end with its last holder."""
    ends = [holder.expires_at for holder in standing(tx, lease)]
    if not ends or max(ends) == lease.expires_at:
        return lease
    later = lease.model_copy(update={"expires_at": max(ends)})
    tx.leases.save(later, before=lease.state)
    return later


def nudge_incident(tx: Tx, incident_id: str) -> None:
    """Have the incident's workflow look again."""
    incident = tx.incidents.get(incident_id)
    if incident is not None:
        tx.outbox.nudge("Respond", incident.workflow_id, incident.id)


def extend(tx: Tx, holder: Holder, by: timedelta) -> Holder:
    """A later end for one holder, within its ceiling; the caller has checked who asks."""
    end = min(holder.expires_at + by, holder.ceiling_at)
    again = None if holder.again_at is None else holder.again_at + (end - holder.expires_at)
    longer = holder.model_copy(update={"expires_at": end, "again_at": again})
    tx.holders.save(longer)
    return longer
