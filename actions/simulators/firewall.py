"""The simulated site's firewall."""

from datetime import datetime
from ipaddress import IPv4Network, IPv6Network

from actions.simulators.elements import Elements
from engine.errors import TargetRefused
from engine.model.base import Json
from engine.ports import Address, Network
from engine.target_ports import BlockScope

BLOCK_IP = "network.block_ip"
BLOCK_SEGMENT = "network.block_segment"
ACTIONS = (BLOCK_IP, BLOCK_SEGMENT)


class SimulatedFirewall:
    """Blocks addresses and segments; cannot expire by itself, so `expires_at` is only noted."""

    def __init__(self, elements: Elements) -> None:
        """`elements` reach the actions of `ACTIONS`."""
        self._elements = elements

    async def require_ready(self) -> None:
        """Raise `TargetUnavailable` unless it answers."""
        self._elements.state()

    async def blocks(self, target: Address | Network, key: str | None = None) -> bool:
        """Whether exactly `target` is blocked, by anyone or under `key`."""
        return self._elements.standing(_action(target), str(target), key)

    async def block(
        self, target: Address | Network, owner: str, expires_at: datetime | None, scope: BlockScope | None = None
    ) -> str:
        """Add our element once and return its handle."""
        details: Json = {"scope": scope.model_dump(mode="json")} if scope else {}
        if expires_at:
            details["expires_at"] = expires_at.isoformat()
        return await self._elements.place(_action(target), str(target), owner, details)

    async def element(self, owner: str) -> str | None:
        """Handle of the element of this owner key, if it is there."""
        return self._elements.handle(owner)

    async def renew(self, owner: str, expires_at: datetime | None) -> None:
        """Raise `TargetRefused` where the element is gone; there is no end to move."""
        if self._elements.handle(owner) is None:
            raise TargetRefused(f"nothing stands under `{owner}`")

    async def unblock(self, owner: str) -> None:
        """Remove the element of this owner key."""
        self._elements.lift(owner)


def _action(target: Address | Network) -> str:
    return BLOCK_SEGMENT if isinstance(target, IPv4Network | IPv6Network) else BLOCK_IP
