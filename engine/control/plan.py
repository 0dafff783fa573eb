"""From an incident's new findings to playbooks that are carried out for them."""

from collections.abc import Sequence
from datetime import datetime

from engine.control.desk import Desk
from engine.control.moves import note
from engine.control.request_path import RequestPath
from engine.control.review_queue import queue_finding
from engine.control.runs import run_facts
from engine.control.runs_orders import start_run
from engine.expressions import Refusal
from engine.model.base import Json
from engine.model.finding import Finding, Severity
from engine.model.incident import Incident
from engine.model.playbook import PlanRefused
from engine.model.review import ReviewKind
from engine.playbook import CompiledAction, CompiledCall, Playbook, walk
from engine.playbook_scope import blank, given
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
    path = RequestPath(tx, desk, planned, now)
    for finding_id in fresh:
        finding = tx.findings.get(finding_id)
        if finding is not None:
            _plan(path, finding)
    return planned


def is_planned(incident: Incident) -> bool:
    """Whether no finding waits to be planned."""
    return len(incident.planned_ids) == len(incident.finding_ids)


def answering(
    playbooks: Sequence[Playbook], incident: Incident, finding: Finding, facts: Json
) -> tuple[Playbook, ...] | PlanRefused:
    """The playbooks that answer a finding, in order; one whose condition has no answer refuses all of them."""
    found: list[Playbook] = []
    for playbook in playbooks:
        inputs = {given(name): value for name, value in _inputs(playbook).items()}
        asked = playbook.language.prepare({**blank(playbook.facts), **facts, **inputs})
        answers = False if playbook.when is None else playbook.when.holds(asked)
        if isinstance(answers, Refusal):
            return PlanRefused(
                reason=f"{incident.id}, finding `{finding.id}`: playbook `{playbook.id}`: {answers.reason}"
            )
        found += [playbook] if answers else []
    return tuple(found)


def _inputs(playbook: Playbook) -> Json:
    return {name: wanted.default for name, wanted in playbook.document.inputs.items()}


def _plan(path: RequestPath, finding: Finding) -> None:
    """Start what answers this finding."""
    subject = f"incident/{path.incident.id}"
    plan = answering(path.desk.playbooks, path.incident, finding, run_facts(finding, path.incident))
    if isinstance(plan, PlanRefused):
        note(path.tx, subject, "plan.refused", path.now, {"finding": finding.id, "because": plan.reason})
        queue_finding(path.tx, finding, ReviewKind.REFUSED_PLAN, plan.reason, path.now)
        return
    runs: Json = {start_run(path, one, finding, _inputs(one)).id: f"{one.id}@{one.version}" for one in plan}
    note(path.tx, subject, "plan.built", path.now, {"finding": finding.id, "runs": runs})
    if finding.severity.rank >= Severity.HIGH.rank and not any(_can_act(path.desk, playbook) for playbook in plan):
        because = "no connector here can do what its playbook asks for" if plan else "no playbook answers it"
        queue_finding(path.tx, finding, ReviewKind.UNANSWERED, because, path.now)


def _can_act(desk: Desk, playbook: Playbook) -> bool:
    """Whether a connector is there for any action of the playbook, or of one that it calls."""
    steps = list(walk(playbook.block))
    acts = any(isinstance(step, CompiledAction) and step.call.spec.id in desk.routes for step in steps)
    return acts or any(isinstance(step, CompiledCall) and _can_act(desk, step.playbook) for step in steps)
