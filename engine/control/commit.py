"""The commit point: one transaction in which a request is checked for the last time and given leave to act.

Rules: 1. Policy, every check and freeze are asked again, as of now. 2. What authorised it must still carry it: an
approval by its digest, for a while, and while nothing material has changed; an exception while it holds; break-glass
for a while, and while all that stands against it may be overridden. 3. Blast radius is reserved in the same
transaction. 4. The leave is a signed token that goes stale.
"""

from datetime import datetime, timedelta

from engine.approvals import agreed_length, asked_length, obligations
from engine.context.reach import places_taken
from engine.control.desk import Desk
from engine.control.judge import EXCEPTIONS, Judgement, digest_of, judge, standing_against, work_of
from engine.control.moves import key_of, move_request, note
from engine.control.request_path import RequestPath, material_changes
from engine.control.runs_ending import is_taken_back
from engine.control.shares import share_is_over, shares_one
from engine.control.trips import is_held_back, trip_overdrawn
from engine.digest import owner_key
from engine.errors import EngineBug
from engine.model.base import Json
from engine.model.decision import Effect, OnExpiry
from engine.model.execution import CommitToken, Work
from engine.model.finding import VerdictKind
from engine.model.incident import Incident
from engine.model.lease import Lease, LeaseState
from engine.model.request import Request, RequestState
from engine.store.tx import Tx
from engine.validate import narrowing

TOKEN_LIFE = timedelta(seconds=10)
APPROVED_FOR = timedelta(minutes=10)
"""An approval that could not be carried out within this is asked for again: the world has moved on."""

TOLD_AHEAD = timedelta(days=30)
"""A target that ends effects by itself is told no later end than this from now; it is told again in time."""


def guard(tx: Tx, desk: Desk, request: Request, now: datetime) -> Request | None:
    """The request if it may act now; None after it was blocked, with its reason and, where possible, asked again."""
    incident = tx.incidents.get(request.incident_id)
    if incident is None:
        raise EngineBug(f"request {request.id} has no incident")
    give_back(tx, request)  # a try again must not be counted against itself
    seen = judge(tx, desk, request, incident, now, approved=request.approved)
    stopped = _stopped(desk, request, seen)
    unentitled = [] if _is_false(incident) else _unentitled(tx, request, seen, now)
    withdrawn = ["verdict: the incident is a false positive"] if _is_false(incident) else []
    withdrawn += ["run: what asked for it is taken back"] if is_taken_back(tx, request) else []
    withdrawn += [f"release: {request.taken_back}"] if request.taken_back else []
    withdrawn += [f"extension: {over}"] if (over := share_is_over(tx, request)) is not None else []
    refusals = [*stopped, *unentitled, *withdrawn]
    if not refusals:
        _clear(tx, desk, request, seen, now)
        return request
    blocked = move_request(
        tx, request, RequestState.BLOCKED, now, {"because": [*refusals]}, outcome="; ".join(refusals)
    )  # fmt: skip
    held_back = not withdrawn and _is_held_back(tx, request, seen, now)
    again = None if withdrawn else narrowing(seen.checks) if stopped and not held_back else request.params
    if again is not None and (stopped or request.approved or held_back):
        RequestPath(tx, desk, incident, now).ask_again(blocked, again, tuple(refusals))
    tx.outbox.nudge("Respond", incident.workflow_id, incident.id)
    return None


def _stopped(desk: Desk, request: Request, seen: Judgement) -> list[str]:
    """The checks that stop it; of break-glass also what else of the policy it does not override."""
    if request.break_glass:
        return [*standing_against(desk, request, seen)]
    return [f"{result.check}: {result.summary}" for result in seen.stopped_by]


def _is_held_back(tx: Tx, request: Request, seen: Judgement, now: datetime) -> bool:
    """Whether only a budget keeps it from acting by itself, which trips it; people are asked then."""
    by_itself = not request.approved and not request.break_glass
    if by_itself:
        trip_overdrawn(tx, request, seen, now)
    return by_itself and is_held_back(seen)


def _is_false(incident: Incident) -> bool:
    return incident.verdict is not None and incident.verdict.kind is VerdictKind.FALSE_POSITIVE


def _unentitled(tx: Tx, request: Request, seen: Judgement, now: datetime) -> list[str]:
    """Why what authorised the request does not carry it any more (rule 2)."""
    decision, since = seen.decision, request.authorised_at or now
    if request.break_glass:
        late = now - since > APPROVED_FOR
        return [f"break-glass: used {now - since} ago, longer than {APPROVED_FOR}"] if late else []
    if request.approved:
        changes = [f"approval: {change}" for change in material_changes(request, seen)]
        # INVARIANT: what is committed is what was approved, whatever happened to the row since.
        if _digest(request) != request.digest:
            changes.append("approval: what would be done is not what was approved")
        if request.narrowed != agreed_length(tx.votes.of(request.id)):
            changes.append("approval: it would not last as long as was approved")
        if now - since > APPROVED_FOR:
            changes.append(f"approval: given {now - since} ago, longer than {APPROVED_FOR}")
        return changes
    if request.digest is not None:
        excepted = decision.effect is Effect.ASK and decision.obligations.on_expiry is OnExpiry.ACT
        return [] if excepted else [f"exception: it no longer holds, policy now says {decision.effect}"]
    entitled = decision.effect is Effect.EXECUTE or seen.overdrawn  # which stops it, and says more
    return [] if entitled else [f"policy: now says {decision.effect}"]


def _digest(request: Request) -> str:
    """The digest of what was put to people, from the row as it now is."""
    assert request.decision is not None
    return digest_of(request, request.decision, request.checks)


def _clear(tx: Tx, desk: Desk, request: Request, seen: Judgement, now: datetime) -> None:
    """Record what was asked and answered, and set the blast radius aside (rule 3)."""
    cleared: Json = {"tier": int(seen.decision.tier), "effect": seen.decision.effect, "approved": request.digest}
    cleared |= {"checks": {check.check: check.outcome for check in seen.checks}}
    cleared |= {"policy_digest": seen.decision.policy_digest}
    cleared |= {"break_glass": True} if request.break_glass else {}
    note(tx, f"request/{request.id}", "request.cleared", now, cleared)
    charge, limits, hosts = seen.budget.charged, seen.budget.limits, places_taken(desk.context, request.target)
    beside = not shares_one(tx, request)
    counts = {"hosts": hosts, "weight": limits.weight}
    tx.budgets.reserve(request.id, charge, limits.points, request.approved, now, in_force=beside, **counts)
    if request.digest is not None and not request.approved:
        tx.budgets.reserve(_exception(request), EXCEPTIONS, 0, False, now)
        tx.budgets.ended(_exception(request))  # it counts in its window, and is never in force


def give_back(tx: Tx, request: Request) -> None:
    """Nothing came of the request (yet): forget what was set aside for it, an exception too where people were asked."""
    tx.budgets.give_back(request.id)
    if request.digest is not None:
        tx.budgets.give_back(_exception(request))


def _exception(request: Request) -> str:
    return f"{request.id}/{EXCEPTIONS}"


def issue(tx: Tx, desk: Desk, lease: Lease, request: Request, now: datetime, renews: bool = False) -> Work:
    """Sign leave for exactly this work, or to renew what stands of it, and record that it was given."""
    token = CommitToken(
        request_id=request.id,
        lease_id=lease.id,
        owner=lease.owner,
        digest=work_of(request),
        executor=lease.executor,
        not_after=now + TOKEN_LIFE,
        renews=renews,
    )
    body = {"request": request.id, "digest": token.digest, "approved": request.digest, "attempt": lease.attempts}
    note(tx, f"lease/{lease.id}", "lease.committed", now, {**body, "not_after": token.not_after.isoformat()})
    signed = desk.signer.sign(token)
    end = min(lease.expires_at or now + length(request), now + TOLD_AHEAD)
    lease = lease.model_copy(update={"committed": request.id, "committed_at": now, "told_until": end})
    tx.leases.save(lease, before=lease.state)
    return work(lease).model_copy(update={"token": signed, "expires_at": end})


def letting_go(desk: Desk, lease: Lease, keeps: bool = False) -> Work:
    """The lease's work for its release, signed so that it may give back what the effect displaced."""
    return desk.signer.vouch(work(lease).model_copy(update={"keeps": keeps}))


def work(lease: Lease) -> Work:
    """The lease's work without leave to begin it: enough to look."""
    return Work(
        action=lease.action,
        action_version=lease.action_version,
        connector=lease.connector,
        executor=lease.executor,
        target=lease.target,
        params=lease.params,
        owner=lease.owner,
        expires_at=lease.expires_at,
        snapshot=lease.snapshot,
        undo=lease.undo,
        agreed=lease.agreed,
    )


def length(request: Request) -> timedelta:
    """How long the request's share lasts: what was asked, within the ceiling, or the less that people agreed to."""
    asked = asked_length(request)
    return asked if request.narrowed is None else min(request.narrowed, asked)


def longest(request: Request) -> timedelta:
    """How long its share may last without people being asked again."""
    lasts = length(request)
    return lasts if request.narrowed is not None else max(lasts, obligations(request).ceiling)


def open_generation(tx: Tx, desk: Desk, request: Request, before: Lease | None, now: datetime) -> Lease:
    """The next generation of the effect, in state `applying`; nothing stands in the world yet."""
    key, generation = key_of(request), 1 if before is None else before.generation + 1
    lease = Lease(
        id=tx.counters.next("L"),
        key=key,
        generation=generation,
        state=LeaseState.APPLYING,
        action=request.action,
        action_version=request.action_version,
        connector=request.connector,
        executor=desk.executors[request.connector],
        target=request.target,
        params=request.params,
        owner=owner_key(key, generation),
        began_at=now,
        changed_at=now,
    )
    tx.leases.insert(lease)
    return lease
