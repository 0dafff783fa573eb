"""Block one address at a firewall, for as long as its lease runs."""

from datetime import datetime
from typing import Self

from actions.fields import HostAddress, Peer, Port, Spares, Transport
from actions.ports import Ports
from engine.model.action import ActionSpec, Impact, Params, Snapshot, TargetKind, Undo
from engine.ports import Action
from engine.target_ports import BlockScope, Firewall


class BlockIpParams(Params):
    """Which address to block: all its traffic, or only with `host`, only on `port`, and never the spared flows."""

    target: HostAddress
    host: Peer | None = None
    port: Port | None = None
    protocol: Transport = Transport.TCP
    spare: Spares = ()

    def scope(self) -> BlockScope | None:
        """What narrows the block; None where nothing does."""
        if self.host is None and self.port is None and not self.spare:
            return None
        return BlockScope(host=self.host, port=self.port, protocol=self.protocol, spare=self.spare)

    def union(self, other: Params) -> Params | None:
        """Only what both narrow it to, and spared what both spare."""
        if not isinstance(other, BlockIpParams) or other.target != self.target:
            return None
        same_port = (self.port, self.protocol) == (other.port, other.protocol)
        return self.model_copy(
            update={
                "host": self.host if self.host == other.host else None,
                "port": self.port if same_port else None,
                "protocol": self.protocol if same_port else Transport.TCP,
                "spare": tuple(flow for flow in self.spare if flow in other.spare),
            }
        )


class BlockIp(Action[BlockIpParams]):
    """Deny traffic from and to one address; released by removing our own element."""

    spec = ActionSpec(
        id="network.block_ip",
        summary="block an address at the firewall",
        params=BlockIpParams,
        target=TargetKind.ADDRESS,
        impact=Impact.LOW,
        d3fend="D3-NTF",
        mitigations=("M1037", "M1031"),
    )

    def __init__(self, firewall: Firewall) -> None:
        """Block at this firewall."""
        self._firewall = firewall

    @classmethod
    def over(cls, ports: Ports) -> Self | None:
        """The action on this connector, if it has a firewall."""
        return cls(ports.firewall) if ports.firewall else None

    async def validate(self, params: BlockIpParams) -> None:
        """Refuse early what the firewall could not do or undo."""
        await self._firewall.require_ready()

    async def snapshot(self, params: BlockIpParams) -> Snapshot:
        """Whether somebody blocks it already."""
        return Snapshot(present=await self._firewall.blocks(params.target))

    async def execute(self, params: BlockIpParams, key: str, expires_at: datetime | None) -> Undo:
        """Add our element once, however often this is retried under `key`."""
        return Undo(handle=await self._firewall.block(params.target, key, expires_at, params.scope()))

    async def inspect(self, params: BlockIpParams, key: str) -> Undo | None:
        """Our element, if it stands."""
        handle = await self._firewall.element(key)
        return Undo(handle=handle) if handle else None

    async def verify(self, params: BlockIpParams, key: str) -> bool:
        """Read back from the firewall whether our element blocks the address."""
        return await self._firewall.blocks(params.target, key)

    async def release(self, params: BlockIpParams, key: str, undo: Undo | None, before: Snapshot | None) -> None:
        """Remove our element only; somebody else's block stays, so what stood before stands again."""
        await self._firewall.unblock(key)
