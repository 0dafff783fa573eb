"""What people ask for directly: an action, a release, an extension, a verdict.

Every function takes the authenticated principal and raises `Denied` where their roles do not cover it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.control.desk import Desk
from engine.control.holders import extend, nudge_incident, retime, standing
from engine.control.hypothetical import parse_params
from engine.control.lifting import incidents_of, require_uninvolved
from engine.control.moves import note
from engine.control.request_path import RequestPath
from engine.control.withdrawal import withdraw
from engine.correlate import open_manual
from engine.errors import Denied, InvalidInput, NotFound
from engine.model.base import Json
from engine.model.decision import Tier
from engine.model.evidence import Waiver
from engine.model.finding import Verdict, VerdictKind
from engine.model.incident import Incident
from engine.model.lease import Holder, Lease, LeaseState
from engine.model.principal import Principal, Role
from engine.model.request import Request, RequestState
from engine.store.tx import Tx


def require_role(principal: Principal, *roles: Role) -> None:
    """Raise `Denied` unless the person has one of these roles, or is an administrator."""
    if not {Role.ADMIN, *roles} & set(principal.roles):
        raise Denied(f"`{principal.id}` is not allowed to do this: it takes {' or '.join(roles)}")


@dataclass(frozen=True)
class Wanted:
    """The action a person asks for, as they typed it."""

    action: str
    target: str
    params: Json
    lease: timedelta | None
    reason: str
    without_evidence: str = ""
    """Why the target may be destroyed though nothing of it was taken down; empty where it may not."""


def request_action(tx: Tx, desk: Desk, principal: Principal, wanted: Wanted, now: datetime) -> Request:
    """A person's own request: no confidence, the same policy and checks, in an incident of its own."""
    require_role(principal, Role.RESPONDER)
    incident, request = open_request(tx, desk, principal, wanted, now)
    opened = RequestPath(tx, desk, incident, now).open(request)
    tx.outbox.nudge("Respond", incident.workflow_id, incident.id)
    return opened


def open_request(tx: Tx, desk: Desk, principal: Principal, wanted: Wanted, now: datetime) -> tuple[Incident, Request]:
    """A new incident for what a person asks for, and the request, about which nothing is decided yet."""
    if not wanted.reason.strip():
        raise InvalidInput("a reason is needed: say why with --reason")
    if wanted.lease is not None and wanted.lease <= timedelta(0):
        raise InvalidInput("a lease must be longer than nothing")
    params, spec = parse_params(desk.specs, wanted.action, wanted.target, wanted.params), desk.specs.get(wanted.action)
    assert spec is not None  # parse_params refuses an unknown action
    incident = _open(tx, principal, wanted, now)
    request = Request(
        id=tx.counters.next("AR"),
        incident_id=incident.id,
        state=RequestState.REQUESTED,
        action=spec.id,
        action_version=spec.version,
        connector=desk.connector(spec.id),
        target=params.canonical_target(),
        params=params.model_dump(mode="json"),
        lease=wanted.lease,
        requester=principal.id,
        person=True,
        reason=wanted.reason,
        evidence_waiver=_waiver(principal, wanted),
        requested_at=now,
        changed_at=now,
    )
    return incident, request


def _waiver(principal: Principal, wanted: Wanted) -> Waiver | None:
    reason = wanted.without_evidence.strip()
    return Waiver(owner=principal.id, reason=reason) if reason else None


def _open(tx: Tx, principal: Principal, wanted: Wanted, now: datetime) -> Incident:
    title = f"{wanted.action} {wanted.target}: {wanted.reason}"
    incident = open_manual(tx.counters.next("INC"), principal.id, title, now)
    tx.incidents.insert(incident)
    body: Json = {"by": principal.id, "reason": wanted.reason}
    note(tx, f"incident/{incident.id}", "incident.opened", now, body, principal.signature)
    return incident


def release_lease(tx: Tx, principal: Principal, lease_id: str, reason: str, now: datetime) -> Lease:
    """End an effect now, for all its holders; an analyst's release of a tier-2 action is a veto."""
    require_role(principal, Role.ANALYST, Role.RESPONDER)
    if not reason.strip():
        raise InvalidInput("a reason is needed: say why with --reason")
    lease = tx.leases.get(lease_id)
    if lease is None:
        raise NotFound(f"there is no lease `{lease_id}`")
    require_uninvolved(tx, principal, incidents_of(tx, lease))
    if lease.state in (LeaseState.APPLYING, LeaseState.UNKNOWN):
        return _withdraw(tx, lease, reason, principal, now)
    if lease.state not in (LeaseState.ACTIVE, LeaseState.DRIFTED):
        raise Denied(f"{lease.id} is {lease.state}: only an effect in force can be released")
    _leave(tx, standing(tx, lease), reason, principal, now)
    tx.outbox.nudge("Lease", lease.key, lease.key)
    return lease


def _withdraw(tx: Tx, lease: Lease, reason: str, principal: Principal, now: datetime) -> Lease:
    """It may take effect any moment: whoever holds it then lets go at once, and nothing is begun again for anybody."""
    withdrawn = lease.model_copy(update={"withdrawn": True})
    tx.leases.save(withdrawn, before=lease.state)
    note(tx, f"lease/{lease.id}", "lease.withdrawn", now, {"reason": reason}, principal.signature)
    for request in tx.requests.waiting_for(lease.key):
        tx.requests.save(request.model_copy(update={"taken_back": reason}), before=request.state)
        note(tx, f"request/{request.id}", "request.taken_back", now, {"reason": reason}, principal.signature)
    tx.outbox.nudge("Lease", lease.key, lease.key)
    return withdrawn


def _leave(tx: Tx, holders: Iterable[Holder], reason: str, principal: Principal, now: datetime) -> None:
    for holder in holders:
        request = tx.requests.get(holder.request_id)
        tier = None if request is None or request.decision is None else request.decision.tier
        left = "vetoed" if tier is Tier.TELL else "withdrawn"
        tx.holders.save(holder.model_copy(update={"left_at": now, "left_why": left}))
        body: Json = {"lease": holder.lease_id, "why": left, "reason": reason}
        note(tx, f"request/{holder.request_id}", "lease.left", now, body, principal.signature)


def extend_lease(tx: Tx, principal: Principal, lease_id: str, by: timedelta, reason: str, now: datetime) -> Lease:
    """Let an effect last longer, within the ceiling that policy set when it was decided."""
    require_role(principal, Role.RESPONDER)
    if by <= timedelta(0):
        raise InvalidInput("an extension must be longer than nothing")
    if not reason.strip():
        raise InvalidInput("a reason is needed: say why with --reason")
    lease = tx.leases.get(lease_id)
    if lease is None:
        raise NotFound(f"there is no lease `{lease_id}`")
    last = max(standing(tx, lease), key=lambda holder: holder.expires_at, default=None)
    if lease.state is not LeaseState.ACTIVE or last is None:
        ending = "about to be released" if lease.state is LeaseState.ACTIVE else lease.state
        raise Denied(f"{lease.id} is {ending}: only an effect in force can be extended")
    if last.expires_at + by > last.ceiling_at:
        raise Denied(f"{lease.id} may last until {last.ceiling_at.isoformat()} at the longest; ask people with --ask")
    longer = extend(tx, last, by)
    body: Json = {"until": longer.expires_at.isoformat(), "reason": reason}
    note(tx, f"lease/{lease.id}", "lease.extended", now, body, principal.signature)
    tx.outbox.nudge("Lease", lease.key, lease.key)
    return retime(tx, lease)


def give_verdict(
    tx: Tx, principal: Principal, incident_id: str, kind: VerdictKind, reason: str, now: datetime
) -> Incident:
    """Judge an incident; a false positive withdraws all it asked for and all it holds."""
    require_role(principal, Role.ANALYST)
    if not reason.strip():
        raise InvalidInput("a reason is needed: say why with --reason")
    incident = tx.incidents.get(incident_id)
    if incident is None:
        raise NotFound(f"there is no incident `{incident_id}`")
    if kind is VerdictKind.FALSE_POSITIVE:
        require_uninvolved(tx, principal, [incident.id])
    verdict = Verdict(kind=kind, principal=principal.id, reason=reason, at=now)
    judged = incident.model_copy(update={"verdict": verdict})
    tx.incidents.save(judged, before=incident.state)
    tx.verdicts.put(f"incident/{incident.id}", verdict)
    note(tx, f"incident/{incident.id}", "incident.verdict", now, {"kind": kind, "reason": reason}, principal.signature)
    if kind is VerdictKind.FALSE_POSITIVE:
        withdraw(tx, judged, reason, principal.signature, now)
    nudge_incident(tx, incident.id)
    return judged
