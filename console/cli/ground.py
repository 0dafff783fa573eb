"""What is known about the place this engine works on: the site's own file, or the simulated site, and all imports."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from console.cli.lifelines import host_lifelines, lifelines, named_hosts
from console.cli.resolving import addresses_of
from console.cli.simulation import with_flows
from engine.context.file import ContextFile, load
from engine.context.merge import Known, merge
from engine.context.static import StaticContext
from engine.flows.recorded import RecordedFlows
from engine.intel.informed import InformedContext
from engine.intel.knowledge import Knowledge
from engine.ports import Context, People
from engine.settings import Settings

if TYPE_CHECKING:
    from actions.simulators.site import Site


class Ground:
    """Makes the context anew whenever another set of imports is active."""

    def __init__(
        self, settings: Settings, simulated: "Site | None", knowledge: Knowledge, people: People | None = None
    ) -> None:
        """Read the site's own file once; the simulated site is asked as it is."""
        self._settings, self._people = settings, people
        self._simulated, self._knowledge = simulated, knowledge
        self._recorded = RecordedFlows(settings.flows_dir)
        self._own = ContextFile()
        if simulated is None:
            own = ContextFile() if settings.context is None else load(settings.context)
            self._own = with_flows(own, settings.flows)
        self._resolved = {} if simulated is not None else _resolved(settings)

    def site(self) -> ContextFile:
        """The site's own file as it is now."""
        return self._own if self._simulated is None else self._simulated.world.file()

    def context(self, known: Sequence[Known]) -> Context:
        """The site with these imports, and with what is known of indicators."""
        return InformedContext(self._place(known), self._knowledge)

    def _management(self) -> Mapping[str, str]:
        known = lifelines(self._settings, () if self._people is None else self._people.all())
        return known if self._simulated is not None else {**host_lifelines(), **self._resolved, **known}

    def _place(self, known: Sequence[Known]) -> Context:
        if self._simulated is None:
            whole = merge(self._own, known) if known else self._own
            return StaticContext(whole, self._management(), self._recorded)
        from actions.simulators.context import SimulatedContext

        return SimulatedContext(self._simulated.world, self._management(), self._recorded, known)


def _resolved(settings: Settings) -> Mapping[str, str]:
    """The addresses of what the settings name, as they are at the start: nothing waits for a resolver later."""
    names = named_hosts(settings)
    found = addresses_of(names)
    return {address: f"{names[name]} (`{name}`)" for name, addresses in found.items() for address in addresses}
