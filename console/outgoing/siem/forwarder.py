"""Carrying events out: each to every receiver at least once, in the order of the ledger.

Rules: 1. How far a receiver has come stands in the database, and is written once it has taken a batch: killed in
between, the batch goes out again under the same ids. 2. What a receiver refuses for good is recorded by its id, and
keeps nothing else back; what fails otherwise waits, after pauses that grow, or as long as the receiver wishes.
3. Receivers wait neither for each other nor does anything in the engine for them.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from console.outgoing.pauses import wait_after
from console.outgoing.reading import AT_ONCE, next_entries
from console.outgoing.siem.port import ContentRefused, Receiver
from engine.control.desk import Desk
from engine.control.forwarding import Numbered, Refusal, events, forwarded, reader_of
from engine.errors import InvalidInput, StoreUnavailable, TargetError
from engine.model.entry import Entry
from engine.ocsf import uid
from engine.store.store import Store
from engine.store.tx import Tx

LOG = logging.getLogger("fireline")
EVERY_S = 1.0


class Forwarder:
    """Serves one receiver; `site` is the engine's name there."""

    def __init__(
        self,
        store: Store,
        desk: Callable[[Tx], Desk],
        receiver: Receiver,
        clock: Callable[[], datetime],
        *,
        site: str,
        simulated: bool,
    ) -> None:
        """`simulated` has what happens on a simulated site sent too."""
        self._store, self._desk, self._receiver, self._clock = store, desk, receiver, clock
        self._name, self._site, self._simulated = receiver.settings.name, site, simulated
        self._failures, self._next_at = 0, clock()

    async def run(self) -> None:
        """Forward until cancelled; a database that is away is read with the next look."""
        while True:
            try:
                while await self.forward():
                    pass
            except StoreUnavailable as error:
                LOG.warning("events wait: %s", error)
            await asyncio.sleep(EVERY_S)

    async def forward(self) -> bool:
        """Send what the next entries say; whether there may be more at once."""
        if self._clock() < self._next_at:
            return False
        after = await self._store.read(lambda tx: tx.read_until.get(reader_of(self._name)))
        if after is None:
            await self._store.write(lambda tx: tx.read_until.put(reader_of(self._name), tx.read_until.newest()))
            return False
        entries = await asyncio.to_thread(next_entries, self._store, after)
        try:
            await self._send_all(entries)
        except (TargetError, InvalidInput) as error:
            self._failed(error)
            return False
        self._failures = 0
        return len(entries) == AT_ONCE

    async def _send_all(self, entries: Sequence[Entry]) -> None:
        """Batch by batch, each marked once it is taken; then the entries behind the last of them that say nothing."""
        if not entries:
            return
        told = await self._store.read(
            lambda tx: events(tx, self._desk(tx), entries, self._site, simulated=self._simulated)
        )
        for start in range(0, len(told), self._receiver.at_once):
            batch = told[start : start + self._receiver.at_once]
            refused = await self._send(batch)
            await self._mark(batch[-1].seq, refused)
        if not told or told[-1].seq < entries[-1].seq:
            await self._mark(entries[-1].seq, [])

    async def _send(self, batch: Sequence[Numbered]) -> list[Refusal]:
        """The ids that were refused, and why: what a batch is refused for is looked for in its halves."""
        try:
            await self._receiver.send([one.event for one in batch])
        except ContentRefused as error:
            if len(batch) == 1:
                return [Refusal(uid(self._site, batch[0].seq), str(error))]
            half = len(batch) // 2
            return [*await self._send(batch[:half]), *await self._send(batch[half:])]
        return []

    async def _mark(self, seq: int, refused: Sequence[Refusal]) -> None:
        if refused:
            LOG.warning("receiver %s refuses %s events: %s", self._name, len(refused), refused[0].because)
        await self._store.write(lambda tx: forwarded(tx, self._name, seq, refused, self._clock()))

    def _failed(self, error: TargetError | InvalidInput) -> None:
        self._failures += 1
        self._next_at = self._clock() + wait_after(error, self._failures)
        if self._failures == 1:
            LOG.warning("events for %s wait: %s", self._name, error)
