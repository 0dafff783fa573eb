"""Blocks addresses and prefixes with nft, in a table of our own.

1. Everything of ours lies in one table; nothing outside it is read or changed. In it, only what carries our comment is
   taken away: what somebody else put there stays.
2. Dropping is final in nftables: no rule of another table can let a packet through that ours drops. Our chains come
   before the usual filter chains, so a block also cuts connections that others accept as established. Only traffic
   that a flowtable has taken off the rules' path is out of reach.
3. Every element carries its owner key and ends by itself `grace` after its lease, should nobody be there to release it.
4. A change is one batch, all or nothing. That nft says done proves nothing: `blocks` reads back, rules included (and
   tries it, where there is a probe), and a release is read back at once.
5. Owners are independent (see `plan`).
"""

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Protocol

from actions.connectors.nftables.commands import Commands
from actions.connectors.nftables.element import Element
from actions.connectors.nftables.nft import Nft
from actions.connectors.nftables.plan import Block, Release, Renew
from actions.connectors.nftables.values import require_owner, require_scope, require_target
from actions.connectors.nftables.writer import Writer
from engine.errors import TargetRefused
from engine.model.action import Executor, Snapshot
from engine.model.base import Json
from engine.ports import Address, Network
from engine.target_ports import BlockScope

GRACE = timedelta(minutes=10)


class Probe(Protocol):
    """Tries whether traffic really passes."""

    async def require_ready(self) -> None:
        """Raise `TargetRefused` where it could not even be tried."""

    async def passes(self, target: Address | Network) -> bool:
        """Whether something came back from there just now; the connector bounds the time.

        Silence proves nothing. Raises `TargetUnavailable` if it could not be tried.
        """


class NftablesConnector:
    """A firewall (`engine.target_ports.Firewall`) and a connector (`engine.ports.Connector`) over one nft."""

    executor = Executor.REAL

    def __init__(
        self,
        instance: str,
        nft: Nft,
        clock: Callable[[], datetime],
        grace: timedelta = GRACE,
        probe: Probe | None = None,
        probe_timeout: timedelta = timedelta(seconds=2),
        commands: Commands | None = None,
    ) -> None:
        """`clock` tells the time by which leases end; `probe` is asked where reading back finds a whole block.

        `commands` are what harm probes may run.
        """
        self.instance = instance
        self._table = nft.table
        self._writer = Writer(nft)
        self._clock = clock
        self._grace = grace
        self._probe = probe
        self._probe_timeout = probe_timeout
        self._commands = commands or Commands({})

    async def health(self) -> None:
        """Return if nft answers, we may make and change our table, and the probe, if there is one, can be tried."""
        if self._probe is not None:
            await self._probe.require_ready()
        await self._writer.require_permission()

    async def ask(self, command: str, arguments: Sequence[str], within: timedelta) -> str:
        """What a command of the settings comes to; raise `TargetError` where it fails, or there is none."""
        return await self._commands.ask(command, arguments, within)

    async def require_ready(self) -> None:
        """The same, before a block is tried."""
        await self.health()

    async def blocks(self, target: Address | Network, key: str | None = None) -> bool:
        """Whether all of `target` is blocked, by anyone; with `key`, whether its element is in effect on `target`.

        Read back from the kernel, and where there is a probe, by effect: traffic that passes is no block.
        """
        require_target(target)
        owner = None if key is None else require_owner(key)
        state = await self._writer.read()
        if owner is None:
            return bool(state.covering(target))
        element = state.standing(owner)
        if element is None or element.target != target:
            return False
        return not (state.is_whole(element) and await self._passes(target))

    async def snapshot(self, target: Address | Network) -> Snapshot:
        """Who blocks all of `target` now; somebody else's element has no owner."""
        require_target(target)
        found = (await self._writer.read()).covering(target)
        return Snapshot(present=bool(found), state={"owners": sorted(element.owner for element in found)})

    async def block(
        self, target: Address | Network, owner: str, expires_at: datetime | None, scope: BlockScope | None = None
    ) -> str:
        """Add our element once and return its handle; repeated, it may end later but never sooner."""
        await self._writer.write(self._order(target, owner, expires_at, scope))
        return self._handle(owner)

    async def dry_run(
        self, target: Address | Network, owner: str, expires_at: datetime | None, scope: BlockScope | None = None
    ) -> None:
        """Refuse what `block` would be refused, by the kernel's own check, and change nothing."""
        await self._writer.rehearse(self._order(target, owner, expires_at, scope))

    async def element(self, owner: str) -> str | None:
        """Handle of the element of this owner key, if it is there; whether it has its effect is for `blocks` to say."""
        require_owner(owner)
        return self._handle(owner) if (await self._writer.read()).of(owner) else None

    async def renew(self, owner: str, expires_at: datetime | None) -> None:
        """Move the end of this owner key's element to `grace` after `expires_at`; refused where it is gone."""
        await self._writer.write(Renew(require_owner(owner), self._timeout(expires_at)))

    async def unblock(self, owner: str) -> None:
        """Remove whatever this owner key stands for; gone already is fine, and nobody else's is touched."""
        await self._writer.write(Release(require_owner(owner)))

    async def owned(self) -> Mapping[str, Json]:
        """Every element of ours, in effect or not: owner key -> action and target."""
        elements = (await self._writer.read()).elements
        return {element.owner: _described(element) for element in elements if element.owner}

    async def remove(self, key: str) -> None:
        """Take away whatever stands under this owner key."""
        await self.unblock(key)

    def _order(
        self, target: Address | Network, owner: str, expires_at: datetime | None, scope: BlockScope | None
    ) -> Block:
        require_target(target)
        timeout = self._timeout(expires_at)
        return Block(require_owner(owner), target, timeout, require_scope(scope, target.version))

    def _timeout(self, expires_at: datetime | None) -> int | None:
        if expires_at is None:
            return None
        seconds = math.ceil((expires_at + self._grace - self._clock()).total_seconds())
        if seconds <= 0:
            raise TargetRefused(f"the lease ended at {expires_at.isoformat()} already")
        return seconds

    async def _passes(self, target: Address | Network) -> bool:
        if self._probe is None:
            return False
        try:
            async with asyncio.timeout(self._probe_timeout.total_seconds()):
                return await self._probe.passes(target)
        except TimeoutError:
            # What does not come back is what a block looks like.
            return False

    def _handle(self, owner: str) -> str:
        return f"inet {self._table} {owner}"


def _described(element: Element) -> Json:
    action = "network.block_ip" if isinstance(element.target, IPv4Address | IPv6Address) else "network.block_segment"
    return {"action": action, "target": str(element.target)}
