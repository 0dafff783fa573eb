"""In which order effects are let go: what others need comes back first, and what was laid last goes first.

Rules: 1. Where one target needs another, the other's effect is released before its own: a service works again only once
what it needs works. 2. Of one incident the latest effect goes first, for it may rest on the earlier ones. 3. Where the
two disagree, the first counts. 4. Whoever needs each other in a circle is released latest first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.ports import Context


@dataclass(frozen=True)
class Standing:
    """One effect to let go: its lease, its target, and the incidents it is let go for."""

    lease_id: str
    target: str
    incidents: frozenset[str]


def release_order(context: Context, latest_first: Sequence[Standing]) -> Mapping[str, tuple[str, ...]]:
    """Each lease in its turn, with the leases that it waits for."""
    needs = _needs(context, latest_first)
    left, order = [*latest_first], list[Standing]()
    while left:
        open_ = {one.lease_id for one in left}
        following = next((one for one in left if not needs[one.lease_id] & open_), left[0])
        left.remove(following)
        order.append(following)
    return {one.lease_id: _waits_for(one, order[:at], needs) for at, one in enumerate(order)}


def _needs(context: Context, standing: Sequence[Standing]) -> Mapping[str, frozenset[str]]:
    """For each lease those on what its target needs, directly or through others (rule 1)."""
    names = {one.lease_id: _name(context, one.target) for one in standing}
    needed_by = {name: {asset.name for asset in context.dependents(name)} - {name} for name in set(names.values())}
    return {
        lease: frozenset(other for other, theirs in names.items() if name in needed_by[theirs])
        for lease, name in names.items()
    }


def _name(context: Context, target: str) -> str:
    asset = context.asset(target)
    return target if asset is None else asset.name


def _waits_for(standing: Standing, before: Sequence[Standing], needs: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    return tuple(
        other.lease_id
        for other in before
        if other.lease_id in needs[standing.lease_id] or other.incidents & standing.incidents
    )
