"""Which facts stand where in a playbook, and what they are called in its expressions."""

import re
from collections.abc import Mapping

from pydantic import JsonValue

from engine.expressions import FactType
from engine.fact_table import NOTHING, PLAN_FACTS
from engine.model.steps import AnswerType, CallStep, Common, InputType, PlaybookFile, TaskStep

Facts = Mapping[str, FactType]

EVERYWHERE: Facts = {**{name: kind for name, (kind, _) in PLAN_FACTS.items()}, "incident.verdict": FactType.STRING}
"""What every expression of a playbook may ask; `incident.verdict` is its kind, or empty."""

ROUND: Facts = {"round": FactType.INT}
"""What stands besides in a `while` step's condition and block: which round it is, from 0."""

_ANSWERS: Mapping[AnswerType, FactType] = {
    AnswerType.YES_NO: FactType.BOOL,
    AnswerType.NUMBER: FactType.DOUBLE,
    AnswerType.TEXT: FactType.STRING,
    AnswerType.CHOICE: FactType.STRING,
}
_KEYWORDS = frozenset({"in", "true", "false", "null"})


def spelling(name: str) -> str:
    """A name as CEL can say it: `-` and `.` become `_`, which also goes before a digit or one of CEL's own words."""
    said = re.sub(r"[-.]", "_", name)
    return f"_{said}" if said[0].isdigit() or said in _KEYWORDS else said


def outcome(step: str) -> str:
    """The fact that says what became of a step: `done`, `observed`, `failed` or `skipped`; empty if not reached."""
    return f"step.{spelling(step)}.outcome"


def given(name: str) -> str:
    """The fact that holds an input."""
    return f"input.{spelling(name)}"


def item(name: str) -> str:
    """The fact that holds the item of a `for_each` step."""
    return f"each.{spelling(name)}"


def answer(step: str, question: str) -> str:
    """The fact that holds an answer to a task's question."""
    return f"answer.{spelling(step)}.{spelling(question)}"


def output(step: str, name: str) -> str:
    """The fact that holds an output of a called playbook."""
    return f"output.{spelling(step)}.{spelling(name)}"


def input_facts(content: PlaybookFile) -> Facts:
    """The facts that hold a playbook's inputs."""
    return {given(name): fact_type(wanted.type) for name, wanted in content.inputs.items()}


def facts_after(step: Common, called: PlaybookFile | None) -> Facts:
    """What the steps after this one may ask about it; `called` is what a call calls, if that is known."""
    facts = {outcome(step.name): FactType.STRING}
    if isinstance(step, TaskStep):
        facts |= {answer(step.name, question.id): _ANSWERS[question.type] for question in step.questions}
    if isinstance(step, CallStep) and called is not None:
        facts |= {output(step.name, name): fact_type(given.type) for name, given in called.outputs.items()}
    return facts


def fact_type(declared: InputType) -> FactType:
    """The type of the fact that holds an input or output."""
    return FactType(declared.value)


def blank(facts: Facts) -> dict[str, JsonValue]:
    """Each of these facts as long as nothing gave it: the step before was not reached, did nothing, or failed."""
    return {name: NOTHING[kind] for name, kind in facts.items()}
