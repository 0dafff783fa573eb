"""Budgets that are final: what another budget, or another version of one, may still say.

Of several budgets that fit, the tightest is charged, and only its limits count. So one that would be charged instead
of a final one has to fit wherever that does, or the rest would be counted apart, and may allow no more.
"""

from collections.abc import Iterator, Sequence, Set
from math import inf

from engine.budget_order import tightness
from engine.condition_relations import disjoint, implies
from engine.expressions import Expressions
from engine.model.budget import Budget, Counted

Found = tuple[str, str, str]
"""Which budget, which of its fields, and the final budget that it takes from."""


def budget_relaxations(
    before: Sequence[Budget], after: Sequence[Budget], final: Set[str], language: Expressions
) -> Iterator[Found]:
    """What budgets of `after` relax of those named `final`."""
    old = {budget.id: budget for budget in before}
    for budget in after:
        if budget == old.get(budget.id):
            continue
        for name in sorted(final):
            if name == budget.id or _is_charged_instead(budget, old[name], language):
                yield from ((budget.id, field, name) for field in _looser(old[name], budget, language))


def _is_charged_instead(budget: Budget, final: Budget, language: Expressions) -> bool:
    shared = {*budget.actions} & {*final.actions}
    if not shared or tightness(budget) > tightness(final):
        return False
    return not disjoint(language, budget.when, final.when)


def _limit(value: float | None) -> float:
    return inf if value is None else value


def _looser(final: Budget, budget: Budget, language: Expressions) -> Iterator[str]:
    if not {*final.actions} <= {*budget.actions}:
        yield "actions"
    if not implies(language, final.when, budget.when):
        yield "when"
    yield from (name for name in ("hour", "day") if _limit(getattr(budget, name)) > _limit(getattr(final, name)))
    if final.counts is Counted.THINGS and budget.counts is Counted.EFFECTS:
        yield "counts"
    if _most(budget) > _least(final):
        yield from () if _shares_no_more(final, budget) else ("in_force",)


def _most(budget: Budget) -> float:
    """How much may be in force at the most, however large the class."""
    if budget.share is None:
        return _limit(budget.in_force)
    return _limit(budget.at_most)


def _least(budget: Budget) -> float:
    """How much may be in force in any case, however small the class."""
    if budget.share is None:
        return _limit(budget.in_force)
    return min(budget.at_least, _limit(budget.at_most))


def _shares_no_more(final: Budget, budget: Budget) -> bool:
    if final.share is None or budget.share is None:
        return False
    no_more = budget.share <= final.share and budget.at_least <= final.at_least
    return no_more and _limit(budget.at_most) <= _limit(final.at_most)
