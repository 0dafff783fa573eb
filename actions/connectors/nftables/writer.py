"""Changes our table: many callers' orders in one batch, compare-and-set against writers in other processes."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from actions.connectors.nftables.nft import Nft
from actions.connectors.nftables.plan import Order, Plan, Release, build_plan
from actions.connectors.nftables.ruleset import Commands
from actions.connectors.nftables.state import TableState, understand
from engine.errors import TargetError, TargetRefused, TargetUnavailable
from engine.model.base import Json

ATTEMPTS = 10
MOST = 500
"""Orders in one batch, so that it stays well within the time-out and the size of a netlink message."""


@dataclass
class _Ticket:
    """One caller's order, and how it ended."""

    order: Order
    done: bool = False
    error: TargetError | None = None


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

        def planned(state: TableState) -> Sequence[Json]:
            plan = build_plan(self._build, state, [order])
            _raise_first(plan)
            return plan.commands

        await self._rehearse(planned)

    async def require_permission(self) -> None:
        """Have the kernel check that we may make our table, whether or not it stands."""
        await self._rehearse(lambda state: self._build.skeleton(state.skeleton))

    async def _rehearse(self, planned: Callable[[TableState], Sequence[Json]]) -> None:
        """Have the kernel check what is planned upon the table as it stands."""
        for _ in range(ATTEMPTS):
            before = await self.read()
            commands = planned(before)
            try:
                if commands:
                    await self._nft.rehearse(commands)
            except TargetRefused:
                if await self.read() == before:
                    raise
                # Somebody wrote in between, perhaps this very order: look again.
                continue
            return
        raise TargetUnavailable(f"our table changed under us {ATTEMPTS} times")

    async def write(self, order: Order) -> None:
        """Carry out one order; a release is also read back."""
        ticket = _Ticket(order)
        self._waiting.append(ticket)
        try:
            async with self._turn:
                while not ticket.done:
                    await self._serve()
        finally:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
        if ticket.error is not None:
            raise ticket.error

    async def _serve(self) -> None:
        """Write for those who wait, one order an owner; if this is cancelled, whoever is left waits on."""
        first: dict[str, _Ticket] = {}
        for ticket in self._waiting[:MOST]:
            first.setdefault(ticket.order.owner, ticket)
        try:
            await self._commit(list(first.values()))
        except TargetError as error:
            for ticket in first.values():
                if not ticket.done:
                    ticket.done, ticket.error = True, error
        self._waiting = [ticket for ticket in self._waiting if not ticket.done]

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
            await self._settle(tickets, plan)
            return
        raise TargetUnavailable(f"our table changed under us {ATTEMPTS} times")

    async def _settle(self, tickets: Sequence[_Ticket], plan: Plan) -> None:
        errors: dict[str, TargetError] = {order.owner: refusal for order, refusal in plan.refused}
        for owner in await self._left_over(tickets) if plan.commands else ():
            errors[owner] = TargetUnavailable(f"nft took the release of `{owner}`, but reading back still finds it")
        for ticket in tickets:
            ticket.done, ticket.error = True, errors.get(ticket.order.owner)

    async def _left_over(self, tickets: Sequence[_Ticket]) -> Sequence[str]:
        """The owners of whom something stands that should be gone."""
        released = [ticket.order.owner for ticket in tickets if isinstance(ticket.order, Release)]
        after = await self.read() if released else TableState()
        return [owner for owner in released if after.of(owner)]

    async def _refuse(self, tickets: Sequence[_Ticket], refusal: TargetRefused) -> None:
        """Find out by halves whose order nft refuses, so that nobody else's suffers for it."""
        if len(tickets) == 1:
            tickets[0].done, tickets[0].error = True, refusal
            return
        middle = len(tickets) // 2
        await self._commit(tickets[:middle])
        await self._commit(tickets[middle:])


def _raise_first(plan: Plan) -> None:
    for _, refusal in plan.refused:
        raise refusal
