"""What a context file says, in memory and indexed: the answers that policy and checks ask for."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property

from engine.context.file import ContextFile
from engine.context.guarded import Guarded
from engine.context.inventory import Inventory
from engine.context.merge import Place
from engine.context.observed import ObservedTraffic
from engine.context.places import Place as Standing
from engine.context.places import overlap, place, spelling, within
from engine.context.reach import reached
from engine.context.segments import Segments
from engine.flows.recorded import RecordedFlows
from engine.intel.indicators import Indicators
from engine.model.context import Asset, Exclusion, Flow, FlowCoverage, Identity, Indicator, ListedAs, Zone
from engine.model.finding import Observable
from engine.model.provenance import Provenance, Source
from engine.ports import FlowScope, Network


class StaticContext:
    """Implements `engine.ports.Context` over one context file; made anew when the file changes.

    `management` names what the engine itself lives on (Temporal, database, chat, resolver, gateway, VPN, identity
    provider, pager, secret store): host name, address or network -> why it is untouchable. `recorded` are the
    flows that sensors recorded, where there is a store of them.
    """

    def __init__(self, file: ContextFile, management: Mapping[str, str], recorded: RecordedFlows | None = None) -> None:
        """Index the file."""
        self.file = file
        self._provenance = file.provenance if isinstance(file, Place) else Provenance()
        self._inventory = Inventory(file.assets, file.identities, file.segments)
        self._segments = Segments(file.segments)
        self._messages = frozenset(message.id for message in file.messages)
        self._indicators = Indicators(file.indicators)
        self._traffic = ObservedTraffic(file, recorded, self._aliases, self._named)
        self._guarded = Guarded(self._guards(management))

    def asset(self, name_or_address: str) -> Asset | None:
        """The asset of this name, or that has this address."""
        return self._inventory.asset(name_or_address)

    def assets(self) -> Sequence[Asset]:
        """All assets, in the file's order."""
        return self._inventory.listed()

    def identity(self, account: str) -> Identity | None:
        """The account of this name."""
        return self._inventory.identities.get(spelling(account))

    def identities(self) -> Sequence[Identity]:
        """All accounts, in the file's order."""
        return tuple(self._inventory.identities.values())

    def standing_in(self, network: Network) -> Sequence[Asset]:
        """Assets that have an address there."""
        return self._inventory.standing_in(network)

    def sharing(self, address: str) -> Sequence[Asset]:
        """Everything known to stand behind an address."""
        return self._inventory.sharing(address)

    def guests(self, name: str) -> Sequence[Asset]:
        """Assets that run on this one."""
        return self._inventory.guests(name)

    def gateway_of(self, target: str) -> Sequence[str]:
        """The segments whose default gateway this is."""
        return self._inventory.gateway_of(target)

    def alike(self, thing: Asset | Identity) -> int:
        """How many there are of its class."""
        return self._inventory.alike(thing)

    def segment_size(self, kind: str) -> int:
        """How many assets are known to stand in segments of this kind."""
        return self._peopled[kind] if kind else 0

    def administrators(self) -> Sequence[Identity]:
        """Administrators that are enabled."""
        return self._inventory.administrators

    def sources(self, thing: Asset | Identity | None = None) -> Sequence[Source]:
        """The imports that speak of it, the oldest first; all of them, without one."""
        if thing is None:
            return self._provenance.sources
        speaking = self._provenance.assets if isinstance(thing, Asset) else self._provenance.identities
        return speaking.get(spelling(thing.name), ())

    def zone(self, target: str) -> Zone:
        """Where an address, network or host stands; what is ours in part, or has no address at all, is inside."""
        zones = {self._zone(found) for found in self._places(target)}
        ours = not zones or (bool(reached(self, target)) and zones != {Zone.PARTNER})
        return next(zone for zone in Zone if zone in zones or (ours and zone is Zone.INSIDE))

    def segment(self, target: str) -> str:
        """Kind of the smallest segment that holds all of the target (or the asset says it is in), or empty."""
        asset = self.asset(target)
        found = self._segments.of(asset.segment if asset else "", self._places(target))
        return "" if found is None else found.kind

    def dependents(self, name: str) -> Sequence[Asset]:
        """Assets that need this one, or what it serves, directly or through others."""
        first = self.asset(name)
        found = dict[str, Asset]()
        waiting = [first] if first else []
        while waiting:
            asset = waiting.pop()
            needing = [*self._inventory.needing(asset)]
            waiting += (user for user in needing if user.name not in found)
            found |= {user.name: user for user in needing}
        return tuple(user for user in found.values() if user is not first)

    def exclusions(self, target: str, at: datetime) -> Sequence[Exclusion]:
        """Exclusions in force then that name the target, or something it stands for or lies in."""
        return tuple(one for one in self.file.exclusions if one.expires_at > at and self._share(target, one.target))

    def message_exists(self, message_id: str) -> bool:
        """Whether this message was delivered here."""
        return message_id in self._messages

    def indicators(self, observable: Observable) -> Sequence[Indicator]:
        """What is said against an observable."""
        return self._indicators.lookup(observable)

    def listed(self, observable: Observable) -> Sequence[ListedAs]:
        """No warning list: files of intelligence are imported."""
        return ()

    def flows(self, scope: FlowScope, since: datetime, until: datetime | None = None) -> Sequence[Flow]:
        """Tagged flows in that window that the scope would have cut, one per line of traffic with its sums."""
        return self._traffic.cut(scope, since, until)

    def flow_coverage(self, since: datetime, until: datetime) -> FlowCoverage:
        """For how much of that window anybody looked."""
        return self._traffic.coverage(since, until)

    def untouchable(self, target: str) -> str | None:
        """Why nobody may touch this, or None."""
        return self._guarded.why(target)

    @cached_property
    def _peopled(self) -> Counter[str]:
        """How many assets stand in segments of each kind."""
        return Counter(self.segment(asset.name) for asset in self.assets())

    def _named(self, end: str) -> str:
        asset = self.asset(end)
        return spelling(end) if asset is None else asset.name

    def _aliases(self, target: str) -> frozenset[str]:
        """Every spelling under which others may mean this: an address and its host, or a host and its addresses."""
        spelled = spelling(target)
        asset = self.asset(spelled)
        if asset is None:
            return frozenset({spelled})
        return frozenset({spelled, spelling(asset.name)}) if place(spelled) else frozenset(_names(asset))

    def _places(self, target: str) -> Sequence[Standing]:
        found = [place(alias) for alias in ((target,) if place(target) else self._aliases(target))]
        return [one for one in found if one is not None]

    def _zone(self, found: Standing) -> Zone:
        if any(within(found, theirs) for theirs in self.file.partner):
            return Zone.PARTNER
        if any(overlap(found, ours) for ours in self.file.inside):
            return Zone.INSIDE
        return Zone.PARTNER if any(overlap(found, theirs) for theirs in self.file.partner) else Zone.OUTSIDE

    def _share(self, one: str, other: str) -> bool:
        """Whether two targets are the same thing, or one lies in the other."""
        if self._aliases(one) & self._aliases(other):
            return True
        return any(overlap(here, there) for here in self._places(one) for there in self._places(other))

    def _guards(self, management: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        listed = ((entry.target, entry.why) for entry in self.file.untouchable)
        for target, why in (*management.items(), *listed):
            asset = self.asset(target)
            yield from ((name, why) for name in (target, *(_names(asset) if asset else ())))
        for asset in self.assets():
            if asset.untouchable:
                yield from ((name, f"`{asset.name}` is flagged untouchable") for name in _names(asset))
        yield from ((one.name, "flagged untouchable") for one in self.identities() if one.untouchable)


def _names(asset: Asset) -> Sequence[str]:
    return tuple(map(spelling, (asset.name, *asset.addresses)))
