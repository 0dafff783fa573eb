"""A site's context together with what was imported: the indicators of both, the rest as the site's own says."""

from collections.abc import Sequence
from datetime import datetime

from engine.intel.knowledge import Knowledge
from engine.model.context import Asset, Exclusion, Flow, FlowCoverage, Identity, Indicator, ListedAs, Zone
from engine.model.finding import Observable
from engine.model.provenance import Source
from engine.ports import Context, FlowScope, Network


class InformedContext:
    """Implements `engine.ports.Context` over another one, which it asks about everything but intelligence."""

    def __init__(self, site: Context, knowledge: Knowledge) -> None:
        """What `knowledge` holds is asked for anew each time, so that an import is in force at once."""
        self._site, self._knowledge = site, knowledge

    def indicators(self, observable: Observable) -> Sequence[Indicator]:
        """What the site's own file and imported ones say, newest first."""
        found = (*self._site.indicators(observable), *self._knowledge.indicators(observable))
        return tuple(sorted(found, key=lambda one: one.seen_at, reverse=True))

    def listed(self, observable: Observable) -> Sequence[ListedAs]:
        """The warning lists that it stands on."""
        return (*self._site.listed(observable), *self._knowledge.listed(observable))

    def asset(self, name_or_address: str) -> Asset | None:
        """The asset of this name, or that has this address."""
        return self._site.asset(name_or_address)

    def assets(self) -> Sequence[Asset]:
        """All assets."""
        return self._site.assets()

    def identity(self, account: str) -> Identity | None:
        """The account of this name."""
        return self._site.identity(account)

    def identities(self) -> Sequence[Identity]:
        """All accounts."""
        return self._site.identities()

    def standing_in(self, network: Network) -> Sequence[Asset]:
        """Assets that have an address there."""
        return self._site.standing_in(network)

    def sharing(self, address: str) -> Sequence[Asset]:
        """Everything known to stand behind an address."""
        return self._site.sharing(address)

    def guests(self, name: str) -> Sequence[Asset]:
        """Assets that run on this one."""
        return self._site.guests(name)

    def gateway_of(self, target: str) -> Sequence[str]:
        """The segments whose default gateway this is."""
        return self._site.gateway_of(target)

    def alike(self, thing: Asset | Identity) -> int:
        """How many there are of its class."""
        return self._site.alike(thing)

    def segment_size(self, kind: str) -> int:
        """How many assets are known to stand in segments of this kind."""
        return self._site.segment_size(kind)

    def administrators(self) -> Sequence[Identity]:
        """Administrators that are enabled."""
        return self._site.administrators()

    def sources(self, thing: Asset | Identity | None = None) -> Sequence[Source]:
        """The imports that speak of it."""
        return self._site.sources(thing)

    def zone(self, target: str) -> Zone:
        """Where an address, network or host stands."""
        return self._site.zone(target)

    def segment(self, target: str) -> str:
        """Kind of the smallest segment that holds the target, or empty."""
        return self._site.segment(target)

    def dependents(self, name: str) -> Sequence[Asset]:
        """Assets that need this one, directly or through others."""
        return self._site.dependents(name)

    def exclusions(self, target: str, at: datetime) -> Sequence[Exclusion]:
        """Exclusions in force then that concern the target."""
        return self._site.exclusions(target, at)

    def message_exists(self, message_id: str) -> bool:
        """Whether this message was delivered here."""
        return self._site.message_exists(message_id)

    def flows(self, scope: FlowScope, since: datetime, until: datetime | None = None) -> Sequence[Flow]:
        """Tagged flows in that window that the scope would have cut."""
        return self._site.flows(scope, since, until)

    def flow_coverage(self, since: datetime, until: datetime) -> FlowCoverage:
        """For how much of that window there are records of traffic."""
        return self._site.flow_coverage(since, until)

    def untouchable(self, target: str) -> str | None:
        """Why nobody may touch this, or None."""
        return self._site.untouchable(target)
