"""Which assets an effect on a target would touch."""

from collections.abc import Sequence

from engine.context.places import bounds, place, span
from engine.model.context import Asset
from engine.ports import Context, Network


def reached(context: Context, target: str) -> Sequence[Asset]:
    """The asset that a name or address stands for, or all that have an address in a network."""
    found = place(target)
    if isinstance(found, Network):
        return _standing_in(found, context.assets())
    asset = context.asset(target)
    return () if asset is None else (asset,)


def _standing_in(network: Network, assets: Sequence[Asset]) -> Sequence[Asset]:
    wanted, (first, last) = network.version, bounds(network)
    spans = ((asset, span(address)) for asset in assets for address in asset.addresses)
    found = {
        asset.name: asset for asset, (version, at, end) in spans if version == wanted and first <= end and at <= last
    }
    return tuple(found.values())
