"""A playbook in words: what each step does in one line, and the whole as a tree."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
    OnFailure,
    ParallelStep,
    SwitchStep,
    TaskStep,
    VerdictStep,
    WaitStep,
    WhileStep,
    kind_of,
)
from engine.playbook import Block, Compiled, CompiledStep, Playbook


@dataclass(frozen=True)
class Branch:
    """A node of the tree: its own lines, and what stands below it."""

    lines: Sequence[str]
    below: "Sequence[Branch]" = ()


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


def on_failure(step: Common) -> str:
    """What its failure means, where that is a word."""
    return step.on_failure.value.replace("_", " ") if isinstance(step.on_failure, OnFailure) else ""


def tell(playbook: Playbook) -> Iterator[str]:
    """The whole playbook, a line each."""
    yield from _head(playbook)
    yield from draw(_block(playbook.block))


def draw(branches: Sequence[Branch], indent: str = "") -> Iterator[str]:
    """A tree's lines."""
    for number, branch in enumerate(branches, start=1):
        last = number == len(branches)
        first, rest = ("└─ ", "   ") if last else ("├─ ", "│  ")
        for index, line in enumerate(branch.lines):
            bar = ("│  " if branch.below else "   ") if index else ""
            yield f"{indent}{rest if index else first}{bar}{line}"
        yield from draw(branch.below, indent + rest)


def _head(playbook: Playbook) -> Iterator[str]:
    document = playbook.document
    yield f"playbook `{playbook.id}` version {playbook.version}, owner {document.owner}, digest {playbook.digest[:16]}"
    yield " ".join(document.description.split())
    yield "called by others only" if document.when is None else f"answers: {document.when}"
    for told, listing in (
        ("ATT&CK", document.techniques),
        ("D3FEND", document.countermeasures),
        ("never", document.never),
    ):
        if listing:
            yield f"{told}: {', '.join(listing)}"
    for name, given in document.inputs.items():
        default = "" if given.default is None else f", else {shown(given.default)}"
        yield f"input {name}: {given.type}{default} ({given.because})"
    for name, output in document.outputs.items():
        yield f"output {name}: {output.type}, {shown(output.value)}"


def _block(block: Block) -> list[Branch]:
    return [_step(step) for step in block]


def _step(compiled: CompiledStep, begin: str = "") -> Branch:
    below = [Branch([label], _block(block)) for label, block in compiled.blocks.items()]
    handling = compiled.on_failure
    if not isinstance(handling, OnFailure):
        below.append(_step(handling, "on failure: "))
    return Branch([f"{begin}{compiled.step.name}: {headline(compiled.step)}", *_common(compiled)], below)


def _common(compiled: Compiled) -> Iterator[str]:
    step = compiled.step
    yield f"because {step.because}"
    if step.when != "true":
        yield f"when {step.when}"
    said = [f"fails after {render(step.timeout)}"] if step.timeout else []
    if isinstance(step.on_failure, OnFailure) and step.on_failure is not OnFailure.STOP:
        said.append(f"on failure: {on_failure(step)}")
    if said:
        yield "; ".join(said)
