"""Carrying messages out: each through every channel that hears it, at least once, in the order of its page.

Rules: 1. A message stands in the database until all have taken it: killed in between, it goes out again under the same
key. 2. Channels do not wait for each other. 3. What a channel refuses for good is recorded, and keeps nothing else
back; what fails otherwise is tried for ever, after pauses that grow, or as long as the receiver wishes. 4. What is
simulated stays here unless the site wants it sent.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial

from console.beside import unending
from console.outgoing.channels import Channel, hears
from console.outgoing.pauses import next_attempt
from engine.control.desk import Desk
from engine.control.moves import note
from engine.errors import FirelineError, InvalidInput, SecretAway, StoreUnavailable, TargetRefused, TargetUnavailable
from engine.model.page import Event, Message
from engine.outgoing import addressed, is_simulated, notice, whom
from engine.store.store import Store
from engine.store.tx import Tx

LOG = logging.getLogger("fireline")
EVERY_S = 1.0
AT_ONCE = 5000
"""Messages are few: pages have one a cause, and what is told comes in batches."""


class Postman:
    """Carries the messages of one engine; `site` is its name at receivers that hear of several."""

    def __init__(
        self,
        store: Store,
        desk: Callable[[], Desk],
        channels: Sequence[Channel],
        clock: Callable[[], datetime],
        *,
        site: str,
        simulated: bool,
    ) -> None:
        """`simulated` has what happens on a simulated site sent too (rule 4)."""
        self._store, self._desk, self._clock = store, desk, clock
        self._channels, self._site, self._simulated = tuple(channels), site, simulated

    async def run(self) -> None:
        """Deliver until cancelled; a database that is away is asked again."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._for_ever(self.forget_unheard))
            for one in self._channels:
                # A mistake of ours in one channel must not end the others, nor the engine.
                group.create_task(unending(partial(self._for_ever, partial(self.deliver, one))))

    async def _for_ever(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except StoreUnavailable as error:
                LOG.warning("messages wait: %s", error)
            await asyncio.sleep(EVERY_S)

    async def deliver(self, channel: Channel) -> None:
        """Send what waits for one channel; what belongs to a page that is held up stays behind it."""
        waiting = await self._store.read(lambda tx: tx.messages.waiting(AT_ONCE))
        name, held = channel.settings.name, set[str]()
        for message in waiting:
            if name in message.sent or not hears(channel.settings, message) or message.about in held:
                continue
            tried = message.tried.get(name)
            if tried is not None and self._clock() < tried.next_at:
                held.add(message.about)
            elif not await self._send(channel, message):
                # Whoever does not answer now need not be asked about everything else that waits.
                return

    async def forget_unheard(self) -> None:
        """Drop what no channel hears, or every one has had; the page itself stands all the same."""
        waiting = await self._store.read(lambda tx: tx.messages.waiting(AT_ONCE))
        done = [message.id for message in waiting if self._is_done(message)]
        if done:
            await self._store.write(lambda tx: _delete(tx, done))

    async def _send(self, channel: Channel, message: Message) -> bool:
        """Whether the channel can be asked about the next one."""
        now, desk = self._clock(), self._desk()
        simulated = is_simulated(message, desk.executors)
        if simulated and not self._simulated:
            await self._done(channel, message, "kept_quiet", "simulated")
            return True
        if message.event is Event.TELL:
            people = addressed(desk.people, message.groups, now)
        else:
            people = whom(desk.people, message.groups, message.round, now)
        try:
            await channel.send(notice(message, people, simulated, self._site), now)
        except (TargetUnavailable, SecretAway) as error:
            await self._failed(channel, message, error)
            return False
        except (TargetRefused, InvalidInput) as error:
            LOG.warning("channel %s refuses %s: %s", channel.settings.name, message.id, error)
            await self._done(channel, message, "refused", str(error))
        else:
            await self._done(channel, message, "sent", "")
        return True

    async def _done(self, channel: Channel, message: Message, how: str, because: str) -> None:
        name, now = channel.settings.name, self._clock()

        def work(tx: Tx) -> None:
            current = tx.messages.get(message.id)
            if current is None:
                return
            after = current.model_copy(update={"sent": (*current.sent, name)})
            told = {"message": message.id, "channel": name, "event": message.event, "because": because}
            note(tx, _subject(message), f"message.{how}", now, {**told})
            if self._is_done(after):
                tx.messages.delete(after.id)
            else:
                tx.messages.save(after)

        await self._store.write(work)

    async def _failed(self, channel: Channel, message: Message, error: FirelineError) -> None:
        name, now = channel.settings.name, self._clock()
        attempt = next_attempt(message.tried.get(name), error, now)

        def work(tx: Tx) -> None:
            current = tx.messages.get(message.id)
            if current is None:
                return
            tx.messages.save(current.model_copy(update={"tried": {**current.tried, name: attempt}}))
            if attempt.count == 1:
                body = {"message": message.id, "channel": name, "because": str(error)}
                note(tx, _subject(message), "message.delayed", now, {**body})

        LOG.warning("channel %s waits: %s", name, error)
        await self._store.write(work)

    def _is_done(self, message: Message) -> bool:
        wanted = {one.settings.name for one in self._channels if hears(one.settings, message)}
        return wanted <= {*message.sent}


def _delete(tx: Tx, ids: Sequence[str]) -> None:
    for one in ids:
        tx.messages.delete(one)


def _subject(message: Message) -> str:
    return f"page/{message.about}" if message.about.startswith("PG-") else message.subject
