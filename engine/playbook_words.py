"""What a step of a playbook does, in one line."""

import json
from functools import singledispatch

from pydantic import JsonValue

from engine.duration import render
from engine.model.steps import (
    ActionStep,
    CallStep,
    Common,
    ForEachStep,
    IfStep,
    NotifyStep,
    ParallelStep,
    SwitchStep,
    TaskStep,
    VerdictStep,
    WaitStep,
    WhileStep,
    kind_of,
)


@singledispatch
def headline(step: Common) -> str:
    """What a step does, without its name and common fields."""
    return kind_of(step) or ""


@headline.register
def _(step: ActionStep) -> str:
    params = f" with {listed(step.params)}" if step.params else ""
    lease = f" for {render(step.lease)}" if step.lease else ""
    return f"{step.action} {shown(step.target)}{params}{lease}"


@headline.register
def _(step: ParallelStep) -> str:
    return f"{len(step.parallel)} branches side by side"


@headline.register
def _(step: IfStep) -> str:
    return f"if {step.if_}"


@headline.register
def _(step: SwitchStep) -> str:
    return f"by {shown(step.switch)}"


@headline.register
def _(step: WhileStep) -> str:
    return f"while {step.while_}, every {render(step.every)}, {step.at_most} times at most"


@headline.register
def _(step: ForEachStep) -> str:
    together = " together" if step.together else ""
    return f"for each {step.as_} of {shown(step.for_each)}{together}, {step.at_most} at most"


@headline.register
def _(step: TaskStep) -> str:
    asked = f"; asked: {', '.join(f'{one.id} ({one.type})' for one in step.questions)}" if step.questions else ""
    return f"task for {', '.join(step.groups) or 'whoever is on call'}: {step.task}{asked}"


@headline.register
def _(step: CallStep) -> str:
    given = f" with {listed(step.inputs)}" if step.inputs else ""
    return f"playbook {step.playbook} version {step.version}{given}"


@headline.register
def _(step: WaitStep) -> str:
    return f"wait {render(step.wait)}"


@headline.register
def _(step: NotifyStep) -> str:
    return f"notify {', '.join(step.notify)}: {shown(step.text)}"


@headline.register
def _(step: VerdictStep) -> str:
    return f"verdict {step.verdict}"


def shown(value: JsonValue) -> str:
    """A literal as it is, an expression without its mark."""
    if isinstance(value, str):
        return value.removeprefix("=").strip() if value.startswith("=") else value
    return json.dumps(value, ensure_ascii=False)


def listed(values: dict[str, JsonValue]) -> str:
    """Names and values on one line."""
    return ", ".join(f"{name} {shown(value)}" for name, value in values.items())
