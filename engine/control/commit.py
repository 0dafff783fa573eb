"""The commit point: one transaction in which a request is checked for the last time and given leave to act.

Rules: 1. Policy, every check and freeze are asked again, as of now. 2. What was approved is what is committed, by
digest. 3. Blast radius is reserved in the same transaction. 4. The leave is a signed token that goes stale.
"""

from datetime import datetime, timedelta

from engine.approvals import obligations
from engine.control.desk import Desk
from engine.control.judge import EXCEPTIONS, digest_of, judge, work_of
from engine.control.moves import key_of, move_request, note
from engine.control.request_path import RequestPath, new_request
from engine.digest import owner_key
from engine.errors import EngineBug
from engine.model.base import Json
from engine.model.decision import Effect
from engine.model.execution import CommitToken, Work
from engine.model.finding import VerdictKind
from engine.model.lease import Lease, LeaseState
from engine.model.request import Request, RequestState
from engine.store.tx import Tx
from engine.validate import narrowing

TOKEN_LIFE = timedelta(seconds=10)


def guard(tx: Tx, desk: Desk, request: Request, now: datetime) -> Request | None:
    """The request if it may act now; None after it was blocked, with its reason and, where possible, a narrower one."""
    incident = tx.incidents.get(request.incident_id)
    if incident is None:
        raise EngineBug(f"request {request.id} has no incident")
    asked = request.digest is not None
    # A try again must not be counted against itself.
    tx.budgets.give_back(request.id)
    seen = judge(tx, desk, request, incident, now, approved=request.approved)
    refusals = [f"{result.check}: {result.summary}" for result in seen.stopped_by]
    if incident.verdict is not None and incident.verdict.kind is VerdictKind.FALSE_POSITIVE:
        refusals.append("verdict: the incident is a false positive")
    allowed = {Effect.EXECUTE, Effect.ASK} if asked else {Effect.EXECUTE}
    if seen.decision.effect not in allowed:
        refusals.append(f"policy: now says {seen.decision.effect}")
    # INVARIANT: what is committed is what was approved, whatever happened to the row since.
    if asked and _digest(request) != request.digest:
        refusals.append("approval: what would be done is not what was approved")
    if refusals:
        _block(tx, desk, request, refusals, narrowing(seen.checks), now)
        return None
    cleared: Json = {"tier": int(seen.decision.tier), "effect": seen.decision.effect, "approved": request.digest}
    cleared |= {"checks": {check.check: check.outcome for check in seen.checks}}
    cleared |= {"policy_digest": seen.decision.policy_digest}
    note(tx, f"request/{request.id}", "request.cleared", now, cleared)
    tx.budgets.reserve(request.id, seen.budget, seen.points, request.approved, now)
    if asked and not request.approved:
        tx.budgets.reserve(f"{request.id}/{EXCEPTIONS}", EXCEPTIONS, 0, False, now)
    return request


def _digest(request: Request) -> str:
    """The digest of what was put to people, from the row as it now is."""
    assert request.decision is not None
    return digest_of(request, request.decision, request.checks)


def _block(tx: Tx, desk: Desk, request: Request, refusals: list[str], narrower: Json | None, now: datetime) -> None:
    why = "; ".join(refusals)
    blocked = move_request(tx, request, RequestState.BLOCKED, now, {"because": [*refusals]}, outcome=why)
    incident = tx.incidents.get(blocked.incident_id)
    assert incident is not None
    if narrower is not None and blocked.re_asks < 2:
        fresh = new_request(
            blocked, tx.counters.next("AR"), now,
            params=narrower, supersedes=blocked.id, re_asks=blocked.re_asks + 1, difference=tuple(refusals),
        )  # fmt: skip
        RequestPath(tx, desk, incident, now).open(fresh)
    tx.outbox.nudge("Respond", incident.workflow_id, incident.id)


def issue(tx: Tx, desk: Desk, lease: Lease, request: Request, now: datetime) -> Work:
    """Sign leave for exactly this work, and record that it was given."""
    token = CommitToken(
        request_id=request.id,
        lease_id=lease.id,
        owner=lease.owner,
        digest=work_of(request),
        executor=lease.executor,
        not_after=now + TOKEN_LIFE,
    )
    body = {"request": request.id, "digest": token.digest, "approved": request.digest, "attempt": lease.attempts}
    note(tx, f"lease/{lease.id}", "lease.committed", now, {**body, "not_after": token.not_after.isoformat()})
    signed = desk.signer.sign(token)
    end = lease.expires_at or now + length(request)
    lease = lease.model_copy(update={"committed": request.id, "told_until": end})
    tx.leases.save(lease, before=lease.state)
    return work(lease).model_copy(update={"token": signed, "expires_at": end})


def work(lease: Lease) -> Work:
    """The lease's work without leave to begin it: enough to look, and to release."""
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
    )


def length(request: Request) -> timedelta:
    """How long the request's share lasts: what was asked, within the ceiling."""
    wanted = obligations(request)
    return wanted.lease if request.lease is None else min(request.lease, wanted.ceiling)


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
