"""Which of several budgets that fit is charged: the tightest by the hour, then by the day."""

from collections.abc import Iterator, Sequence
from math import inf

from engine.model.budget import Budget


def tightness(budget: Budget) -> tuple[float, float]:
    """What budgets are ordered by; no limit is the widest."""
    return inf if budget.hour is None else budget.hour, inf if budget.day is None else budget.day


def charged_instead(old: Sequence[Budget], new: Sequence[Budget]) -> Iterator[str]:
    """Budgets that are now tighter than one beside them, whose other limits may thereby no longer count."""
    before = {budget.id: tightness(budget) for budget in old}
    for one in new:
        was = before.get(one.id, (inf, inf))
        beside = (other for other in new if other.id != one.id and {*other.actions} & {*one.actions})
        if any(tightness(one) <= tightness(other) <= was for other in beside):
            yield one.id
