"""Says in one room what single people are to be told alone: enrolments in their name, and that they are asked.

Rules: 1. What is about to be said is marked before: where nobody knows whether it arrived, it is said again or not, as
it wants (`engine.model.enrolling.Whisper`). 2. A room that is away gets it once it answers, until it lapses. 3. Whoever
cannot be told is an entry, and keeps nobody else from being told. 4. Reminders of one user come half a minute apart at
least: what is added meanwhile is said with the next.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from console.chat.port import Room
from console.outgoing.pauses import next_attempt
from console.outgoing.web import TryLater
from engine.control.moves import note
from engine.errors import FirelineError, StoreUnavailable, TargetUnavailable
from engine.model.base import Json
from engine.model.enrolling import Whisper
from engine.store.store import Store
from engine.store.tx import Tx

LOG = logging.getLogger("fireline")
EVERY_S = 1.0
AT_ONCE = 100
APART = timedelta(seconds=30)


class Whisperer:
    """One room's."""

    def __init__(self, store: Store, room: Room, clock: Callable[[], datetime]) -> None:
        """Nothing is said before `run`."""
        self._store, self._room, self._clock = store, room, clock
        self._name = room.settings.name
        self._not_before: datetime | None = None
        self._reminded: dict[str, datetime] = {}

    async def run(self) -> None:
        """Tell people until cancelled; a database that is away is asked again."""
        while True:
            try:
                await self.deliver()
            except StoreUnavailable as error:
                LOG.warning("nobody is told alone in %s for now: %s", self._name, error)
            await asyncio.sleep(EVERY_S)

    async def deliver(self) -> None:
        """Say everything that waits, until the room does not answer; as long as it wishes, nothing."""
        if self._not_before is not None and self._clock() < self._not_before:
            return
        after = ""
        while page := await self._page(after):
            for one in page:
                if not await self._take(one):
                    return
            after = page[-1].id

    async def _page(self, after: str) -> Sequence[Whisper]:
        return await self._store.read(lambda tx: tx.whispers.waiting(self._name, AT_ONCE, after))

    async def _take(self, one: Whisper) -> bool:
        """Say it where it is due; whether the room can be asked to say the next one."""
        if self._is_over(one):
            await self._drop(one, "it lapsed before it could be said" if one.tried else "")
            return True
        return not self._is_due(one) or await self._say(one)

    def _is_over(self, one: Whisper) -> bool:
        """Lapsed; or begun before, where twice is worse than never (rule 1)."""
        return self._clock() >= one.lapses_at or (one.trying and not one.again)

    def _is_due(self, one: Whisper) -> bool:
        """Rule 4: what is only worth saying for a while may wait, as long as that is not for too long."""
        after = one.tried.next_at if one.tried is not None else self._clock()
        if not one.again and one.user in self._reminded:
            after = max(after, min(self._reminded[one.user] + APART, one.lapses_at - APART))
        return self._clock() >= after

    async def _say(self, one: Whisper) -> bool:
        """Whether the room can be asked to say the next one."""
        one = await self._store.write(lambda tx: _begun(tx, one))
        if not one.again:
            self._reminded[one.user] = self._clock()
        try:
            await self._room.tell(one.user, one.text)
        except TargetUnavailable as error:
            await self._wait(one, error)
            return False
        except StoreUnavailable:
            raise
        except FirelineError as error:
            await self._drop(one, str(error))
        else:
            await self._drop(one, "")
        return True

    async def _wait(self, one: Whisper, error: TargetUnavailable) -> None:
        tried = next_attempt(one.tried, error, self._clock())
        self._not_before = tried.next_at if isinstance(error, TryLater) else None
        LOG.warning("%s is not told in %s for now: %s", one.user, self._name, error)
        await self._keep(one.model_copy(update={"trying": False, "tried": tried}))

    async def _keep(self, one: Whisper) -> None:
        await self._store.write(lambda tx: tx.whispers.save(one))

    async def _drop(self, one: Whisper, because: str) -> None:
        """It was said, or never will be, which is an entry."""

        def work(tx: Tx) -> None:
            tx.whispers.delete(one.id)
            if because:
                body: Json = {"room": one.room, "user": one.user, "because": because}
                note(tx, one.subject, "chat.untold", self._clock(), body)

        await self._store.write(work)


def _begun(tx: Tx, one: Whisper) -> Whisper:
    """Mark it as it stands by now: more may have been added to it."""
    begun = (tx.whispers.get(one.id) or one).model_copy(update={"trying": True})
    tx.whispers.save(begun)
    return begun
