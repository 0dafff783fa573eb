"""Which assets an effect on a target would touch."""

from collections.abc import Sequence

from engine.context.places import above, place, spelling
from engine.model.action import ActionSpec, TargetKind
from engine.model.context import Asset, Zone
from engine.ports import Context, Network


def reached(context: Context, target: str) -> Sequence[Asset]:
    """All that stand behind a name or address, or have an address in a network."""
    found = place(target)
    return context.standing_in(found) if isinstance(found, Network) else context.sharing(target)


def places_taken(context: Context, target: str) -> int:
    """Of how many it takes the place in a segment: of one, but where networks are cut, of all that stand there."""
    return max(1, len(reached(context, target))) if isinstance(place(target), Network) else 1


def zone_of(context: Context, spec: ActionSpec, target: str) -> Zone:
    """Where the target of this action stands; a domain is inside where a host of ours has its name, or one under it."""
    if spec.target is not TargetKind.DOMAIN:
        return context.zone(target)
    domain = spelling(target)
    names = (spelling(asset.name) for asset in context.assets())
    return Zone.INSIDE if any(domain in (name, *above(name)) for name in names) else Zone.OUTSIDE
