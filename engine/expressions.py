"""Conditions and values in CEL over declared facts: type-checked when a file is read, never trusted when they run.

Rules: 1. An undeclared fact, a syntax error or a wrong type refuses the file, at its position. 2. Whatever goes wrong
at run time is a `Refusal`, a value that says why; nothing here raises on any facts. 3. A condition that is not exactly
a boolean is a refusal. 4. A fact of another type than declared is withheld, so that what asks for it is refused; so is
text with a NUL or a lone surrogate, which the CEL library would cut short or choke on.
"""

import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from cel_expr_python import cel  # type: ignore[import-untyped]
from pydantic import JsonValue

from engine.documents import Position
from engine.errors import InvalidInput
from engine.model.base import Json

SOURCE_LIMIT = 10_000
"""Characters of one expression; CEL itself refuses nesting beyond 32 levels and loops beyond its iteration budget."""

KEPT = 1024
"""Compiled expressions that are kept: of a file that is read again only what is new in it is compiled."""
_FEWER = 256
"""As many sets of facts and of conditions asked together: each is far larger."""

_BATCH_LIMIT = 90_000
_CEL_ERRORS = (RuntimeError, UnicodeError, ValueError, TypeError, OverflowError)
_WORD = re.compile(r"\w+", re.ASCII)
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


CEL_TYPES: Mapping[FactType, cel.Type] = {
    FactType.BOOL: cel.Type.BOOL,
    FactType.INT: cel.Type.INT,
    FactType.DOUBLE: cel.Type.DOUBLE,
    FactType.STRING: cel.Type.STRING,
    FactType.STRINGS: cel.Type.List(cel.Type.STRING),
    FactType.OBJECT: cel.Type.Map(cel.Type.STRING, cel.Type.DYN),
}
"""What CEL calls the types."""
_TRUTHS = (cel.Type.BOOL.name(), cel.Type.DYN.name())


Asked = Mapping[str, Callable[[JsonValue], bool]]
"""Names of facts, and whether a value fits the declared type."""


class Prepared:
    """Facts to evaluate on, each checked against its declaration when it is first asked for (rule 4)."""

    def __init__(self, env: cel.Env, facts: Json) -> None:
        """Made by `Expressions.prepare` only."""
        self._env, self._facts = env, facts

    def activation(self, asked: Asked) -> cel.Activation:
        """Those of the facts asked for that fit their declarations; the others are withheld."""
        facts = self._facts
        return self._env.Activation({n: facts[n] for n, fits in asked.items() if n in facts and fits(facts[n])})


class Expression:
    """One compiled expression. `asked` are the facts that it may ask for.

    `gives` is what CEL calls the type of its value: `STRING`, `LIST<STRING>`, or `DYN` where only running it tells.
    """

    def __init__(self, source: str, compiled: cel.Expression, asked: Asked) -> None:
        """Made by `Expressions.compile` only."""
        self.source, self.asked, self._compiled = source, asked, compiled
        self.gives: str = compiled.return_type().name()

    def value(self, facts: Prepared) -> JsonValue | Refusal:
        """What it gives, as plain data."""
        return _run(self._compiled, facts.activation(self.asked))

    def holds(self, facts: Prepared) -> bool | Refusal:
        """Whether it holds, for a condition."""
        return self.holds_in(facts.activation(self.asked))

    def holds_in(self, activation: cel.Activation) -> bool | Refusal:
        """The same, on facts that may be more than it asks for."""
        answer = _run(self._compiled, activation)
        return answer if isinstance(answer, bool | Refusal) else Refusal(f"gave {_kind(answer)}, not true or false")


class Conditions:
    """Conditions that are asked together: as one CEL list, which is several times faster than one by one.

    An error poisons the whole list; then each is asked singly, so that only the faulty one is refused.
    """

    def __init__(self, singles: Sequence[Expression], together: cel.Expression | None) -> None:
        """Made by `Expressions.together` only."""
        self._singles, self._together = tuple(singles), together
        self._asked = {name: fits for single in singles for name, fits in single.asked.items()}

    def evaluate(self, facts: Prepared) -> Sequence[bool | Refusal]:
        """Each condition's answer, in order."""
        activation = facts.activation(self._asked)
        return self._at_once(activation) or [single.holds_in(activation) for single in self._singles]

    def _at_once(self, activation: cel.Activation) -> Sequence[bool]:
        """All answers, where every single one is true or false; else none."""
        if self._together is None:
            return ()
        try:
            answers = self._together.eval(activation).plain_value()
        except _CEL_ERRORS:
            return ()
        return answers if isinstance(answers, list) and set(map(type, answers)) == {bool} else ()


class _Vocabulary:
    """Declared facts, as CEL takes them."""

    def __init__(self, declared: Mapping[str, FactType]) -> None:
        self.env = cel.NewEnv(variables={name: CEL_TYPES[kind] for name, kind in declared.items()})
        self._facts: Asked = {name: _FITS[kind] for name, kind in declared.items()}

    def asked(self, source: str) -> Asked:
        """All facts it can ask for, and perhaps more: CEL has no way to name one but by each of its words."""
        words = {*_WORD.findall(source)}
        return {name: fits for name, fits in self._facts.items() if words.issuperset(name.split("."))}


@lru_cache(_FEWER)
def _vocabulary(declared: tuple[tuple[str, FactType], ...]) -> _Vocabulary:
    return _Vocabulary(dict(declared))


@lru_cache(_FEWER)
def _batch(vocabulary: _Vocabulary, source: str) -> cel.Expression:
    return vocabulary.env.compile(source)


@lru_cache(KEPT)
def _expression(vocabulary: _Vocabulary, source: str) -> Expression:
    return Expression(source, vocabulary.env.compile(source), vocabulary.asked(source))


class Expressions:
    """Compiles expressions over one set of declared facts."""

    def __init__(self, declared: Mapping[str, FactType]) -> None:
        """`declared` maps qualified names (`asset.criticality`) to their types."""
        self._vocabulary = _vocabulary(tuple(sorted(declared.items())))

    def compile(self, source: str, wants: Wants, at: Position) -> Expression:
        """The expression, checked; raise `InvalidInput` at the character of the file that is wrong."""
        if len(source) > SOURCE_LIMIT:
            raise at.error(f"an expression may have at most {SOURCE_LIMIT} characters")
        try:
            expression = _expression(self._vocabulary, source)
        except RuntimeError as error:
            raise _complaint(str(error), at) from error
        if wants is Wants.BOOL and expression.gives not in _TRUTHS:
            raise at.error(f"a condition must be true or false, this is `{expression.gives}`")
        return expression

    def together(self, conditions: Sequence[Expression]) -> Conditions:
        """Compiled conditions as one question."""
        # A source is valid by itself, so it cannot close the bracket; the line break ends a comment in it.
        source = "[" + ",".join(f"({condition.source}\n)" for condition in conditions) + "]"
        compiled = _batch(self._vocabulary, source) if conditions and len(source) <= _BATCH_LIMIT else None
        return Conditions(conditions, compiled)

    def prepare(self, facts: Json) -> Prepared:
        """These facts, for any number of evaluations."""
        return Prepared(self._vocabulary.env, facts)


def fits(value: JsonValue, kind: FactType) -> bool:
    """Whether a value is of this type, and one that CEL can hold (rule 4)."""
    return _FITS[kind](value)


def _run(compiled: cel.Expression, activation: cel.Activation) -> JsonValue | Refusal:
    try:
        value = compiled.eval(activation)
        answer = value.plain_value()
    except _CEL_ERRORS as error:
        return Refusal(_first_line(str(error)))
    if value.type() in (cel.Type.ERROR, cel.Type.UNKNOWN):
        return Refusal(_first_line(str(answer)))
    return answer if _is_json(answer) else Refusal(f"gave {value.type().name()}, which is no plain value")


def _is_int(value: JsonValue) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53


def _is_double(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _is_text(value: JsonValue) -> bool:
    return isinstance(value, str) and _is_sound(value)


def _are_texts(value: JsonValue) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) and _is_sound(text) for text in value)


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


_FITS: Mapping[FactType, Callable[[JsonValue], bool]] = {
    FactType.BOOL: lambda value: isinstance(value, bool),
    FactType.INT: _is_int,
    FactType.DOUBLE: _is_double,
    FactType.STRING: _is_text,
    FactType.STRINGS: _are_texts,
    FactType.OBJECT: lambda value: isinstance(value, dict) and _is_json(value),
}


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
