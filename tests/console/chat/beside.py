"""A room beside the bench: what an engine carries there, and what of it counts."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property

from console.chat.courier import Courier
from console.chat.following import follow_more
from console.chat.port import Room
from engine.model.chat import CardPace
from engine.model.request import Request
from tests.bench import Bench

SETTLED = timedelta(seconds=2)
"""After which a card that was edited takes answers."""


class Beside:
    """One room, whatever the product behind it."""

    bench: Bench
    room: Room

    @cached_property
    def courier(self) -> Courier:
        return Courier(self.bench.store, self.bench.desks, self.room, lambda: self.bench.now, site="here")

    @property
    def paces(self) -> Mapping[str, CardPace]:
        """Where it is another than that of a room whose settings say nothing."""
        return {}

    async def carry(self) -> None:
        """What runs beside an engine: read the ledger, and carry what is new."""
        rooms = [self.room.settings.name]
        while await follow_more(self.bench.store, self.bench.desks, rooms, simulated=True, paces=self.paces):
            """There is more."""
        await self.courier.deliver()

    async def asked(self, target: str = "10.20.16.114") -> Request:
        """Somebody asks for a block that takes one approval; its card stands in the room, and is settled."""
        await self.carry()
        request = await self.bench.ask("tom", target=target)
        await self.carry()
        await self.bench.later(SETTLED)
        return self.bench.request(request.id)

    def votes(self, request: Request) -> list[tuple[str, str, str]]:
        found = self.bench.read(lambda tx: tx.votes.of(request.id))
        return [(vote.principal, vote.kind, vote.channel) for vote in found]
