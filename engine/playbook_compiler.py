"""From a playbook file's steps to the tree of `engine.playbook`, each expression over the facts in its scope.

In scope is what stands everywhere, the inputs, the item and round of the blocks around, and what the steps before in
the same block or a block around leave: those were certainly reached. The condition of a `while` step also sees what
the last round of its block left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import JsonValue

from engine.authoring import Reviewer, Value
from engine.expressions import Expression, Expressions, FactType, fits
from engine.model.base import Json
from engine.model.steps import (
    ActionStep,
    AnswerType,
    CallStep,
    Common,
    ForEachStep,
    IfStep,
    NotifyStep,
    OnFailure,
    ParallelStep,
    PlaybookFile,
    Step,
    SwitchStep,
    TaskStep,
    VerdictStep,
    WaitStep,
    WhileStep,
)
from engine.playbook import (
    Block,
    CompiledAction,
    CompiledCall,
    CompiledForEach,
    CompiledIf,
    CompiledNotify,
    CompiledParallel,
    CompiledStep,
    CompiledSwitch,
    CompiledTask,
    CompiledVerdict,
    CompiledWait,
    CompiledWhile,
)
from engine.playbook_library import TOO_DEEP, Library
from engine.playbook_outline import CALLS, Path
from engine.playbook_scope import ROUND, Facts, answer, fact_type, facts_after, item, output, spelling


class _Place(NamedTuple):
    """Where a block stands: in the document, in the tree, and over which facts."""

    at: Path
    path: str
    facts: Facts


class _Frame(NamedTuple):
    """What every compiled step has besides what it was written as."""

    path: str
    when: Expression
    on_failure: OnFailure | CompiledStep


@dataclass(frozen=True)
class _Site:
    """One step being compiled: its place, its frame, and a reviewer over the facts in its scope."""

    place: _Place
    frame: _Frame
    reviewer: Reviewer


class Compiler:
    """Compiles the steps of one file. `facts` grows to all that any of its expressions may ask for."""

    def __init__(self, reviewer: Reviewer, library: Library, facts: Facts) -> None:
        """`facts` stand at the file's first step."""
        self._reviewer, self._library = reviewer, library
        self.facts: dict[str, FactType] = dict(facts)
        self._choices: dict[str, Sequence[str]] = {}

    def steps(self, content: PlaybookFile) -> tuple[Block, Facts]:
        """All steps of the file, and the facts that stand at their end; what is wrong was told to the reviewer."""
        return self._block(content.steps, _Place(("steps",), "", dict(self.facts)))

    def _block(self, steps: Sequence[Step], place: _Place) -> tuple[Block, Facts]:
        compiled: list[CompiledStep] = []
        facts = dict(place.facts)
        for index, step in enumerate(steps):
            path = f"{place.path}/{step.name}" if place.path else step.name
            one = self._step(step, _Place((*place.at, index), path, dict(facts)))
            compiled += [] if one is None else [one]
            facts.update(self._after(step))
        self.facts.update(facts)
        return tuple(compiled), facts

    def _inner(self, site: _Site, steps: Sequence[Step], *at: str | int, facts: Facts | None = None) -> Block:
        place = site.place
        return self._block(steps, _Place((*place.at, *at), place.path, {**place.facts, **(facts or {})}))[0]

    def _after(self, step: Common) -> Facts:
        called = self._library.playbooks.get((step.playbook, step.version)) if isinstance(step, CallStep) else None
        return facts_after(step, None if called is None else called.document)

    def _step(self, step: Step, place: _Place) -> CompiledStep | None:
        reviewer = self._reviewer.over(Expressions(place.facts))
        reviewer.literal(step.because, *place.at, "because")
        when = reviewer.condition(step.when, *place.at, "when")
        site = _Site(place, _Frame(place.path, when, self._on_failure(step, place)), reviewer)
        if isinstance(step, ParallelStep | IfStep | SwitchStep | WhileStep | ForEachStep):
            return self._holder(step, site)
        return self._leaf(step, site)

    def _on_failure(self, step: Step, place: _Place) -> OnFailure | CompiledStep:
        handling = step.on_failure
        if isinstance(handling, OnFailure):
            return handling
        instead = _Place((*place.at, "on_failure"), f"{place.path}/{handling.name}", place.facts)
        return self._step(handling, instead) or OnFailure.STOP

    def _holder(
        self, step: ParallelStep | IfStep | SwitchStep | WhileStep | ForEachStep, site: _Site
    ) -> CompiledStep | None:
        match step:
            case ParallelStep():
                return self._parallel(step, site)
            case IfStep():
                return self._if(step, site)
            case SwitchStep():
                return self._switch(step, site)
            case WhileStep():
                return self._while(step, site)
            case ForEachStep():
                return self._for_each(step, site)

    def _leaf(
        self, step: ActionStep | TaskStep | CallStep | WaitStep | NotifyStep | VerdictStep, site: _Site
    ) -> CompiledStep | None:
        match step:
            case ActionStep():
                call = site.reviewer.call(step.action, step.target, step.params, *site.place.at)
                return None if call is None else CompiledAction(step, *site.frame, call)
            case TaskStep():
                self._choices |= {answer(step.name, asked.id): asked.choices for asked in step.questions}
                return _task(step, site)
            case CallStep():
                return self._call(step, site)
            case NotifyStep():
                return _notify(step, site)
            case WaitStep():
                return CompiledWait(step, *site.frame)
            case VerdictStep():
                return CompiledVerdict(step, *site.frame)

    def _parallel(self, step: ParallelStep, site: _Site) -> CompiledStep:
        site.reviewer.unique([branch.name for branch in step.parallel], *site.place.at, "parallel", field="name")
        branches = {
            branch.name: self._inner(site, branch.steps, "parallel", index, "steps")
            for index, branch in enumerate(step.parallel)
        }
        return CompiledParallel(step, *site.frame, branches)

    def _if(self, step: IfStep, site: _Site) -> CompiledStep:
        condition = site.reviewer.condition(step.if_, *site.place.at, "if")
        then = self._inner(site, step.then, "then")
        otherwise = self._inner(site, step.else_, "else") if step.else_ else ()
        return CompiledIf(step, *site.frame, condition, then, otherwise)

    def _switch(self, step: SwitchStep, site: _Site) -> CompiledStep:
        value = _expression(step.switch, FactType.STRING, site, "switch")
        choices = () if value.expression is None else self._choices.get(value.expression.source, ())
        for name in step.cases:
            if choices and name not in choices:
                told = f"`{name}` is none of the choices: {', '.join(choices)}"
                site.reviewer.refuse(told, *site.place.at, "cases", name, key=True)
        cases = {name: self._inner(site, block, "cases", name) for name, block in step.cases.items()}
        default = self._inner(site, step.default, "default") if step.default else ()
        return CompiledSwitch(step, *site.frame, value, cases, default)

    def _while(self, step: WhileStep, site: _Site) -> CompiledStep:
        seen = dict(site.place.facts) | dict(ROUND)
        for inner in step.do:
            seen.update(self._after(inner))
        condition = self._reviewer.over(Expressions(seen)).condition(step.while_, *site.place.at, "while")
        return CompiledWhile(step, *site.frame, condition, self._inner(site, step.do, "do", facts=ROUND))

    def _for_each(self, step: ForEachStep, site: _Site) -> CompiledStep:
        items, name = _expression(step.for_each, FactType.STRINGS, site, "for_each"), item(step.as_)
        if name in site.place.facts:
            site.reviewer.refuse(f"`{name}` is an item of a block around already", *site.place.at, "as")
        do = self._inner(site, step.do, "do", facts={name: FactType.STRING})
        return CompiledForEach(step, *site.frame, items, name, do)

    def _call(self, step: CallStep, site: _Site) -> CompiledStep | None:
        called = self._library.playbooks.get((step.playbook, step.version))
        if called is None:
            site.reviewer.refuse(self._library.missing(step.playbook, step.version), *site.place.at, "playbook")
            return None
        if called.calls_within >= CALLS:
            site.reviewer.refuse(TOO_DEEP, *site.place.at, "playbook")
        wanted = called.document.inputs
        for name, declared in wanted.items():
            if name not in step.inputs and declared.default is None:
                site.reviewer.refuse(f"`{called.id}` needs the input `{name}`", *site.place.at, "inputs")
        inputs = {}
        for name, written in step.inputs.items():
            if name in wanted:
                inputs[name] = typed(
                    site.reviewer, written, fact_type(wanted[name].type), *site.place.at, "inputs", name
                )
            else:
                site.reviewer.refuse(f"`{called.id}` has no input `{name}`", *site.place.at, "inputs", name)
        outputs = {name: output(step.name, name) for name in called.document.outputs}
        return CompiledCall(step, *site.frame, called, inputs, outputs)


_GIVING: Mapping[FactType, frozenset[str]] = {
    FactType.BOOL: frozenset({"BOOL", "DYN"}),
    FactType.INT: frozenset({"INT", "DYN"}),
    FactType.DOUBLE: frozenset({"DOUBLE", "INT", "DYN"}),
    FactType.STRING: frozenset({"STRING", "DYN"}),
    FactType.STRINGS: frozenset({"LIST<STRING>", "LIST<DYN>", "DYN"}),
}
"""What CEL calls the types that may serve; what stays dynamic is judged when it runs."""


def typed(reviewer: Reviewer, written: JsonValue, kind: FactType, *at: str | int) -> Value:
    """The literal or expression at `at`, refused where it is of another type."""
    value = reviewer.value(written, *at)
    if value.expression is None and not fits(written, kind):
        reviewer.refuse(f"must be `{kind}`", *at)
    if value.expression is not None and value.expression.gives not in _GIVING[kind]:
        reviewer.refuse(f"must give `{kind}`, this gives `{value.expression.gives}`", *at)
    return value


def _expression(written: str, kind: FactType, site: _Site, key: str) -> Value:
    at = (*site.place.at, key)
    if written.startswith("="):
        return typed(site.reviewer, written, kind, *at)
    site.reviewer.refuse(f"must be an expression that gives `{kind}`: begin it with `=`", *at)
    return Value(written)


def _task(step: TaskStep, site: _Site) -> CompiledStep:
    reviewer, at = site.reviewer, site.place.at
    reviewer.literal(step.task, *at, "task")
    reviewer.unique([spelling(question.id) for question in step.questions], *at, "questions")
    for index, question in enumerate(step.questions):
        here = (*at, "questions", index)
        reviewer.literal(question.text, *here, "text")
        if question.type is AnswerType.CHOICE and len(set(question.choices)) < max(2, len(question.choices)):
            reviewer.refuse("a choice needs two choices at least, each once", *here, "choices")
        if question.type is not AnswerType.CHOICE and question.choices:
            reviewer.refuse(f"only a choice has choices, this is `{question.type}`", *here, "choices")
    return CompiledTask(step, *site.frame, {asked.id: answer(step.name, asked.id) for asked in step.questions})


_NOTICE = {"target": "notify", "to": "notify", "text": "text", "severity": "severity"}


def _notify(step: NotifyStep, site: _Site) -> CompiledStep | None:
    told = len(site.reviewer.problems)
    for index, name in enumerate(step.notify):
        site.reviewer.literal(name, *site.place.at, "notify", index)
    if len(site.reviewer.problems) > told:
        return None
    params: Json = {"text": step.text, "to": [*step.notify], "severity": step.severity.value}
    call = site.reviewer.call("notify", "= incident.id", params, *site.place.at, beside=_NOTICE)
    return None if call is None else CompiledNotify(step, *site.frame, call)
