"""The simulated site's host control (what an EDR does)."""

from collections.abc import Callable, Sequence

from actions.simulators.elements import Elements
from actions.simulators.state import SETS
from engine.errors import TargetRefused
from engine.model.action import Spare
from engine.model.base import Json
from engine.target_ports import ISOLATED_GROUP

ISOLATE = "host.isolate"
CONTAIN_PORTS = "host.contain_ports"
ACTIONS = (ISOLATE, CONTAIN_PORTS)
GROUP = "group"
"""The group of the host control in which a host is; isolated ones are in one of their own."""


class SimulatedHosts:
    """Isolates hosts and closes their ports, in both directions."""

    def __init__(self, elements: Elements, known: Callable[[str], bool]) -> None:
        """`known` tells whether a host of this name is there."""
        self._elements = elements
        self._known = known

    async def require_host(self, host: str) -> None:
        """Raise `TargetRefused` unless this host is there."""
        self._elements.state()
        if not self._known(host):
            raise TargetRefused(f"no host `{host}` at the site")

    async def state(self, host: str) -> Json:
        """Who isolates it, and which of its ports are closed."""
        state = self._elements.state()
        closed = {port for element in state.in_effect(CONTAIN_PORTS, host) for port in _ports(element.details)}
        isolating: list[str] = sorted(element.owner for element in state.in_effect(ISOLATE, host))
        return {"isolated_by": [*isolating], "closed_ports": [*sorted(closed)]}

    async def isolate(self, host: str, owner: str, spare: Sequence[Spare]) -> str:
        """Cut it off but for `spare`, once, and return the handle."""
        details: Json = {"spare": [flow.model_dump(mode="json") for flow in spare], SETS: {GROUP: ISOLATED_GROUP}}
        return await self._elements.place(ISOLATE, host, owner, details)

    async def close_ports(self, host: str, ports: Sequence[int], owner: str) -> str:
        """Close these TCP ports, once, and return the handle."""
        return await self._elements.place(CONTAIN_PORTS, host, owner, {"ports": [*ports]})

    async def group(self, host: str) -> str:
        """The group that it is in."""
        return str(self._elements.setting(host, GROUP))

    async def group_before(self, owner: str) -> str | None:
        """The group that it was in before our isolation of this key."""
        was = self._elements.displaced(owner).get(GROUP)
        return None if was is None else str(was)

    async def regroup(self, host: str, group: str, expected: str) -> None:
        """Put it into a group, where it is in the expected one."""
        self._elements.give_back(host, GROUP, group, expected)

    async def element(self, owner: str) -> str | None:
        """Handle of what stands under this owner key, if it is there."""
        return self._elements.handle(owner)

    async def lift(self, owner: str) -> None:
        """Take back what stands under this owner key."""
        self._elements.lift(owner)


def _ports(details: Json) -> list[int]:
    ports = details.get("ports")
    return [port for port in ports if isinstance(port, int)] if isinstance(ports, list) else []
