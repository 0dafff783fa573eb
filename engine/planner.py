"""Playbooks bound to one finding of an incident give a plan; pure, and all or nothing."""

from collections.abc import Sequence

from engine.expressions import Prepared, Refusal
from engine.model.base import Json
from engine.model.finding import Finding
from engine.model.incident import Incident
from engine.model.playbook import PlannedStep, PlanRefused
from engine.playbook import CompiledAction, CompiledNotify, CompiledStep, Playbook

_UNKNOWN: Json = {"incident.verdict": ""}


def build_plan(
    playbooks: Sequence[Playbook], incident: Incident, finding: Finding, facts: Json
) -> tuple[PlannedStep, ...] | PlanRefused:
    """The steps of every playbook that answers this finding, in order; none matching is an empty plan.

    A condition without an answer, a value that facts do not give, or one that the action does not accept refuses the
    whole plan before its first step.
    """
    plan: list[PlannedStep] = []
    for playbook in playbooks:
        steps = _bind(playbook, facts)
        if isinstance(steps, Refusal):
            return PlanRefused(
                reason=f"{incident.id}, finding `{finding.id}`: playbook `{playbook.id}`: {steps.reason}"
            )
        plan.extend(steps)
    return tuple(plan)


def _bind(playbook: Playbook, facts: Json) -> list[PlannedStep] | Refusal:
    if playbook.when is None:
        return []
    prepared = playbook.language.prepare({**_UNKNOWN, **facts})
    answers = playbook.when.holds(prepared)
    if answers is not True:
        return answers or []
    steps: list[PlannedStep] = []
    for compiled in playbook.block:
        step = _step(playbook, compiled, prepared)
        if isinstance(step, Refusal):
            return Refusal(f"step `{compiled.step.name}`: {step.reason}")
        if step is not None:
            steps.append(step)
    return steps


def _step(playbook: Playbook, compiled: CompiledStep, facts: Prepared) -> PlannedStep | Refusal | None:
    if not isinstance(compiled, CompiledAction | CompiledNotify):
        return Refusal("this kind of step has no place in a plan made at once")
    wanted = compiled.when.holds(facts)
    if wanted is not True:
        return wanted or None
    params = compiled.call.bind(facts)
    if isinstance(params, Refusal):
        return params
    return PlannedStep(
        playbook=playbook.id,
        version=playbook.document.version,
        digest=playbook.digest,
        step=compiled.step.name,
        action=compiled.call.spec.id,
        target=params.canonical_target(),
        params=params.model_dump(mode="json"),
        lease=compiled.step.lease if isinstance(compiled, CompiledAction) else None,
        because=compiled.step.because,
    )
