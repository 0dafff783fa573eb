"""How conditions of the provable subset relate: facts that satisfy one, found or shown not to exist by trying all."""

from collections.abc import Mapping
from itertools import product
from math import prod

from pydantic import JsonValue

from engine.condition_subset import Mentioned, Outside, read_condition, samples
from engine.documents import Position
from engine.errors import InvalidInput
from engine.expressions import Expressions, Wants
from engine.model.base import Json

TRIED_AT_MOST = 20_000
"""Facts to try for one question; conditions that tell more apart than this are taken not to be provable."""


def satisfying(language: Expressions, condition: str) -> Json | None:
    """Facts under which the condition holds, None where there are none; raise `Outside` where that cannot be told."""
    mentioned = Mentioned()
    read_condition(condition, mentioned)
    with_criticality(mentioned)
    varied = samples(mentioned)
    if prod(len(values) for values in varied.values()) > TRIED_AT_MOST:
        raise Outside(f"more than {TRIED_AT_MOST} situations")
    try:
        compiled = language.compile(condition, Wants.BOOL, Position("", 1, 1))
    except InvalidInput as error:
        raise Outside(error.message) from error
    for values in product(*varied.values()):
        facts: Json = dict(zip(varied, values, strict=True))
        if possible(facts) and compiled.holds(language.prepare(facts)) is not False:
            return facts
    return None


def implies(language: Expressions, one: str, other: str) -> bool:
    """Whether it is shown that wherever `one` holds `other` holds too; conditions outside the subset show nothing."""
    return one == other or _impossible(language, f"({one}) && !({other})")


def disjoint(language: Expressions, one: str, other: str) -> bool:
    """Whether it is shown that the two never hold together."""
    return _impossible(language, f"({one}) && ({other})")


def _impossible(language: Expressions, condition: str) -> bool:
    try:
        return satisfying(language, condition) is None
    except Outside:
        return False


def with_criticality(mentioned: Mentioned) -> None:
    """Whoever asks whether a target is protected asks about its criticality, and the other way round."""
    if mentioned.literals.keys() & {"target.protected", "target.criticality"}:
        mentioned.add("target.protected")
        mentioned.add("target.criticality")


def possible(facts: Mapping[str, JsonValue]) -> bool:
    """`target.protected` says no more than `target.criticality`."""
    if "target.protected" not in facts:
        return True
    return facts["target.protected"] is (facts["target.criticality"] == "protected")
