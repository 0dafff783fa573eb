"""Whether every condition of a policy always gives an answer: no facts make it fail.

Conditions of the provable subset (`engine.condition_subset`) have no division, no index and nothing dynamic, and texts
are only compared, whole, with literals; each is asked under all facts that it can tell apart. Of any other facts are
looked for that make it fail. Expressions that give a value are exempt: what happens where one fails is told.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from pydantic import JsonValue

from engine.condition_subset import Mentioned, Outside, read_condition, samples
from engine.documents import Position
from engine.expressions import Expressions, FactType, Refusal, Wants
from engine.fact_table import FACTS
from engine.model.base import Json
from engine.model.policy import PolicyDocument
from engine.policy_sections import sections

TRIED_AT_MOST = 20_000
_EDGES: Mapping[FactType, Sequence[JsonValue]] = {
    FactType.BOOL: [False, True],
    FactType.INT: [0, 1, -1, 2**53 - 1],
    FactType.DOUBLE: [0.0, 1.0, -1.0, 1e300],
    FactType.STRING: ["", "a", "a" * 1000],
    FactType.STRINGS: [[], ["a"]],
    FactType.OBJECT: [{}, {"a": "a"}],
}
"""Values at which what can fail does."""


@dataclass(frozen=True)
class Failing:
    """A condition of the clause `id`, and facts under which it gives no answer."""

    id: str
    why: str
    facts: Json


@dataclass(frozen=True)
class Examined:
    """What was found: conditions that fail, those about which nothing is shown, and expressions that may fail."""

    failing: tuple[Failing, ...]
    outside: tuple[str, ...]
    exempt: tuple[str, ...]


def examine(document: PolicyDocument, language: Expressions) -> Examined:
    """Every condition of every section, and the expressions of rows."""
    failing, outside = list[Failing](), list[str]()
    for name, condition in _conditions(document):
        try:
            values = _told_apart(condition)
        except Outside as error:
            outside.append(f"`{name}`: {error} is none of the conditions that can be proved about")
            values = {fact: _EDGES[FACTS[fact][0]] for fact in _facts_in(condition)}
        failing += _failing(name, condition, values, language)
    return Examined(tuple(failing), tuple(outside), tuple(_exempt(document)))


def _told_apart(condition: str) -> Mapping[str, Sequence[JsonValue]]:
    mentioned = Mentioned()
    read_condition(condition, mentioned)
    return samples(mentioned)


def _conditions(document: PolicyDocument) -> Iterator[tuple[str, str]]:
    """The conditions of all clauses there are, by the clause's id."""
    for clauses in sections(document).values():
        for name, clause in clauses.items():
            when = getattr(clause, "when", None)
            written = [*([] if when is None else [when]), *getattr(clause, "conditions", ())]
            yield from ((name, str(condition)) for condition in written)


def _failing(
    name: str, condition: str, values: Mapping[str, Sequence[JsonValue]], language: Expressions
) -> Iterator[Failing]:
    """The first facts under which it gives no answer."""
    compiled = language.compile(condition, Wants.BOOL, Position(name, 1, 1))
    for chosen in islice(product(*values.values()), TRIED_AT_MOST):
        facts: Json = dict(zip(values, chosen, strict=True))
        answer = compiled.holds(language.prepare(facts))
        if isinstance(answer, Refusal):
            yield Failing(name, f"`{name}` gives no answer: {answer.reason}", facts)
            return


def _facts_in(source: str) -> list[str]:
    return [name for name in FACTS if re.search(rf"(?<![\w.]){re.escape(name)}(?![\w])", source)]


def _exempt(document: PolicyDocument) -> Iterator[str]:
    for row in document.matrix:
        asked = "and then its tier's groups are asked"
        yield from (f"`{row.id}`: `{one}` may fail, {asked}" for one in _failable(row.groups))
        for interim in row.interim:
            written = [interim.target, *(value for value in interim.params.values() if isinstance(value, str))]
            yield from (f"`{row.id}`: `{one}` may fail, and then there is no interim" for one in _failable(written))


def _failable(written: Sequence[str]) -> list[str]:
    """Expressions that are more than one fact."""
    expressions = [text.removeprefix("=").strip() for text in written if text.startswith("=")]
    return [expression for expression in expressions if expression not in FACTS]
