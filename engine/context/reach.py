"""Which assets an effect on a target would touch."""

from collections.abc import Sequence

from engine.context.places import overlap, place
from engine.model.context import Asset
from engine.ports import Context, Network


def reached(context: Context, target: str) -> Sequence[Asset]:
    """The asset that a name or address stands for, or all that have an address in a network."""
    found = place(target)
    if isinstance(found, Network):
        return tuple(asset for asset in context.assets() if stands_in(asset, found))
    asset = context.asset(target)
    return () if asset is None else (asset,)


def stands_in(asset: Asset, network: Network) -> bool:
    """Whether one of the asset's addresses lies in the network."""
    places = (place(address) for address in asset.addresses)
    return any(found is not None and overlap(found, network) for found in places)
