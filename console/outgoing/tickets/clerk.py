"""Has every incident followed by its ticket in one system.

Rules: 1. Before a ticket is opened it is looked for under its key: killed in between, it is found and not opened again.
2. What was done stands in the ledger before the next thing is done, so that at most one comment is said twice. 3. What
the system refuses keeps nothing else back; what fails otherwise waits, and nothing in the engine waits for it.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from console.outgoing.pauses import wait_after
from console.outgoing.reading import AT_ONCE, next_entries
from console.outgoing.tickets.system import ContentRefused, System
from engine.control import ticketing
from engine.control.desk import Desk
from engine.control.ticketing import Job, Ticket
from engine.errors import InvalidInput, StoreUnavailable, TargetError
from engine.model.entry import Entry
from engine.store.store import Store
from engine.store.tx import Tx

LOG = logging.getLogger("fireline")
EVERY_S = 5.0
"""What happens meanwhile is one comment."""


class Clerk:
    """Serves one system; `site` keeps apart what several engines open there."""

    def __init__(
        self,
        store: Store,
        desk: Callable[[Tx], Desk],
        system: System,
        clock: Callable[[], datetime],
        *,
        site: str,
        simulated: bool,
    ) -> None:
        """`simulated` has incidents of a simulated site followed too."""
        self._store, self._desk, self._system, self._clock = store, desk, system, clock
        self._name, self._site, self._simulated = system.settings.name, site, simulated
        self._failures, self._next_at = 0, clock()

    async def run(self) -> None:
        """Follow until cancelled; a database that is away is read with the next look."""
        while True:
            try:
                while await self.follow():
                    pass
            except StoreUnavailable as error:
                LOG.warning("tickets wait: %s", error)
            await asyncio.sleep(EVERY_S)

    async def follow(self) -> bool:
        """Say what the next entries say; whether there may be more at once."""
        if self._clock() < self._next_at:
            return False
        reader = ticketing.reader_of(self._name)
        after = await self._store.read(lambda tx: tx.read_until.get(reader))
        if after is None:
            await self._store.write(lambda tx: tx.read_until.put(reader, tx.read_until.newest()))
            return False
        entries = await asyncio.to_thread(next_entries, self._store, after)
        try:
            await self._work(entries)
        except (TargetError, InvalidInput) as error:
            self._failed(error)
            return False
        self._failures = 0
        return len(entries) == AT_ONCE

    async def _work(self, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        found = await self._store.read(
            lambda tx: ticketing.jobs(tx, self._desk(tx), self._name, entries, simulated=self._simulated)
        )
        for job in found:
            try:
                await self._carry_out(job)
            except ContentRefused as error:
                await self._refused(job, str(error))
        reader, until = ticketing.reader_of(self._name), entries[-1].seq
        await self._store.write(lambda tx: tx.read_until.put(reader, until))

    async def _carry_out(self, job: Job) -> None:
        values, incident = ticketing.values(job, self._site), job.incident.id
        ticket = job.ticket if job.ticket.name else await self._opened(job)
        values["ticket"] = ticket.name
        refused = await self._told(job, values, ticket) if job.lines else None
        if job.closes:
            await self._system.close(values, [f"{incident} is closed in Fireline"])
            await self._store.write(lambda tx: ticketing.closed(tx, self._name, incident, ticket, self._clock()))
        if refused is not None:
            raise refused

    async def _told(self, job: Job, values: dict[str, str], ticket: Ticket) -> ContentRefused | None:
        """Whatever is wrong with what was said, an incident that is over has its ticket closed all the same."""
        try:
            await self._system.comment(values, ticketing.comment(job))
        except ContentRefused as error:
            return error
        await self._store.write(lambda tx: ticketing.told(tx, self._name, job, ticket, self._clock()))
        return None

    async def _opened(self, job: Job) -> Ticket:
        """Rule 1."""
        values = ticketing.values(job, self._site)
        ticket = await self._system.find(values) or await self._system.open(values, ticketing.description(job))
        await self._store.write(lambda tx: ticketing.opened(tx, self._name, job.incident.id, ticket, self._clock()))
        return ticket

    async def _refused(self, job: Job, because: str) -> None:
        LOG.warning("%s refuses what is said of %s: %s", self._name, job.incident.id, because)
        await self._store.write(lambda tx: ticketing.refused(tx, self._name, job.incident.id, because, self._clock()))

    def _failed(self, error: TargetError | InvalidInput) -> None:
        self._failures += 1
        self._next_at = self._clock() + wait_after(error, self._failures)
        if self._failures == 1:
            LOG.warning("tickets in %s wait: %s", self._name, error)
