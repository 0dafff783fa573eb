"""Changes our table: many callers' orders in one batch, compare-and-set against writers in other processes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from actions.connectors.nftables.nft import Nft
from actions.connectors.nftables.plan import Order, Plan, build_plan
from actions.connectors.nftables.ruleset import Commands
from actions.connectors.nftables.state import TableState, understand
from engine.errors import TargetError, TargetRefused, TargetUnavailable

ATTEMPTS = 10
MOST = 500
"""Orders in one batch, so that it stays well within the time-out and the size of a netlink message."""


@dataclass
class _Ticket:
    """One caller's order, and how it ended."""

    order: Order
    outcome: TableState | TargetError | None = None


class Writer:
    """The only way our table is changed.

    Whoever comes first writes for all who wait by then: a call costs as much for two hundred orders as for one.
    """

    def __init__(self, nft: Nft) -> None:
        """Touch nothing yet."""
        self._nft = nft
        self._build = Commands(nft.table)
        self._turn = asyncio.Lock()
        self._waiting: list[_Ticket] = []

    async def read(self) -> TableState:
        """Our table as it stands."""
        return understand(await self._nft.fetch())

    async def rehearse(self, order: Order) -> None:
        """Have the kernel check what `write` would do, and do nothing."""
        plan = build_plan(self._build, await self.read(), [order])
        _raise_first(plan)
        if plan.commands:
            await self._nft.rehearse(plan.commands)

    async def require_permission(self) -> None:
        """Have the kernel check that we may make our table, whether or not it stands."""
        state = await self.read()
        await self._nft.rehearse(self._build.skeleton(state.skeleton))

    async def write(self, order: Order) -> TableState:
        """Carry out one order; the table as read back afterwards."""
        ticket = _Ticket(order)
        self._waiting.append(ticket)
        try:
            async with self._turn:
                while ticket.outcome is None:
                    await self._serve()
        finally:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
        if isinstance(ticket.outcome, TargetError):
            raise ticket.outcome
        return ticket.outcome

    async def _serve(self) -> None:
        """Write for those who wait, one order an owner; who is left over when this is cancelled waits on."""
        first: dict[str, _Ticket] = {}
        for ticket in self._waiting[:MOST]:
            first.setdefault(ticket.order.owner, ticket)
        try:
            await self._commit(list(first.values()))
        except TargetError as error:
            for ticket in first.values():
                ticket.outcome = ticket.outcome or error
        self._waiting = [ticket for ticket in self._waiting if ticket.outcome is None]

    async def _commit(self, tickets: Sequence[_Ticket]) -> None:
        for _ in range(ATTEMPTS):
            before = await self.read()
            plan = build_plan(self._build, before, [ticket.order for ticket in tickets])
            try:
                if plan.commands:
                    await self._nft.apply(plan.commands)
            except TargetRefused as refusal:
                if await self.read() == before:
                    await self._refuse(tickets, refusal)
                    return
                # Somebody changed our table in between, or an element ended: look again.
                continue
            await self._settle(tickets, plan, before)
            return
        raise TargetUnavailable(f"our table changed under us {ATTEMPTS} times")

    async def _settle(self, tickets: Sequence[_Ticket], plan: Plan, before: TableState) -> None:
        after = await self.read() if plan.commands else before
        refused = {order.owner: refusal for order, refusal in plan.refused}
        for ticket in tickets:
            ticket.outcome = refused.get(ticket.order.owner, after)

    async def _refuse(self, tickets: Sequence[_Ticket], refusal: TargetRefused) -> None:
        """Find out whose order nft refuses: alone, each gets its own answer."""
        if len(tickets) == 1:
            tickets[0].outcome = refusal
            return
        for ticket in tickets:
            await self._commit([ticket])


def _raise_first(plan: Plan) -> None:
    for _, refusal in plan.refused:
        raise refusal
