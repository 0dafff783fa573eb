"""What befalls one target by chance, and the plain account of it: who holds it until when, and whether it is frozen."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from random import Random

from engine.control.causes import parse_cause
from engine.control.doors import give_verdict
from engine.control.freezing import freeze, unfreeze
from engine.control.moves import key_of
from engine.control.release_by_cause import release_by_cause
from engine.model.finding import VerdictKind
from engine.model.request import Request
from tests.bench import Bench

SECOND = timedelta(seconds=1)


class History:
    """One target, to which as much happens as is asked for; each step is carried out, and the account kept."""

    def __init__(self, bench: Bench, chance: Random, target: str) -> None:
        """Nobody holds it, and nothing is frozen."""
        self.bench, self.chance, self.target = bench, chance, target
        self.holders: dict[str, tuple[Request, datetime]] = {}
        self.frozen, self.key = False, ""
        self.said, self.begun_frozen = list[str](), list[str]()

    async def step(self) -> None:
        """One more thing happens, and the lease's workflow looks at it."""
        act: Callable[[], Awaitable[None]] = self.chance.choice(
            [
                *[self._ask] * 3,
                self._wait,
                self._wait,
                self._release,
                self._refute,
                *[self._freeze] * (1 + 3 * self.frozen),
            ]
        )
        self.said.append(act.__name__)
        await act()
        if self.key:
            await self.bench.carry(self.key)
        self.holders = {name: held for name, held in self.holders.items() if held[1] > self.bench.now}

    @property
    def scope(self) -> str:
        """What is frozen of it."""
        return f"target:{self.target}"

    async def standing(self) -> int:
        """How many elements of ours stand at the site on this target."""
        return sum(element["target"] == self.target for element in (await self.bench.site.owned()).values())

    async def _ask(self) -> None:
        """Somebody wants it; told yes, they hold it until their end."""
        lasts = self.chance.randint(5, 60) * SECOND
        asked = await self.bench.ask(self.chance.choice(["anna", "tom"]), target=self.target, lease=lasts)
        await self.bench.respond(asked.incident_id)
        holder = self.bench.read(lambda tx: tx.holders.get(asked.id))
        self.said[-1] += f" {asked.id} {self.bench.request(asked.id).state}"
        if holder is not None:
            self.key = key_of(asked)
            self.holders[asked.id] = asked, holder.expires_at
            self.begun_frozen += [asked.id] * self.frozen

    async def _wait(self) -> None:
        await self.bench.later(self.chance.randint(1, 40) * SECOND)

    async def _release(self) -> None:
        """Whoever holds it longest lets go of it, as one incident's share."""
        bench, tom = self.bench, self.bench.person("tom")
        for name, (request, _) in [*self.holders.items()][:1]:
            cause = parse_cause(f"incident:{request.incident_id}")
            await bench.write(
                lambda tx, name=name, cause=cause: release_by_cause(  # type: ignore[misc]
                    tx, bench.desks(tx), tom, cause, [name], "over", bench.now
                )
            )
            del self.holders[name]

    async def _refute(self) -> None:
        """The newest of its incidents was a mistake."""
        bench, anna, kind = self.bench, self.bench.person("anna"), VerdictKind.FALSE_POSITIVE
        for name, (request, _) in [*self.holders.items()][-1:]:
            incident = request.incident_id
            await bench.write(
                lambda tx, incident=incident: give_verdict(  # type: ignore[misc]
                    tx, anna, incident, kind, "our own scanner", bench.now
                )
            )
            del self.holders[name]

    async def _freeze(self) -> None:
        """Frozen it is freed, free it is frozen."""
        bench, tom = self.bench, self.bench.person("tom")
        if self.frozen:
            await bench.write(lambda tx: unfreeze(tx, tom, self.scope, "over", bench.now))
        else:
            await bench.write(lambda tx: freeze(tx, bench.desk, tom, self.scope, "", None, bench.now))
        self.frozen = not self.frozen
