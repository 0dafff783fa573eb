"""How a visit begins: what is found once and for all, and what has to be carried out for it; pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from engine.expressions import Refusal
from engine.model.base import Json
from engine.model.run import Visit, VisitState
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
)
from engine.runner_moves import Ask, Call, Judge, Order, Put
from engine.runner_scope import Scope, as_type


@dataclass(frozen=True)
class Opening:
    """The beginning of a visit; with another state than `begun` it is its end as well."""

    state: VisitState = VisitState.BEGUN
    because: str = ""
    recorded: Json = field(default_factory=dict)
    until: datetime | None = None
    order: Order | None = None


def open_step(step: CompiledStep, scope: Scope, now: datetime) -> Opening:
    """Begin a step, or leave it out; what its expressions cannot answer is its failure."""
    wanted = scope.holds(step.when)
    if isinstance(wanted, Refusal):
        return _failed(f"`when`: {wanted.reason}")
    return _open(step, scope, now) if wanted else Opening(VisitState.SKIPPED)


def _open(step: CompiledStep, scope: Scope, now: datetime) -> Opening:
    match step:
        case CompiledAction() | CompiledNotify():
            return _ask(step, scope)
        case CompiledTask():
            return Opening(order=Put(step.step, scope.about))
        case CompiledCall():
            return _call(step, scope)
        case CompiledWait():
            return Opening(until=now + step.step.wait)
        case CompiledVerdict():
            said = step.step.verdict
            return Opening(VisitState.DONE, recorded={"verdict": said}, order=Judge(said))
        case _:
            return _choose(step, scope)


def _choose(step: CompiledStep, scope: Scope) -> Opening:
    """What a step with blocks has to find out before the first of them."""
    match step:
        case CompiledIf():
            return _if(step, scope)
        case CompiledSwitch():
            return _switch(step, scope)
        case CompiledForEach():
            return _for_each(step, scope)
        case _:
            return Opening()


def _failed(why: str) -> Opening:
    return Opening(VisitState.FAILED, why)


def _ask(step: CompiledAction | CompiledNotify, scope: Scope) -> Opening:
    params = step.call.bind(scope.prepared)
    if isinstance(params, Refusal):
        return _failed(params.reason)
    lease = step.step.lease if isinstance(step, CompiledAction) else None
    return Opening(order=Ask(step.call.spec, params, lease))


def _call(step: CompiledCall, scope: Scope) -> Opening:
    declared = step.playbook.document.inputs
    inputs: Json = {name: wanted.default for name, wanted in declared.items()}
    for name, value in step.inputs.items():
        found = value.resolve(scope.prepared)
        typed = found if isinstance(found, Refusal) else as_type(found, declared[name].type)
        if isinstance(typed, Refusal):
            return _failed(f"input `{name}`: {typed.reason}")
        inputs[name] = typed
    return Opening(recorded={"inputs": inputs}, order=Call(step.playbook, inputs))


def _if(step: CompiledIf, scope: Scope) -> Opening:
    holds = scope.holds(step.condition)
    return _failed(f"`if`: {holds.reason}") if isinstance(holds, Refusal) else Opening(recorded={"holds": holds})


def _switch(step: CompiledSwitch, scope: Scope) -> Opening:
    value = scope.value(step.value)
    if isinstance(value, Refusal):
        return _failed(f"`switch`: {value.reason}")
    return Opening(recorded={"value": value}) if isinstance(value, str) else _failed("`switch`: gave no text")


def _for_each(step: CompiledForEach, scope: Scope) -> Opening:
    found = scope.value(step.items)
    if isinstance(found, Refusal):
        return _failed(f"`for_each`: {found.reason}")
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        return _failed("`for_each`: gave no list of texts")
    if len(found) > step.step.at_most:
        return _failed(f"`for_each`: {len(found)} items, where at most {step.step.at_most} were in mind")
    return Opening(recorded={"items": [*found]})


def blocks_within(step: CompiledStep, visit: Visit, scope: Scope) -> Iterator[tuple[str, Block, Scope]]:
    """The blocks that this visit carries out, each with the beginning of its paths and what is known in it."""
    match step:
        case CompiledIf():
            name = "then" if visit.recorded["holds"] else "else"
            yield f"{visit.path}/{name}/", step.then if visit.recorded["holds"] else step.otherwise, scope.inside()
        case CompiledSwitch():
            yield _chosen(step, visit, scope)
        case CompiledParallel():
            for name, block in step.branches.items():
                yield f"{visit.path}/branch[{name}]/", block, scope.inside()
        case CompiledForEach():
            for number, item in enumerate(_items(visit)):
                yield f"{visit.path}/each[{number}]/", step.do, scope.each(step.item, step.step.as_, item)


def _chosen(step: CompiledSwitch, visit: Visit, scope: Scope) -> tuple[str, Block, Scope]:
    names = [*step.cases]
    value = visit.recorded["value"]
    if value in names:
        return f"{visit.path}/case[{names.index(value)}]/", step.cases[value], scope.inside()
    return f"{visit.path}/default/", step.default, scope.inside()


def _items(visit: Visit) -> list[str]:
    items = visit.recorded["items"]
    assert isinstance(items, list)
    return [str(item) for item in items]
