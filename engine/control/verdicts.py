"""People's judgements of findings, incidents and actions: rows and ledger entries, and what they teach.

The newest per subject and person stands. Nobody judges what they are a party to: a finding they fed by hand, an action
they asked for; and a bot judges nothing, for it would earn its own detectors autonomy.
"""

from datetime import datetime

from engine.control.desk import Desk
from engine.control.doors import give_verdict, release_lease, require_role
from engine.control.learning import teach_action, teach_finding, teach_incident, teach_overrides
from engine.control.moves import note
from engine.errors import Denied, EngineBug, InvalidInput, NotFound
from engine.model.base import Json
from engine.model.feedback import ActionVerdict, ActionVerdictKind
from engine.model.finding import Finding, Verdict, VerdictKind
from engine.model.incident import Incident
from engine.model.lease import Lease
from engine.model.principal import Principal, Role
from engine.model.request import Request
from engine.store.tx import Tx


def judge_finding(
    tx: Tx, desk: Desk, principal: Principal, finding_id: str, kind: VerdictKind, reason: str, now: datetime
) -> Verdict:
    """Judge a finding; a false positive that is all its incident rests on withdraws the incident as well."""
    finding = tx.findings.get(finding_id)
    if finding is None:
        raise NotFound(f"there is no finding `{finding_id}`")
    require_judge(principal, finding)
    _require_reason(reason)
    verdict = Verdict(kind=kind, principal=principal.id, reason=reason, at=now)
    tx.verdicts.put(f"finding/{finding.id}", verdict)
    note(tx, f"finding/{finding.id}", "finding.verdict", now, {"kind": kind, "reason": reason}, principal.signature)
    incident = tx.incidents.get(tx.findings.incident_of(finding.id) or "")
    if incident is None:
        raise EngineBug(f"finding {finding.id} has no incident")
    if kind is VerdictKind.FALSE_POSITIVE and incident.finding_ids == (finding.id,):
        _withdraw(tx, desk, principal, incident, reason, now)
    teach_finding(tx, desk, finding, now)
    return verdict


def judge_incident(
    tx: Tx, desk: Desk, principal: Principal, incident_id: str, kind: VerdictKind, reason: str, now: datetime
) -> Incident:
    """Judge an incident; a false positive withdraws all it asked for and all it holds.

    Who fed one of its findings by hand may say so as well, and teaches nothing by it.
    """
    _require_person(principal)
    before = tuple(tx.requests.of(incident_id))
    judged = give_verdict(tx, principal, incident_id, kind, reason, now)
    teach_incident(tx, desk, judged, now)
    if kind is VerdictKind.FALSE_POSITIVE:
        teach_overrides(tx, desk, before, now)
    return judged


def judge_action(
    tx: Tx, desk: Desk, principal: Principal, request_id: str, kind: ActionVerdictKind, reason: str, now: datetime
) -> Request:
    """Judge an action that was carried out."""
    request = tx.requests.get(request_id)
    if request is None:
        raise NotFound(f"there is no request `{request_id}`")
    _require_person(principal)
    require_role(principal, Role.ANALYST)
    if principal.id == request.requester:
        raise Denied(f"`{principal.id}` asked for {request.id}, so may not judge it")
    _require_reason(reason)
    if request.lease_id is None:
        raise Denied(f"{request.id} is {request.state} and was never carried out: judge its finding or incident")
    verdict = ActionVerdict(kind=kind, principal=principal.id, reason=reason, at=now)
    tx.action_verdicts.put(request.id, verdict)
    body: Json = {"kind": kind, "reason": reason, "action": request.action, "target": request.target}
    note(tx, f"request/{request.id}", "request.verdict", now, body, principal.signature)
    teach_action(tx, desk, request, now)
    return request


def release_by_hand(tx: Tx, desk: Desk, principal: Principal, lease_id: str, reason: str, now: datetime) -> Lease:
    """End an effect now; whose effects are ended by hand too often loses their autonomy."""
    lease = release_lease(tx, principal, lease_id, reason, now)
    held = (tx.requests.get(holder.request_id) for holder in tx.holders.of(lease.id))
    teach_overrides(tx, desk, [request for request in held if request is not None], now)
    return lease


def require_judge(principal: Principal, finding: Finding) -> None:
    """Raise `Denied` unless this person may judge the finding."""
    require_analyst(principal)
    if principal.id == finding.submitter:
        raise Denied(f"`{principal.id}` submitted {finding.id}, so may not judge it")


def require_analyst(principal: Principal) -> None:
    """Raise `Denied` unless this is a person who judges."""
    _require_person(principal)
    require_role(principal, Role.ANALYST)


def _require_person(principal: Principal) -> None:
    if principal.bot:
        raise Denied(f"`{principal.id}` is a bot, and judging takes a person")


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput("a reason is needed: say why with --reason")


def _withdraw(tx: Tx, desk: Desk, principal: Principal, incident: Incident, reason: str, now: datetime) -> None:
    before = tuple(tx.requests.of(incident.id))
    give_verdict(tx, principal, incident.id, VerdictKind.FALSE_POSITIVE, reason, now)
    teach_overrides(tx, desk, before, now)
