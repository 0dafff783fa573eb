"""A playbook and one finding give a plan: what it would do now, and what depends on facts that only come later; pure.

A fact that no step has left yet is not guessed: what asks for it is `later`, and every way it may go is told.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from pydantic import JsonValue

from engine.authoring import Call, Value
from engine.errors import InvalidInput
from engine.expressions import Expression, Refusal, fits
from engine.model.base import Json
from engine.model.foreseen import Bound, Chance, Foreseen, ForeseenBlock, ForeseenStep
from engine.model.steps import OnFailure, WaitStep, kind_of
from engine.playbook import (
    Block,
    Compiled,
    CompiledAction,
    CompiledCall,
    CompiledForEach,
    CompiledIf,
    CompiledNotify,
    CompiledParallel,
    CompiledStep,
    CompiledSwitch,
    CompiledWhile,
    Playbook,
)
from engine.playbook_scope import EVERYWHERE, blank, fact_type, facts_after, given, outcome
from engine.playbook_words import headline


@dataclass(frozen=True)
class Judged:
    """What policy and checks say to an action now; `fails` is why it would not be done, or empty."""

    decision: Json
    fails: str = ""


Judge = Callable[[Bound], Judged]
MOST = 2000
"""Steps of one plan: loops within loops and calls within calls come to more than anybody reads."""


@dataclass(frozen=True)
class _Later:
    """An answer that depends on these facts, which nobody knows yet."""

    facts: tuple[str, ...]

    @property
    def told(self) -> str:
        return f"depends on {', '.join(f'`{name}`' for name in self.facts)}"


_Answer = JsonValue | Refusal | _Later


@dataclass(frozen=True)
class _Seen:
    """What can be told about a step besides what all steps have; `detail` says what of it is sure or depends."""

    detail: str = ""
    fails: str = ""
    bound: Bound | None = None
    decision: Json | None = None
    blocks: tuple[ForeseenBlock, ...] = ()


def foresee(playbook: Playbook, facts: Json, judge: Judge) -> Foreseen:
    """What the playbook would do for a finding; `facts` are those of finding and incident, inputs have defaults.

    Raise `InvalidInput` where that would be more than `MOST` steps.
    """
    inputs = {given(name): wanted.default for name, wanted in playbook.document.inputs.items()}
    known = {**facts, **{name: value for name, value in inputs.items() if value is not None}}
    reader = _Reader(playbook, judge, count())
    chance, why = _answers(reader, known)
    return Foreseen(
        playbook=playbook.id,
        version=playbook.version,
        digest=playbook.digest,
        answers=chance,
        why=why,
        steps=reader.block(playbook.block, known),
    )


def actions(steps: Iterable[ForeseenStep]) -> Iterator[Bound]:
    """The actions that would be asked for, whatever later facts say."""
    for step in steps:
        if step.chance is Chance.YES:
            yield from [step.bound] if step.bound else []
            for block in step.blocks:
                yield from actions(block.steps) if block.chance is Chance.YES else ()


def _answers(reader: "_Reader", known: Json) -> tuple[Chance, str]:
    """Whether a finding starts the playbook, and why not."""
    if reader.playbook.when is None:
        return Chance.NO, "it is only called by others"
    answer = reader.ask(reader.playbook.when, known)
    if isinstance(answer, Refusal):
        return Chance.FAILS, answer.reason
    return (Chance.YES, "") if answer is True else (Chance.NO, "its condition does not hold")


class _Reader:
    """Reads one playbook ahead. Facts that are declared and not known come later."""

    def __init__(self, playbook: Playbook, judge: Judge, told: Iterator[int]) -> None:
        self.playbook, self._judge, self._told = playbook, judge, told

    def ask(self, expression: Expression, known: Json) -> _Answer:
        """What an expression gives, if that can be told."""
        later = tuple(name for name in expression.asked if name not in known and name in self.playbook.facts)
        return _Later(later) if later else expression.value(self.playbook.language.prepare(known))

    def block(self, block: Block, known: Json) -> tuple[ForeseenStep, ...]:
        """Its steps, each knowing what is sure of those before; none after one that stops for sure."""
        foreseen: list[ForeseenStep] = []
        stopped, facts = "", dict(known)
        for compiled in block:
            step = self._step(compiled, facts)
            if stopped:
                step = step.model_copy(update={"chance": Chance.NO, "why": f"`{stopped}` fails before"})
            elif _stops(step):
                stopped = step.name
            foreseen.append(step)
            facts.update(_left(compiled, step))
        return tuple(foreseen)

    def _step(self, compiled: CompiledStep, known: Json) -> ForeseenStep:
        if next(self._told) >= MOST:
            raise InvalidInput(f"would come to more than {MOST} steps: too many to tell")
        wanted = self.ask(compiled.when, known)
        chance, why = _chance(wanted, f"`{compiled.when.source}`")
        seen = _Seen() if chance in (Chance.NO, Chance.FAILS) else self._seen(compiled, known)
        if fails := seen.fails or _broken(seen.blocks):
            chance, why = Chance.FAILS, fails
        handling = compiled.on_failure
        instead = handling.value if isinstance(handling, OnFailure) else self._step(handling, known)
        return ForeseenStep(
            name=compiled.step.name,
            kind=kind_of(compiled.step) or "",
            because=compiled.step.because,
            chance=chance,
            why="; ".join(part for part in (why, seen.detail) if part),
            what=f"{seen.bound.action} {seen.bound.target}" if seen.bound else headline(compiled.step),
            bound=seen.bound,
            decision=seen.decision,
            blocks=seen.blocks,
            on_failure=instead,
        )

    def _seen(self, compiled: CompiledStep, known: Json) -> _Seen:
        match compiled:
            case CompiledAction():
                return self._action(compiled.call, known, compiled.step.lease)
            case CompiledNotify():
                return self._action(compiled.call, known, None)
            case CompiledCall():
                return self._call(compiled, known)
            case CompiledParallel():
                return _Seen(blocks=self._blocks(compiled.branches, Chance.YES, known))
            case CompiledIf() | CompiledSwitch():
                return self._choice(compiled, known)
            case CompiledWhile() | CompiledForEach():
                return self._loop(compiled, known)
        return _Seen()

    def _blocks(self, blocks: Mapping[str, Block], chance: Chance, known: Json) -> tuple[ForeseenBlock, ...]:
        return tuple(
            ForeseenBlock(label=label, chance=chance, steps=self.block(block, known)) for label, block in blocks.items()
        )

    def _action(self, call: Call, known: Json, lease: timedelta | None) -> _Seen:
        values = {"target": call.target, **call.params}
        for name, value in values.items():
            later = None if value.expression is None else self.ask(value.expression, known)
            if isinstance(later, _Later):
                return _Seen(f"`{name}` {later.told}")
        params = call.bind(self.playbook.language.prepare(known))
        if isinstance(params, Refusal):
            return _Seen(fails=params.reason)
        target, typed = params.canonical_target(), params.model_dump(mode="json")
        bound = Bound(action=call.spec.id, target=target, params=typed, lease=lease)
        judged = self._judge(bound)
        return _Seen(fails=judged.fails, bound=bound, decision=judged.decision)

    def _call(self, compiled: CompiledCall, known: Json) -> _Seen:
        called, inputs, told = compiled.playbook, dict[str, JsonValue](), list[str]()
        declared = called.document.inputs
        for name, wanted in declared.items():
            value = compiled.inputs.get(name)
            answer = wanted.default if value is None else self._value(value, known)
            if (
                isinstance(answer, Refusal)
                or not isinstance(answer, _Later)
                and not fits(answer, fact_type(wanted.type))
            ):
                reason = answer.reason if isinstance(answer, Refusal) else f"is no {wanted.type}"
                return _Seen(fails=f"input `{name}`: {reason}")
            told += [f"`{name}` {answer.told}"] if isinstance(answer, _Later) else []
            inputs |= {} if isinstance(answer, _Later) else {given(name): answer}
        everywhere = {name: value for name, value in known.items() if name in EVERYWHERE}
        steps = _Reader(called, self._judge, self._told).block(called.block, {**everywhere, **inputs})
        label = f"{called.id} version {called.version}"
        return _Seen("; ".join(told), blocks=(ForeseenBlock(label=label, chance=Chance.YES, steps=steps),))

    def _value(self, value: Value, known: Json) -> _Answer:
        return value.written if value.expression is None else self.ask(value.expression, known)

    def _choice(self, compiled: CompiledIf | CompiledSwitch, known: Json) -> _Seen:
        if isinstance(compiled, CompiledIf):
            source, answer = compiled.condition.source, self.ask(compiled.condition, known)
            chosen = "then" if answer is True else "else"
        else:
            source, answer = str(compiled.value.written), self._value(compiled.value, known)
            chosen = f"case {answer}" if f"case {answer}" in compiled.blocks else "default"
        if isinstance(answer, _Later):
            return _Seen(answer.told, blocks=self._blocks(compiled.blocks, Chance.LATER, known))
        if isinstance(answer, Refusal):
            return _Seen(fails=f"`{source}`: {answer.reason}")
        taken = {label: block for label, block in compiled.blocks.items() if label == chosen}
        return _Seen(chosen if taken else "nothing to do", blocks=self._blocks(taken, Chance.YES, known))

    def _loop(self, compiled: CompiledWhile | CompiledForEach, known: Json) -> _Seen:
        return self._while(compiled, known) if isinstance(compiled, CompiledWhile) else self._items(compiled, known)

    def _while(self, compiled: CompiledWhile, known: Json) -> _Seen:
        before = dict[str, JsonValue]()
        for step in compiled.do:
            called = step.playbook.document if isinstance(step, CompiledCall) else None
            before |= blank(facts_after(step.step, called))
        first: Json = {**known, "round": 0}
        answer = self.ask(compiled.condition, {**before, **first})
        chance, why = _chance(answer, f"`{compiled.condition.source}`")
        if chance is Chance.FAILS:
            return _Seen(fails=why)
        if chance is Chance.NO:
            return _Seen(f"no round: {why}")
        return _Seen(why, blocks=self._blocks({"first round": compiled.do}, chance, first))

    def _items(self, compiled: CompiledForEach, known: Json) -> _Seen:
        answer = self._value(compiled.items, known)
        if isinstance(answer, _Later):
            return _Seen(answer.told, blocks=self._blocks({"each item": compiled.do}, Chance.LATER, known))
        if isinstance(answer, Refusal):
            return _Seen(fails=answer.reason)
        if not isinstance(answer, list) or not all(isinstance(one, str) for one in answer):
            return _Seen(fails="gave no list of text")
        if len(answer) > compiled.step.at_most:
            return _Seen(fails=f"{len(answer)} items, more than {compiled.step.at_most}")
        blocks: list[ForeseenBlock] = []
        for one in answer:
            chance = Chance.NO if _broken(blocks) and not compiled.step.together else Chance.YES
            do = {f"{compiled.step.as_} {one}": compiled.do}
            blocks += self._blocks(do, chance, {**known, compiled.item: one})
        return _Seen("" if answer else "no items", blocks=tuple(blocks))


def _stops(step: ForeseenStep) -> bool:
    return step.chance is Chance.FAILS and step.on_failure in (OnFailure.STOP, OnFailure.ROLL_BACK)


def _broken(blocks: Iterable[ForeseenBlock]) -> str:
    """Why a step fails whose blocks are these; empty where that is not sure."""
    inner = (step for block in blocks if block.chance is Chance.YES for step in block.steps)
    return next((f"`{step.name}` fails" for step in inner if _stops(step)), "")


def _chance(answer: _Answer, condition: str) -> tuple[Chance, str]:
    match answer:
        case _Later():
            return Chance.LATER, f"{condition} {answer.told}"
        case Refusal():
            return Chance.FAILS, f"{condition}: {answer.reason}"
        case True:
            return Chance.YES, ""
        case False:
            return Chance.NO, f"{condition} does not hold"
    return Chance.FAILS, f"{condition} is neither true nor false"


def _left(compiled: Compiled, step: ForeseenStep) -> Json:
    """What is sure already of what a step leaves."""
    called = compiled.playbook.document if isinstance(compiled, CompiledCall) else None
    nothing = blank(facts_after(compiled.step, called))
    told = outcome(step.name)
    if step.chance is Chance.NO:
        return {**nothing, told: "skipped"}
    if step.chance is Chance.FAILS and isinstance(step.on_failure, str):
        return {**nothing, told: "failed"}
    return {told: "done"} if isinstance(compiled.step, WaitStep) and step.chance is Chance.YES else {}
