"""The load: people who block addresses and segments for seconds, let go early, extend, and want the same."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from random import Random

from engine.lifecycle import is_final
from engine.model.base import Json
from engine.model.request import RequestState
from tests.crash.doors import Doors
from tests.crash.view import View

PERSON = "admin"
PATIENCE_S = 20.0
AT_ONCE = 6
KINDS: tuple[Callable[[int], str], ...] = (
    lambda n: f"198.19.77.{n % 250 + 1}",
    lambda n: f"2001:db8:9::{n:x}",
    # Of each two the second lies within the first: it cannot have the same interval set.
    lambda n: f"198.18.{n // 2 % 250}.0/{24 + 4 * (n % 2)}",
    lambda n: f"2001:db8:{0x1000 + n // 2:x}::/{48 + 16 * (n % 2)}",
)
"""Targets by number: addresses and segments of both families, none twice within a lease."""


@dataclass
class Promises:
    """What the engine acknowledged."""

    requests: set[str] = field(default_factory=set)
    extended: dict[str, str] = field(default_factory=dict)
    released: set[str] = field(default_factory=set)
    joined: int = 0


class Blocks:
    """Keeps so many people busy at once."""

    def __init__(self, doors: Doors, view: View, random: Random) -> None:
        """Nothing is asked for yet."""
        self.promises = Promises()
        self.gate = asyncio.Event()
        """Set while new blocks may begin."""
        self.gate.set()
        self._doors, self._view, self._random = doors, view, random
        self._numbers: Iterator[int] = count()
        self._closing = False
        self._ways: tuple[Callable[[str], Awaitable[None]], ...] = (
            self._wait, self._extend, self._renew, self._release, self._join,
        )  # fmt: skip

    async def run(self) -> None:
        """Play until closed; returns when nothing is left to wait for."""
        try:
            await asyncio.gather(*(self._play() for _ in range(AT_ONCE)))
        finally:
            await self._doors.close()

    def close(self) -> None:
        """Begin nothing new."""
        self._closing = True

    async def _play(self) -> None:
        while not self._closing:
            await self.gate.wait()
            number = next(self._numbers)
            target = KINDS[number % 4](number // 4)
            request = await self._ask(target, {"port": 443} if number % 12 in (4, 9) else {})
            await self._view.until(lambda request=request: self._is_held(request), PATIENCE_S)  # type: ignore[misc]
            await self._random.choice(self._ways)(request)
            await self._view.until(lambda request=request: self._is_over(request), PATIENCE_S)  # type: ignore[misc]

    async def _ask(self, target: str, params: Json) -> str:
        action = "network.block_segment" if "/" in target else "network.block_ip"
        body: Json = {"action": action, "target": target, "params": params, "reason": "the load says so"}
        answer = await self._doors.post("/actions", body | {"lease_s": self._random.randint(1, 4)}, PERSON)
        answer.raise_for_status()
        request = str(answer.json()["id"])
        self.promises.requests.add(request)
        return request

    async def _wait(self, request: str) -> None:
        """It ends when it ends."""

    async def _extend(self, request: str) -> None:
        lease = self._view.request(request).lease_id
        answer = await self._doors.post(f"/leases/{lease}/extension", {"by_s": 2, "reason": "longer"}, PERSON)
        if answer.is_success:
            self.promises.extended[str(lease)] = str(answer.json()["expires_at"])

    async def _release(self, request: str) -> None:
        lease = self._view.request(request).lease_id
        body: Json = {"reason": "enough"}
        answer, tries = await self._doors.ask(f"/leases/{lease}/release", body, PERSON)
        # Asked again after a crash, the engine may say that it is done already.
        self.promises.released |= {str(lease)} if answer.is_success or tries > 1 else set()

    async def _renew(self, request: str) -> None:
        """So much longer that the firewall has to be told; and let go once it was."""
        lease = str(self._view.request(request).lease_id)
        answer = await self._doors.post(f"/leases/{lease}/extension", {"by_s": 75, "reason": "much longer"}, PERSON)
        if answer.is_success:
            until = datetime.fromisoformat(str(answer.json()["expires_at"]))
            await self._view.until(lambda: self._told(lease) >= until, PATIENCE_S)
            await self._release(request)

    async def _join(self, request: str) -> None:
        """Somebody else wants exactly the same."""
        first = self._view.request(request)
        second = await self._ask(first.target, {name: given for name, given in first.params.items() if name == "port"})
        await self._view.until(lambda: self._is_held(second) or self._is_over(second), PATIENCE_S)
        self.promises.joined += self._view.request(second).lease_id == first.lease_id

    def _told(self, lease: str) -> datetime:
        return self._view.lease(lease).told_until or datetime.min.replace(tzinfo=UTC)

    def _is_held(self, request: str) -> bool:
        state = self._view.state(request)
        return state is RequestState.HELD or self._is_over(request)

    def _is_over(self, request: str) -> bool:
        state = self._view.state(request)
        return state is not None and is_final(state)
