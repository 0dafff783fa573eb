"""From an incident's new findings to requested actions."""

from collections.abc import Sequence
from datetime import datetime

from engine.control.desk import Desk
from engine.control.moves import note
from engine.control.request_path import RequestPath
from engine.control.review_queue import queue_finding
from engine.facts import finding_facts
from engine.lifecycle import is_final
from engine.model.finding import Finding, Severity
from engine.model.incident import Incident
from engine.model.playbook import PlannedStep, PlanRefused
from engine.model.request import Request, RequestState
from engine.model.review import ReviewKind
from engine.planner import build_plan
from engine.store.tx import Tx

AT_ONCE = 50
"""Findings planned in one transaction: everything else waits for the writer meanwhile."""


def plan_new(tx: Tx, desk: Desk, incident: Incident, now: datetime) -> Incident:
    """Plan each finding once, the oldest first; what an earlier one already asked for is not asked for again."""
    done = set(incident.planned_ids)
    fresh = [finding_id for finding_id in incident.finding_ids if finding_id not in done][:AT_ONCE]
    if not fresh:
        return incident
    planned = incident.model_copy(update={"planned_ids": (*incident.planned_ids, *fresh)})
    tx.incidents.save(planned)
    path, asked = RequestPath(tx, desk, planned, now), list(tx.requests.of(incident.id))
    for finding_id in fresh:
        finding = tx.findings.get(finding_id)
        if finding is not None:
            asked += _plan(path, finding, asked)
    return planned


def is_planned(incident: Incident) -> bool:
    """Whether no finding waits to be planned."""
    return len(incident.planned_ids) == len(incident.finding_ids)


def _plan(path: RequestPath, finding: Finding, asked: Sequence[Request]) -> list[Request]:
    """What this finding newly asks for, besides `asked`."""
    subject = f"incident/{path.incident.id}"
    plan = build_plan(path.desk.playbooks, path.incident, finding, finding_facts(finding, path.incident))
    if isinstance(plan, PlanRefused):
        note(path.tx, subject, "plan.refused", path.now, {"finding": finding.id, "because": plan.reason})
        queue_finding(path.tx, finding, ReviewKind.REFUSED_PLAN, plan.reason, path.now)
        return []
    steps: list[str] = [f"{step.playbook}@{step.version}: {step.action} {step.target}" for step in plan]
    note(path.tx, subject, "plan.built", path.now, {"finding": finding.id, "steps": [*steps]})
    if finding.severity.rank >= Severity.HIGH.rank and not any(step.action in path.desk.routes for step in plan):
        because = "no connector here can do what its playbook asks for" if plan else "no playbook answers it"
        queue_finding(path.tx, finding, ReviewKind.UNANSWERED, because, path.now)
    opened: list[Request] = []
    for step in plan:
        if step.action not in path.desk.routes:
            note(path.tx, subject, "step.unroutable", path.now, {"action": step.action, "target": step.target})
        elif not any(_covers(request, step, finding) for request in (*asked, *opened)):
            opened.append(path.open(_request(path, finding, step)))
    return opened


SETTLED = frozenset(RequestState) - {RequestState.ENDED, RequestState.BLOCKED, RequestState.FAILED}
"""States in which a request answers later findings of the same kind too: asked again they would only repeat it."""


def _covers(request: Request, step: PlannedStep, finding: Finding) -> bool:
    """Whether the step was asked for before, and this finding says nothing stronger."""
    if (request.action, request.target) != (step.action, step.target) or request.state not in SETTLED:
        return False
    if not is_final(request.state):
        return True
    facts = {} if request.decision is None else request.decision.facts
    same = (finding.detector, finding.detector_version) == (
        facts.get("finding.detector"),
        facts.get("finding.detector_version"),
    )
    before = facts.get("finding.confidence")
    return same and isinstance(before, float | int) and (finding.confidence or 0.0) <= before


def _request(path: RequestPath, finding: Finding, step: PlannedStep) -> Request:
    spec = path.desk.specs.get(step.action)
    assert spec is not None  # build_plan refuses the whole plan for an unknown action
    return Request(
        id=path.tx.counters.next("AR"),
        incident_id=path.incident.id,
        state=RequestState.REQUESTED,
        action=step.action,
        action_version=spec.version,
        connector=path.desk.connector(step.action),
        target=step.target,
        params=step.params,
        lease=step.lease,
        requester=finding.submitter or f"detector:{finding.detector}@{finding.detector_version}",
        person=False,
        reason=step.because,
        step=f"{step.playbook}@{step.version}/{step.step}",
        finding_id=finding.id,
        requested_at=path.now,
        changed_at=path.now,
    )
