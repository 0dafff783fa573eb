"""Assets and accounts, found by their names, by where they stand and by what they have in common.

Everything is counted and ordered once, so that a decision looks up and never walks.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.context.merge import rank
from engine.context.parts import Segment
from engine.context.places import bounds, overlap, place, spelling
from engine.model.context import Asset, Identity
from engine.ports import Address, Network

_Standing = tuple[int, int, int]
"""IP version, address, and which of the assets has it."""


class Inventory:
    """What there is; an address that several claim is the strictest one's, and shared by all of them."""

    def __init__(self, assets: Iterable[Asset], identities: Iterable[Identity], segments: Iterable[Segment]) -> None:
        """Index them; where something gives no fingerprint its name is one."""
        self.assets = {spelling(asset.name): _fingerprinted(asset) for asset in assets}
        self.identities = {spelling(identity.name): _known_by_name(identity) for identity in identities}
        self.administrators = tuple(one for one in self.identities.values() if one.administrator and one.enabled)
        # Of equals the last one stands; a name that is an address claims it.
        ordered = sorted(self.assets.values(), key=lambda asset: rank(asset.criticality))
        self._at = {spelled: asset for asset in ordered for spelled in stands_at(asset)}
        self._listed = tuple(self.assets.values())
        self._standing, self._spread = self._placed()
        self._behind = self._grouped((address, asset) for asset in self._listed for address in _claimed(asset))
        self._guests = self._grouped((asset.runs_on, asset) for asset in self._listed if asset.runs_on)
        self._needed_by = self._grouped((need, asset) for asset in self._listed for need in _needs(asset))
        self._gateways = _gateways(segments)
        self._critical = Counter(asset.criticality for asset in self._listed)
        self._privileged = Counter(identity.privileged for identity in self.identities.values())

    def asset(self, name_or_address: str) -> Asset | None:
        """The asset of this name, or that has this address."""
        return self._at.get(spelling(name_or_address))

    def listed(self) -> Sequence[Asset]:
        """All assets, in their order."""
        return self._listed

    def standing_in(self, network: Network) -> Sequence[Asset]:
        """Assets that have an address there, in their order."""
        first, last = bounds(network)
        low = bisect_left(self._standing, (network.version, first, 0))
        high = bisect_left(self._standing, (network.version, last + 1, 0))
        inside = {number for _, _, number in self._standing[low:high]}
        inside |= {number for found, number in self._spread if overlap(found, network)}
        return tuple(self._listed[number] for number in sorted(inside))

    def sharing(self, address: str) -> Sequence[Asset]:
        """Everything known to stand behind an address; behind a name, what has it."""
        return self._behind.get(spelling(address), ())

    def guests(self, name: str) -> Sequence[Asset]:
        """Assets that run on this one."""
        return self._guests.get(spelling(name), ())

    def needing(self, asset: Asset) -> Iterator[Asset]:
        """Assets that say that they need this one, or what it serves."""
        for need in (asset.name, *asset.services):
            yield from self._needed_by.get(spelling(need), ())

    def gateway_of(self, target: str) -> Sequence[str]:
        """The segments whose default gateway this host or address is."""
        asset = self.asset(target)
        names = {spelling(name) for name in (target, *(asset.addresses if asset else ()))}
        return sorted({segment for name in names for segment in self._gateways.get(name, ())})

    def alike(self, thing: Asset | Identity) -> int:
        """How many there are of its class."""
        return self._critical[thing.criticality] if isinstance(thing, Asset) else self._privileged[thing.privileged]

    def _placed(self) -> tuple[list[_Standing], list[tuple[Network, int]]]:
        """Addresses in their order, and whole networks that something says it has."""
        found = [(place(text), number) for number, asset in enumerate(self._listed) for text in asset.addresses]
        single: list[_Standing] = [(one.version, int(one), number) for one, number in found if isinstance(one, Address)]
        return sorted(single), [(one, number) for one, number in found if isinstance(one, Network)]

    def _grouped(self, named: Iterable[tuple[str, Asset]]) -> Mapping[str, Sequence[Asset]]:
        found = defaultdict[str, dict[str, Asset]](dict)
        for name, asset in named:
            found[spelling(name)][asset.name] = asset
        return {name: tuple(assets.values()) for name, assets in found.items()}


def stands_at(asset: Asset) -> Sequence[str]:
    """The name and the addresses at which it is found."""
    return tuple(map(spelling, (asset.name, *asset.addresses)))


def _claimed(asset: Asset) -> Sequence[str]:
    return (*stands_at(asset), *asset.shares)


def _needs(asset: Asset) -> Sequence[str]:
    """What goes down takes along what runs on it, too."""
    return (*asset.depends_on, asset.runs_on) if asset.runs_on else asset.depends_on


def _gateways(segments: Iterable[Segment]) -> Mapping[str, Sequence[str]]:
    found = defaultdict[str, list[str]](list)
    for segment in segments:
        if segment.gateway is not None:
            found[spelling(str(segment.gateway))].append(segment.name)
    return found


def _fingerprinted(asset: Asset) -> Asset:
    """The name tells when an address went to another host."""
    return asset if asset.fingerprint else asset.model_copy(update={"fingerprint": asset.name})


def _known_by_name(identity: Identity) -> Identity:
    return identity if identity.fingerprint else identity.model_copy(update={"fingerprint": identity.name})
