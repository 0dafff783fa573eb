"""Context over a simulated site: what is known about the place follows what happens to it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from actions.simulators.world import World
from engine.context.merge import Known, merge
from engine.context.static import StaticContext
from engine.flows.recorded import RecordedFlows
from engine.model.context import Asset, Exclusion, Flow, FlowCoverage, Identity, Indicator, ListedAs, Zone
from engine.model.finding import Observable
from engine.model.provenance import Source
from engine.ports import FlowScope, Network


class SimulatedContext:
    """Implements `engine.ports.Context`; indexed anew when an event has changed the place, else as it was."""

    def __init__(
        self,
        world: World,
        management: Mapping[str, str],
        recorded: RecordedFlows | None = None,
        imported: Sequence[Known] = (),
    ) -> None:
        """`management` names what the engine lives on and nobody may touch, as for `StaticContext`."""
        self._world, self._imported = world, imported
        self._management, self._recorded = management, recorded
        self._seen = world.file()
        self._latest = self._indexed()

    def asset(self, name_or_address: str) -> Asset | None:
        """The asset of this name, or that has this address now."""
        return self._now().asset(name_or_address)

    def assets(self) -> Sequence[Asset]:
        """All assets."""
        return self._now().assets()

    def identity(self, account: str) -> Identity | None:
        """The account of this name."""
        return self._now().identity(account)

    def identities(self) -> Sequence[Identity]:
        """All accounts."""
        return self._now().identities()

    def standing_in(self, network: Network) -> Sequence[Asset]:
        """Assets that have an address there."""
        return self._now().standing_in(network)

    def sharing(self, address: str) -> Sequence[Asset]:
        """Everything known to stand behind an address."""
        return self._now().sharing(address)

    def guests(self, name: str) -> Sequence[Asset]:
        """Assets that run on this one."""
        return self._now().guests(name)

    def gateway_of(self, target: str) -> Sequence[str]:
        """The segments whose default gateway this is."""
        return self._now().gateway_of(target)

    def alike(self, thing: Asset | Identity) -> int:
        """How many there are of its class."""
        return self._now().alike(thing)

    def segment_size(self, kind: str) -> int:
        """How many assets are known to stand in segments of this kind."""
        return self._now().segment_size(kind)

    def administrators(self) -> Sequence[Identity]:
        """Administrators that are enabled."""
        return self._now().administrators()

    def sources(self, thing: Asset | Identity | None = None) -> Sequence[Source]:
        """The imports that speak of it."""
        return self._now().sources(thing)

    def zone(self, target: str) -> Zone:
        """Where an address, network or host stands."""
        return self._now().zone(target)

    def segment(self, target: str) -> str:
        """Kind of the smallest segment that holds the target, or empty."""
        return self._now().segment(target)

    def dependents(self, name: str) -> Sequence[Asset]:
        """Assets that need this one, directly or through others."""
        return self._now().dependents(name)

    def exclusions(self, target: str, at: datetime) -> Sequence[Exclusion]:
        """Exclusions in force then that concern the target."""
        return self._now().exclusions(target, at)

    def message_exists(self, message_id: str) -> bool:
        """Whether this message was delivered here."""
        return self._now().message_exists(message_id)

    def indicators(self, observable: Observable) -> Sequence[Indicator]:
        """What is said against an observable."""
        return self._now().indicators(observable)

    def listed(self, observable: Observable) -> Sequence[ListedAs]:
        """The warning lists that it stands on."""
        return self._now().listed(observable)

    def flows(self, scope: FlowScope, since: datetime, until: datetime | None = None) -> Sequence[Flow]:
        """Tagged flows in that window that the scope would have cut."""
        return self._now().flows(scope, since, until)

    def flow_coverage(self, since: datetime, until: datetime) -> FlowCoverage:
        """All of it: what happens at a simulated site is known."""
        days = (until.date() - since.date()).days + 1
        return FlowCoverage(days=days, recorded=days, newest=until)

    def untouchable(self, target: str) -> str | None:
        """Why nobody may touch this, or None."""
        return self._now().untouchable(target)

    def _now(self) -> StaticContext:
        file = self._world.file()
        # INVARIANT: `World.file` returns the same object until an event changes the place.
        if file is not self._seen:
            self._seen = file
            self._latest = self._indexed()
        return self._latest

    def _indexed(self) -> StaticContext:
        whole = merge(self._seen, self._imported) if self._imported else self._seen
        return StaticContext(whole, self._management, self._recorded)
