"""Conditions and values in CEL over declared facts: type-checked when a file is read, never trusted when they run.

Rules: 1. An undeclared fact, a syntax error or a wrong type refuses the file, at its position. 2. Whatever goes wrong
at run time is a `Refusal`, a value that says why; nothing here raises on any facts. 3. A condition that is not exactly
a boolean is a refusal. 4. A fact of another type than declared is withheld, so that what asks for it is refused; so is
text with a NUL or a lone surrogate, which the CEL library would cut short or choke on.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cel_expr_python import cel  # type: ignore[import-untyped]
from pydantic import JsonValue

from engine.documents import Position
from engine.errors import InvalidInput
from engine.model.base import Json

SOURCE_LIMIT = 10_000
"""Characters of one expression; CEL itself refuses nesting beyond 32 levels and loops beyond its iteration budget."""

_BATCH_LIMIT = 90_000
_STATUS = re.compile(r"^[A-Z_]+: | \[[A-Z_]+\]$")
_COMPLAINT = re.compile(r"ERROR: <input>:(\d+):(\d+): ([^\n]*)")


class FactType(StrEnum):
    """The types a declared fact can have."""

    BOOL = "bool"
    INT = "int"
    DOUBLE = "double"
    STRING = "string"
    STRINGS = "list(string)"
    OBJECT = "map(string, dyn)"


class Wants(StrEnum):
    """What an expression is for: a condition, or a value for a parameter."""

    BOOL = "bool"
    VALUE = "value"


@dataclass(frozen=True)
class Refusal:
    """An expression that gave no usable answer."""

    reason: str


_CEL_TYPES: Mapping[FactType, cel.Type] = {
    FactType.BOOL: cel.Type.BOOL,
    FactType.INT: cel.Type.INT,
    FactType.DOUBLE: cel.Type.DOUBLE,
    FactType.STRING: cel.Type.STRING,
    FactType.STRINGS: cel.Type.List(cel.Type.STRING),
    FactType.OBJECT: cel.Type.Map(cel.Type.STRING, cel.Type.DYN),
}


class Prepared:
    """Facts checked against their declarations once, for any number of evaluations."""

    def __init__(self, env: cel.Env, data: Mapping[str, JsonValue]) -> None:
        """`data` holds only facts that fit their declared types."""
        self.activation = env.Activation(data)


class Expression:
    """One compiled expression."""

    def __init__(self, source: str, compiled: cel.Expression) -> None:
        """Made by `Expressions.compile` only."""
        self.source, self._compiled = source, compiled

    def value(self, facts: Prepared) -> JsonValue | Refusal:
        """What it gives, as plain data."""
        return _run(self._compiled, facts)

    def holds(self, facts: Prepared) -> bool | Refusal:
        """Whether it holds, for a condition."""
        answer = self.value(facts)
        return answer if isinstance(answer, bool | Refusal) else Refusal(f"gave {_kind(answer)}, not true or false")


class Conditions:
    """Conditions that are asked together: as one CEL list, which is several times faster than one by one.

    An error poisons the whole list; then each is asked singly, so that only the faulty one is refused.
    """

    def __init__(self, singles: Sequence[Expression], together: cel.Expression | None) -> None:
        """Made by `Expressions.together` only."""
        self._singles, self._together = tuple(singles), together

    def evaluate(self, facts: Prepared) -> list[bool | Refusal]:
        """Each condition's answer, in order."""
        answers = None if self._together is None else _run(self._together, facts)
        if isinstance(answers, list) and all(isinstance(answer, bool) for answer in answers):
            return [answer is True for answer in answers]
        return [single.holds(facts) for single in self._singles]


class Expressions:
    """Compiles expressions over one set of declared facts."""

    def __init__(self, declared: Mapping[str, FactType]) -> None:
        """`declared` maps qualified names (`asset.criticality`) to their types."""
        self._declared = dict(declared)
        self._env = cel.NewEnv(variables={name: _CEL_TYPES[kind] for name, kind in declared.items()})

    def compile(self, source: str, wants: Wants, at: Position) -> Expression:
        """The expression, checked; raise `InvalidInput` at the character of the file that is wrong."""
        if len(source) > SOURCE_LIMIT:
            raise at.error(f"an expression may have at most {SOURCE_LIMIT} characters")
        try:
            compiled = self._env.compile(source)
        except RuntimeError as error:
            raise _complaint(str(error), at) from error
        if wants is Wants.BOOL and compiled.return_type() not in (cel.Type.BOOL, cel.Type.DYN):
            raise at.error(f"a condition must be true or false, this is `{compiled.return_type().name()}`")
        return Expression(source, compiled)

    def together(self, conditions: Sequence[Expression]) -> Conditions:
        """Compiled conditions as one question."""
        # A source is valid by itself, so it cannot close the bracket; the line break ends a comment in it.
        source = "[" + ",".join(f"({condition.source}\n)" for condition in conditions) + "]"
        compiled = self._env.compile(source) if conditions and len(source) <= _BATCH_LIMIT else None
        return Conditions(conditions, compiled)

    def prepare(self, facts: Json) -> Prepared:
        """The facts that fit their declarations; the others are withheld (rule 4)."""
        kinds = self._declared
        return Prepared(self._env, {name: v for name, v in facts.items() if name in kinds and _fits(v, kinds[name])})


def _run(compiled: cel.Expression, facts: Prepared) -> JsonValue | Refusal:
    try:
        value = compiled.eval(facts.activation)
        answer = value.plain_value()
    except (RuntimeError, UnicodeError, ValueError, TypeError, OverflowError) as error:
        return Refusal(_first_line(str(error)))
    if value.type() in (cel.Type.ERROR, cel.Type.UNKNOWN):
        return Refusal(_first_line(str(answer)))
    return answer if _is_json(answer) else Refusal(f"gave {value.type().name()}, which is no plain value")


def _fits(value: JsonValue, kind: FactType) -> bool:
    match kind:
        case FactType.BOOL:
            return isinstance(value, bool)
        case FactType.INT:
            return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53
        case FactType.DOUBLE:
            return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        case FactType.STRING:
            return isinstance(value, str) and _is_sound(value)
        case FactType.STRINGS:
            return isinstance(value, list) and all(isinstance(text, str) and _is_sound(text) for text in value)
        case FactType.OBJECT:
            return isinstance(value, dict) and _is_json(value)


def _is_json(value: object) -> bool:
    match value:
        case str():
            return _is_sound(value)
        case bool() | None:
            return True
        case int():
            return abs(value) < 2**53
        case float():
            return math.isfinite(value)
        case list():
            return all(map(_is_json, value))
        case dict():
            return all(isinstance(key, str) and _is_sound(key) and _is_json(item) for key, item in value.items())
    return False


def _is_sound(text: str) -> bool:
    if text.isascii():
        return "\0" not in text
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _kind(value: JsonValue) -> str:
    return "nothing" if value is None else f"a value of type {type(value).__name__}"


def _first_line(text: str) -> str:
    return _STATUS.sub("", text.splitlines()[0]) if text else "no reason given"


def _complaint(text: str, at: Position) -> InvalidInput:
    found = _COMPLAINT.search(text)
    if found is None:
        return at.error(f"no valid expression: {_first_line(text)}")
    line, column, message = int(found[1]), int(found[2]), found[3]
    return at.inside(line, column).error(f"no valid expression: {_STATUS.sub('', message)}")
