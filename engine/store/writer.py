"""The one thread that writes: concurrent pieces of work share a commit.

Rules: 1. Each piece runs alone under its own savepoint, so that one that fails takes nothing else with it. 2. Nobody
hears of success before the commit is on disk. 3. A failed commit fails every piece in it, and the ledger's chain in
memory stays where the disk is.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from engine.errors import FirelineError, StoreUnavailable
from engine.ledger.entries import Sealed
from engine.store.tx import Chain, Tx

T = TypeVar("T")
BATCH = 64
"""Pieces of work in one commit at the most."""


@dataclass
class Job(Generic[T]):
    """A piece of work and who waits for it."""

    work: Callable[[Tx], T]
    done: "Future[T]"
    result: T | None = None


class Writer:
    """Runs work in order in its own thread, as many pieces a commit as are waiting."""

    def __init__(
        self,
        engine: Engine,
        chain: Chain,
        committed: Callable[[list[Sealed], bool], None],
    ) -> None:
        """Start the thread. `committed` hears, in it, of each commit's ledger entries and whether the outbox filled."""
        self._engine, self._chain, self._committed = engine, chain, committed
        self._jobs: queue.SimpleQueue[Job[object] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Tx], T]) -> "Future[T]":
        """Queue a piece of work; the future ends once it is on disk, or failed."""
        done: Future[T] = Future()
        self._jobs.put(Job(work, done))  # type: ignore[arg-type]
        return done

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Do the work and wait until it is on disk."""
        return await asyncio.wrap_future(self.submit(work))

    def close(self) -> None:
        """Finish what is queued, then stop the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        open_ = True
        while open_:
            first = self._jobs.get()
            batch, open_ = self._take([] if first is None else [first], first is not None)
            if batch:
                self._commit(batch)

    def _take(self, batch: list[Job[object]], open_: bool) -> tuple[list[Job[object]], bool]:
        while open_ and len(batch) < BATCH and not self._jobs.empty():
            job = self._jobs.get_nowait()
            open_ = job is not None
            batch += [job] if job is not None else []
        return batch, open_

    def _commit(self, batch: list[Job[object]]) -> None:
        done: list[tuple[Job[object], Sequence[Sealed], bool]] = []
        try:
            with self._engine.connect() as connection, connection.begin():
                for job in batch:
                    done += self._attempt(connection, job)
        except SQLAlchemyError as error:
            self._chain.roll_back()
            _fail(batch, error)
            return
        self._chain.commit()
        self._committed([entry for _, entries, _ in done for entry in entries], any(filled for _, _, filled in done))
        for job, _, _ in done:
            job.done.set_result(job.result)

    def _attempt(self, connection: Connection, job: Job[object]) -> list[tuple[Job[object], Sequence[Sealed], bool]]:
        """Run one piece under its own savepoint; nothing comes of it (but its future's error) where it raised."""
        savepoint = connection.begin_nested()
        tx = Tx(connection, self._chain)
        try:
            job.result = job.work(tx)
            entries = tx.flush()
        except OperationalError:
            raise
        except Exception as error:  # whatever a piece of work raises is its caller's to handle, and only theirs
            savepoint.rollback()
            job.done.set_exception(error)
            return []
        savepoint.commit()
        self._chain.extend(len(entries), tx.heads)
        return [(job, entries, tx.outbox.filled)]


def _fail(batch: list[Job[object]], error: SQLAlchemyError) -> None:
    cause: FirelineError = StoreUnavailable(f"cannot write the database: {_reason(error)}")
    for job in batch:
        if not job.done.done():
            job.done.set_exception(cause)


def _reason(error: SQLAlchemyError) -> str:
    return str(error.orig) if isinstance(error, DBAPIError) else str(error)
