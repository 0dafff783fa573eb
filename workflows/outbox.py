"""Delivering the outbox: every row starts or nudges its workflow at least once after its commit."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from engine.errors import StoreUnavailable
from engine.model.orders import LeaseInput, RespondInput, WatchInput
from engine.store.store import Store
from workflows import timeouts

LOG = logging.getLogger(__name__)
BATCH = 50
SWEEP_EVERY_S = 5.0
"""Undelivered rows are looked for this often even if nobody said so."""


class Row(Protocol):
    """An outbox row."""

    id: int
    workflow: str
    workflow_id: str
    subject: str


class Dispatcher:
    """Delivers until cancelled; a Temporal that is away delays it, and loses nothing."""

    def __init__(
        self,
        store: Store,
        client: Client,
        queue: str,
        within: Callable[[str], AbstractContextManager[None]] = lambda workflow_id: nullcontext(),
    ) -> None:
        """Deliver `store`'s rows through `client`, to workflows on `queue`, each `within` its trace."""
        self._store, self._client, self._queue, self._within = store, client, queue, within
        self._wake = asyncio.Event()
        loop = asyncio.get_running_loop()
        store.outbox_filled = lambda: _set(loop, self._wake)

    async def run(self) -> None:
        """Deliver what is there, then wait for more."""
        while True:
            self._wake.clear()
            try:
                while await self._deliver():
                    pass
            except (RPCError, StoreUnavailable) as error:
                # Temporal or the disk is away; the rows stay, and releases must go on meanwhile.
                LOG.warning("the outbox waits: %s", error)
                await asyncio.sleep(1)
                continue
            try:
                await asyncio.wait_for(self._wake.wait(), SWEEP_EVERY_S)
            except TimeoutError:
                continue

    async def _deliver(self) -> bool:
        """Deliver one batch, once per workflow; say whether there may be more."""
        rows = await self._store.read(lambda tx: tx.outbox.pending(BATCH))
        newest: Mapping[str, Row] = {row.workflow_id: row for row in rows}
        answers = await asyncio.gather(*(self._send(row) for row in newest.values()), return_exceptions=True)
        failed = {name: answer for name, answer in zip(newest, answers, strict=True) if answer is not None}
        done = [row.id for row in rows if row.workflow_id not in failed]
        if done:
            await self._store.write(lambda tx: tx.outbox.delivered(done))
        for error in failed.values():
            # One that cannot be sent must not keep back what stands behind it in the next batch.
            raise error
        return len(rows) == BATCH

    async def _send(self, row: Row) -> None:
        with self._within(row.workflow_id):
            await self._client.start_workflow(
                row.workflow,
                _input(row),
                id=row.workflow_id,
                task_queue=timeouts.workflow_queue(row.workflow, self._queue),
                task_timeout=timeouts.TASK,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                start_signal="nudge",
            )


def _input(row: Row) -> RespondInput | LeaseInput | WatchInput:
    match row.workflow:
        case "Respond":
            return RespondInput(incident_id=row.subject)
        case "Lease":
            return LeaseInput(key=row.subject)
        case _:
            return WatchInput(connector=row.subject)


def _set(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(event.set)
