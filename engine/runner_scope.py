"""The facts in scope at one place of a run, gathered on the way there; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from engine.authoring import Value
from engine.expressions import Expression, Expressions, Prepared, Refusal, fits
from engine.model.base import Json
from engine.model.run import Run, Visit
from engine.model.steps import InputType
from engine.playbook import CompiledCall, CompiledStep, CompiledTask, Playbook
from engine.playbook_scope import blank, fact_type, given, outcome


@dataclass
class Scope:
    """What expressions may ask at a place; steps that come after see what those before left.

    `about` names the items of the loops around. Every fact that the playbook declares is there, blank until given.
    """

    language: Expressions
    facts: Json
    about: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, playbook: Playbook, run: Run, facts: Json) -> "Scope":
        """At the playbook's first step."""
        inputs = {given(name): value for name, value in run.inputs.items()}
        return cls(playbook.language, {**blank(playbook.facts), **facts, **inputs})

    def inside(self, **more: JsonValue) -> "Scope":
        """A block within: what is left in there does not come out."""
        return Scope(self.language, {**self.facts, **more}, self.about)

    def each(self, fact: str, name: str, item: str) -> "Scope":
        """The block of a loop, for one item."""
        return Scope(self.language, {**self.facts, fact: item}, {**self.about, name: item})

    def leave(self, step: CompiledStep, visit: Visit) -> None:
        """Take in what a step that is over left."""
        self.facts[outcome(step.step.name)] = visit.state.value
        left: Mapping[str, str] = {}
        match step:
            case CompiledTask():
                found, left = visit.recorded.get("answers"), step.answers
            case CompiledCall():
                found, left = visit.recorded.get("outputs"), step.outputs
            case _:
                found = None
        values = found if isinstance(found, dict) else {}
        self.facts.update({fact: values[name] for name, fact in left.items() if name in values})

    @property
    def prepared(self) -> Prepared:
        """The facts as expressions take them."""
        return self.language.prepare(self.facts)

    def holds(self, condition: Expression) -> bool | Refusal:
        """Whether a condition holds here."""
        return condition.holds(self.prepared)

    def value(self, value: Value) -> JsonValue | Refusal:
        """What a value gives here; unlike a parameter's it may be empty."""
        return value.written if value.expression is None else value.expression.value(self.prepared)


def outputs_of(playbook: Playbook, scope: Scope) -> Json | Refusal:
    """What a run gives to who called it."""
    outputs: Json = {}
    for name, value in playbook.outputs.items():
        found = scope.value(value)
        typed = found if isinstance(found, Refusal) else as_type(found, playbook.document.outputs[name].type)
        if isinstance(typed, Refusal):
            return Refusal(f"output `{name}`: {typed.reason}")
        outputs[name] = typed
    return outputs


def as_type(value: JsonValue, wanted: InputType) -> JsonValue | Refusal:
    """The value where it is of the declared type; a whole number is a number too."""
    return value if fits(value, fact_type(wanted)) else Refusal(f"is no {wanted}")
