"""Rows of the matrix that are final: what another row, or another version of one, may still say.

Where several rows hold the highest tier counts, so a row of a lower tier takes nothing from a final one. One of the
same tier adds its groups and interims to it. One of a higher tier speaks in its place, and has to be as strict in
everything.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import timedelta

from engine.condition_relations import disjoint, implies
from engine.expressions import Expressions
from engine.model.decision import OnExpiry, Tier
from engine.model.policy import PolicyDocument, Row, Tiers

_SPANS = ("lease", "ceiling", "interim_lease", "hold_step", "hold_ceiling")
Found = tuple[str, str, str]
"""Which row, which of its fields, and the final row that it takes from; empty where no row spoke."""


def row_relaxations(
    before: PolicyDocument, after: PolicyDocument, final: Set[str], whole: str | None, language: Expressions
) -> Iterator[Found]:
    """What rows of `after` relax of those named `final`; where the `whole` matrix is, of what no row spoke of too."""
    old = {row.id: row for row in before.matrix}
    for row in after.matrix:
        was = old.get(row.id)
        if row == was:
            continue
        if was is not None and row.id in final:
            yield from ((row.id, field, row.id) for field in _itself(was, row, before.tiers, after.tiers, language))
        others = [other for other in before.matrix if other.id in final and other.id != row.id]
        for other in others:
            beside = _Beside(other, before.tiers, after.tiers, language)
            newly = [field for field in beside.taken(row) if was is None or field not in beside.taken(was)]
            yield from ((row.id, field, other.id) for field in newly)
        if was is None and whole and not any(_within(row, other, language) for other in before.matrix):
            nothing = Row(id="none", actions=row.actions, tier=Tier.ASK_TWO, because="no row spoke")
            yield from ((row.id, field, "") for field in looser(nothing, row, before.tiers, after.tiers))


def _itself(was: Row, row: Row, old: Tiers, new: Tiers, language: Expressions) -> Iterator[str]:
    if {*was.actions} != {*row.actions}:
        yield "actions"
    if not (implies(language, was.when, row.when) and implies(language, row.when, was.when)):
        yield "when"
    yield from looser(was, row, old, new)


@dataclass(frozen=True)
class _Beside:
    """A final row, and what one beside it takes from it where both hold."""

    final: Row
    old: Tiers
    new: Tiers
    language: Expressions

    def taken(self, row: Row) -> Sequence[str]:
        """The fields by which that row relaxes the final one."""
        shared = {*self.final.actions} & {*row.actions}
        if row.tier < self.final.tier or not shared or disjoint(self.language, self.final.when, row.when):
            return ()
        if row.tier > self.final.tier:
            return [*looser(self.final, row, self.old, self.new)]
        return [field for field in ("groups", "interim") if not _adds_none(self.final, row, field)]


def _adds_none(final: Row, row: Row, field: str) -> bool:
    return all(one in getattr(final, field) for one in getattr(row, field))


def _within(row: Row, other: Row, language: Expressions) -> bool:
    """Whether another row holds wherever this one does."""
    return {*row.actions} <= {*other.actions} and implies(language, row.when, other.when)


def looser(was: Row, row: Row, old: Tiers, new: Tiers) -> Iterator[str]:
    """The fields in which a row, its tier's terms counted in, is not shown to be as strict as the other."""
    if row.tier < was.tier:
        yield "tier"
    top = max(was.tier, row.tier)
    yield from (name for name in _SPANS if _span(row, new, name, top) > _span(was, old, name, top))
    if _quorum(row, new) < _quorum(was, old):
        yield "quorum"
    if not _adds_none(was, row, "interim"):
        yield "interim"
    if not _told(was, old) <= _told(row, new):
        yield "tell"
    if was.tier >= Tier.ASK:
        yield from _asking(was, row, old, new)


def _asking(was: Row, row: Row, old: Tiers, new: Tiers) -> Iterator[str]:
    """The same of what matters only where people were asked already."""
    if {*was.groups} != {*row.groups}:
        yield "groups"
    if was.decide_in != row.decide_in:
        yield "decide_in"
    before = was.on_expiry or old.of(was.tier).on_expiry
    if (row.on_expiry or new.of(row.tier).on_expiry) is not OnExpiry.DENY and before is OnExpiry.DENY:
        yield "on_expiry"


def _span(row: Row, tiers: Tiers, name: str, top: Tier) -> timedelta:
    """How long it is once the row is raised to `top`: a raise cuts it to what each tier on the way has."""
    written = getattr(row, name)
    own = getattr(tiers.of(row.tier), name) if written is None else written
    span = min([own, *(getattr(tiers.of(tier), name) for tier in Tier if row.tier < tier <= top)])
    assert isinstance(span, timedelta)
    return span


def _quorum(row: Row, tiers: Tiers) -> int:
    return max(row.quorum or 0, tiers.of(row.tier).quorum) if row.tier >= Tier.ASK else 0


def _told(row: Row, tiers: Tiers) -> set[str]:
    return {*row.tell, *tiers.of(row.tier).tell}
