"""Carries cards and their threads to one room: what the database says is to stand there, until it does.

Rules: 1. What is about to be sent is marked before: killed in between, or without an answer, the room is asked whether
it arrived before it is sent again. 2. A card is shown as it is when it is carried, lines in their order. 3. A room that
is away delays no other, and gets everything once it answers; it is asked again after pauses that grow, or as long as it
wishes. 4. A card that somebody deleted is put there again. 5. What cannot be carried keeps nothing else back; a card
that is refused is tried without mentions, for one that rings with nobody is more than none.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from console.chat.commands import with_commands
from console.chat.port import NOBODY, CardGone, Room
from console.outgoing.pauses import next_attempt
from console.outgoing.web import TryLater
from engine.control.carding import card_of
from engine.control.desks import Desks
from engine.control.moves import note
from engine.control.ringing import rung
from engine.digest import sha256
from engine.errors import FirelineError, StoreUnavailable, TargetRefused, TargetUnavailable
from engine.model.base import Json
from engine.model.card import Card
from engine.model.chat import Thread, ThreadLine
from engine.store.store import Store
from engine.store.tx import Tx

A = TypeVar("A")
LOG = logging.getLogger("fireline")
EVERY_S = 0.5
LONGEST_PAUSE = timedelta(seconds=10)
"""A card waits for people who have minutes to decide."""


class Courier:
    """One room's; `site` keeps apart what several engines say in it."""

    def __init__(self, store: Store, desks: Desks, room: Room, clock: Callable[[], datetime], *, site: str) -> None:
        """Nothing is carried before `run`."""
        self._store, self._desks, self._room, self._clock = store, desks, room, clock
        self._name, self._site = room.settings.name, site
        self._not_before: datetime | None = None

    async def run(self) -> None:
        """Carry until cancelled; a database that is away is asked again."""
        while True:
            try:
                await self.deliver()
            except StoreUnavailable as error:
                LOG.warning("room %s waits: %s", self._name, error)
            await asyncio.sleep(EVERY_S)

    async def deliver(self) -> None:
        """Carry everything that waits, until the room does not answer; as long as it wishes, nothing."""
        if self._not_before is not None and self._clock() < self._not_before:
            return
        # People wait for the cards; what is said beneath them only tells how it goes on.
        for step in (self._show, self._tell):
            if not await self._all(step):
                return

    async def _all(self, step: Callable[[Thread], Awaitable[None]]) -> bool:
        """One step for every card; whether the room answers."""
        waiting = await self._store.read(lambda tx: tx.threads.pending(self._name))
        for thread in sorted(waiting, key=lambda thread: bool(thread.ref)):
            if thread.tried is not None and self._clock() < thread.tried.next_at:
                continue
            try:
                await step(thread)
            except StoreUnavailable:
                raise
            except FirelineError as error:
                await self._failed(thread, error)
                if isinstance(error, TryLater):
                    self._not_before = self._clock() + error.after
                if isinstance(error, TargetUnavailable):
                    return False
        return True

    async def _show(self, thread: Thread) -> None:
        if not thread.ref:
            await self._post(thread)
        elif thread.shown < thread.changed:
            await self._update(thread)

    async def _tell(self, thread: Thread) -> None:
        for line in thread.waiting if thread.ref else ():
            await self._say(thread, line)

    async def _post(self, thread: Thread) -> None:
        card = await self._card(thread)
        changes: dict[str, object] = {"trying": "", "tried": None, "edited_at": self._clock()}
        if thread.trying:
            found = await self._room.find(thread.trying)
            ref = found or await self._ringing(thread, partial(self._room.post, thread.trying, card))
            # It may show what it was when it was sent first, and is shown anew with the next look.
            await self._keep(thread, {**changes, "ref": ref})
            return
        # With the digest, for a database that was put back asks other things under the same numbers.
        key = self._key(f"{thread.request_id}/card/{thread.posted}/{_asks(card)}")
        await self._keep(thread, {"trying": key})
        ref = await self._ringing(thread, partial(self._room.post, key, card))
        await self._keep(thread, {**changes, "ref": ref, "shown": thread.changed, "looks": _looks(card)})

    async def _update(self, thread: Thread) -> None:
        card = await self._card(thread)
        key = self._key(f"{thread.ref}/shown/{thread.changed}/{_looks(card)}")
        if _looks(card) != thread.looks:
            # Before and after: nobody knows when within the call it changes under a thumb.
            await self._keep(thread, {"edited_at": self._clock()})
            await self._ringing(thread, partial(self._room.update, key, thread.ref, card))
            shown: dict[str, object] = {"looks": _looks(card), "edited_at": self._clock()}
        else:
            shown = {}
        await self._keep(thread, {"shown": thread.changed, "tried": None, **shown})

    async def _say(self, thread: Thread, line: ThreadLine) -> None:
        key = self._key(f"{thread.ref}/{line.key}")
        arrived = await self._room.find(key, thread.ref) if thread.trying == key else None
        if arrived is None:
            await self._keep(thread, {"trying": key})
            await self._room.reply(key, thread.ref, line.text)
        await self._keep(thread, {"trying": "", "tried": None}, said=line)

    async def _card(self, thread: Thread) -> Card:
        room = self._room.settings
        card = await self._store.read(lambda tx: card_of(tx, self._desks(tx), *thread.requests, zone=room.zone))
        return card if room.before_commands is None else with_commands(card, room.before_commands)

    async def _ringing(self, thread: Thread, send: Callable[[Mapping[str, str]], Awaitable[A]]) -> A:
        """Send a card to whom it is to ring with (rule 5)."""
        to = await self._store.read(lambda tx: rung(tx, self._name, thread.requests))
        try:
            return await send(to)
        except TargetRefused as error:
            if not to or isinstance(error, CardGone):
                raise
            LOG.warning("room %s refuses %s with mentions: %s", self._name, thread.request_id, error)
            return await send(NOBODY)

    async def _failed(self, thread: Thread, error: FirelineError) -> None:
        """Keep that it is tried again; the first time in a row it is an entry."""
        attempt = next_attempt(thread.tried, error, self._clock(), LONGEST_PAUSE)
        LOG.warning("room %s waits with %s: %s", self._name, thread.request_id, error)
        changes: dict[str, object] = {"tried": attempt}
        if isinstance(error, CardGone):
            changes = {"tried": attempt, "ref": "", "looks": "", "trying": "", "posted": thread.posted + 1}
        body: Json = {"room": self._name, "because": str(error)}
        kind = "chat.card_gone" if isinstance(error, CardGone) else "chat.delayed"
        await self._keep(thread, changes, noting=(kind, body) if attempt.count == 1 else None)

    async def _keep(
        self,
        thread: Thread,
        changes: Mapping[str, object],
        said: ThreadLine | None = None,
        noting: tuple[str, Json] | None = None,
    ) -> None:
        """Change the row as it is by now: more may have happened to the request meanwhile."""

        def work(tx: Tx) -> None:
            current = tx.threads.card(self._name, thread.request_id) or thread
            waiting = tuple(line for line in current.waiting if line != said)
            after = current.model_copy(update={**changes, "waiting": waiting})
            tx.threads.save(after)
            if noting is not None:
                note(tx, f"request/{thread.request_id}", noting[0], self._clock(), noting[1])

        await self._store.write(work)

    def _key(self, name: str) -> str:
        return f"fireline-{sha256([self._site, self._name, name])[:24]}"


def _asks(card: Card) -> str:
    return sha256([item.digest for item in card.items])


def _looks(card: Card) -> str:
    return sha256(card.model_dump(mode="json"))
