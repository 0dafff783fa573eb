"""Looks after the engine itself: a minute by minute whether it is well, each hour whether the rota can answer.

Rule: where even the database is away no page can be written; then the channels are asked at once, so that people know.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from console.outgoing.channels import Channel
from console.staff import staff
from engine.control.alarms import watch_health, watch_quorums
from engine.control.desk import Desk
from engine.control.desks import Desks
from engine.control.paging import AUDIENCE
from engine.control.sick_rooms import sick_rooms
from engine.errors import InvalidInput, StoreUnavailable
from engine.model.page import Event, Message
from engine.outgoing import is_simulated, notice, whom
from engine.settings import Settings
from engine.store.store import Store

LOG = logging.getLogger("fireline")
EVERY_S = 60.0
QUORUMS_EVERY = timedelta(hours=1)
PATIENCE = 2
"""How many looks in a row have to fail before anybody is woken."""
CRY_EVERY = 15
"""And in how many looks the channels are asked again while the database is away."""


class Alarms:
    """One engine's; `answers` says whether Temporal does."""

    def __init__(
        self,
        store: Store,
        desks: Desks,
        channels: Sequence[Channel],
        settings: Settings,
        answers: Callable[[], Awaitable[bool]],
        *,
        site: str,
    ) -> None:
        """Nothing has failed yet."""
        self._store, self._desks, self._channels = store, desks, channels
        self._settings, self._answers, self._site = settings, answers, site
        self._unanswered, self._unwritten = 0, 0
        self._quorums_at: datetime | None = None

    async def run(self, clock: Callable[[], datetime]) -> None:
        """Look until cancelled."""
        while True:
            await self.look(clock())
            await asyncio.sleep(EVERY_S)

    async def look(self, now: datetime) -> None:
        """One look at everything that is due."""
        self._unanswered = 0 if await self._answers() else self._unanswered + 1
        away = {"temporal": "Temporal does not answer"} if self._unanswered >= PATIENCE else {}
        rooms = [one.name for one in self._settings.rooms]
        try:
            await self._store.write(
                lambda tx: watch_health(tx, self._desks(tx), {**away, **sick_rooms(tx, rooms, now)}, now)
            )
            await self._look_at_quorums(now)
            self._unwritten = 0
        except StoreUnavailable as error:
            self._unwritten += 1
            if self._unwritten >= PATIENCE and (self._unwritten - PATIENCE) % CRY_EVERY == 0:
                await self._cry(f"the database is away, and nothing new is done: {error}", now)

    async def _look_at_quorums(self, now: datetime) -> None:
        if self._quorums_at is not None and now < self._quorums_at + QUORUMS_EVERY:
            return
        try:
            there = await asyncio.to_thread(staff, self._settings.people_file, (), now)
        except InvalidInput as error:
            LOG.warning("the rota cannot be read: %s", error)
            return
        await self._store.write(lambda tx: watch_quorums(tx, self._desks(tx), there, now))
        self._quorums_at = now

    async def _cry(self, text: str, now: datetime) -> None:
        """Tell every channel that hears pages, without a row."""
        message = Message(
            id=f"MS-{int(now.timestamp())}",
            event=Event.TRIGGER,
            about="database",
            audience=AUDIENCE,
            subject="engine",
            title=text,
            made_at=now,
        )
        desk: Desk = self._desks()
        simulated = is_simulated(message, desk.executors)
        if simulated and not self._settings.page_simulated:
            return
        sent = notice(message, whom(desk.people, (), 0, now), simulated, self._site)
        hearing = [one for one in self._channels if AUDIENCE in one.settings.hears]
        # Whatever becomes of one channel, a mistake of ours in it included, the others are asked.
        said = await asyncio.gather(*(one.send(sent, now) for one in hearing), return_exceptions=True)
        for one, error in zip(hearing, said, strict=True):
            if error is not None:
                LOG.warning("channel %s waits: %r", one.settings.name, error)
