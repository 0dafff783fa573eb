"""Which assets an effect on a target would touch."""

from collections.abc import Sequence

from engine.context.places import place
from engine.model.context import Asset
from engine.ports import Context, Network


def reached(context: Context, target: str) -> Sequence[Asset]:
    """The asset that a name or address stands for, or all that have an address in a network."""
    found = place(target)
    if isinstance(found, Network):
        return context.standing_in(found)
    asset = context.asset(target)
    return () if asset is None else (asset,)
