"""Cut one segment off from the rest of the network, for as long as its lease runs."""

from datetime import datetime
from typing import Self

from actions.fields import Segment, Spares
from actions.ports import Ports
from engine.model.action import ActionSpec, Impact, Params, Snapshot, TargetKind, Undo
from engine.ports import Action
from engine.target_ports import BlockScope, Firewall


class BlockSegmentParams(Params):
    """Which network to cut off, and which flows across its border go on."""

    target: Segment
    spare: Spares = ()

    def scope(self) -> BlockScope | None:
        """What narrows the block; None where nothing does."""
        return BlockScope(spare=self.spare) if self.spare else None


class BlockSegment(Action[BlockSegmentParams]):
    """Deny traffic across a segment's border; released by removing our own element."""

    spec = ActionSpec(
        id="network.block_segment",
        summary="cut a network segment off at the firewall",
        params=BlockSegmentParams,
        target=TargetKind.SEGMENT,
        impact=Impact.HIGH,
        d3fend="D3-NI",
        mitigations=("M1030", "M1037"),
    )

    def __init__(self, firewall: Firewall) -> None:
        """Block at this firewall."""
        self._firewall = firewall

    @classmethod
    def over(cls, ports: Ports) -> Self | None:
        """The action on this connector, if it has a firewall."""
        return cls(ports.firewall) if ports.firewall else None

    async def validate(self, params: BlockSegmentParams) -> None:
        """Refuse early what the firewall could not do or undo."""
        await self._firewall.require_ready()

    async def snapshot(self, params: BlockSegmentParams) -> Snapshot:
        """Whether somebody blocks it already."""
        return Snapshot(present=await self._firewall.blocks(params.target))

    async def execute(self, params: BlockSegmentParams, key: str, expires_at: datetime | None) -> Undo:
        """Add our element once, however often this is retried under `key`."""
        return Undo(handle=await self._firewall.block(params.target, key, expires_at, params.scope()))

    async def inspect(self, params: BlockSegmentParams, key: str) -> Undo | None:
        """Our element, if it stands."""
        handle = await self._firewall.element(key)
        return Undo(handle=handle) if handle else None

    async def verify(self, params: BlockSegmentParams, key: str) -> bool:
        """Read back from the firewall whether our element blocks the segment."""
        return await self._firewall.blocks(params.target, key)

    async def release(self, params: BlockSegmentParams, key: str, undo: Undo | None, before: Snapshot | None) -> None:
        """Remove our element only; somebody else's block stays, so what stood before stands again."""
        await self._firewall.unblock(key)
