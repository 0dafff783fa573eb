"""The one thread that writes: concurrent pieces of work share a commit.

Rules: 1. Each piece runs alone under its own savepoint, so that one that fails takes nothing else with it. 2. Nobody
hears of anything before the commit is on disk. 3. A failed commit fails every piece in it, and the ledger's chain in
memory stays where the disk is. 4. Everybody hears: of success, of what the piece raised, or of why the store is away.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError

from engine.errors import EngineBug, FirelineError, InvalidInput, StaleState, StoreTaken, StoreUnavailable
from engine.store.chain import Chain
from engine.store.database import said
from engine.store.pulse import Pulse
from engine.store.reads import begin, end, follow
from engine.store.tx import Tx

T = TypeVar("T")
BATCH = 64
"""Pieces of work in one commit at the most."""
ENDLESS_S = 60.0
"""By itself a piece of work takes milliseconds; what takes so long does not end."""


@dataclass
class Job(Generic[T]):
    """A piece of work, who waits for it, and what they will hear once the commit has ended."""

    work: Callable[[Tx], T]
    done: "Future[T]"
    result: T | None = None
    error: BaseException | None = None
    nudges: bool = False

    def answer(self) -> None:
        """Tell the one who waits."""
        if self.error is not None:
            self.done.set_exception(self.error)
        else:
            self.done.set_result(self.result)  # type: ignore[arg-type]


class Writer:
    """Runs work in order in its own thread, as many pieces a commit as are waiting."""

    def __init__(self, engine: Engine, chain: Chain, nudged: Callable[[], None]) -> None:
        """Start the thread. `nudged` is called in it after a commit that has put something into the outbox."""
        self._engine, self._chain, self._nudged = engine, chain, nudged
        follow(engine)
        self._pulse = Pulse(engine)
        self._jobs: queue.SimpleQueue[Job[object] | None] = queue.SimpleQueue()
        self._gate, self._closed = threading.Lock(), False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Tx], T]) -> "Future[T]":
        """Queue a piece of work; the future ends once it is on disk, or failed."""
        done: Future[T] = Future()
        with self._gate:
            if self._closed:
                done.set_exception(StoreUnavailable("the store is closed"))
            else:
                self._jobs.put(Job(work, done))  # type: ignore[arg-type]
        return done

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Do the work and wait until it is on disk."""
        return await asyncio.wrap_future(self.submit(work))

    @property
    def alive(self) -> bool:
        """Whether the thread goes on, however long the database keeps it waiting."""
        return self._thread.is_alive() and self._pulse.own_s < ENDLESS_S

    def close(self) -> None:
        """Finish what is queued, then stop the thread; whoever comes later is refused."""
        self._shut()
        self._thread.join()

    def _shut(self) -> None:
        with self._gate:
            self._closed = True
            self._jobs.put(None)

    def _run(self) -> None:
        try:
            while batch := self._take():
                self._commit(batch)
        finally:
            self._shut()
            self._refuse_rest()

    def _take(self) -> list[Job[object]]:
        """Wait for work, and take what is there by then; empty once the store is closed and everything is done."""
        batch: list[Job[object]] = []
        while len(batch) < BATCH and not (batch and self._jobs.empty()):
            job = self._jobs.get()
            if job is None:
                self._jobs.put(None)
                break
            # Somebody who has stopped waiting before it began wants nothing done; later they cannot call it off.
            if job.done.set_running_or_notify_cancel():
                batch.append(job)
        return batch

    def _commit(self, batch: list[Job[object]]) -> None:
        try:
            with self._engine.connect() as connection, connection.begin():
                self._chain.follow(connection)
                for job in batch:
                    self._attempt(connection, job)
            self._chain.commit()
        except (SQLAlchemyError, StoreUnavailable) as error:
            self._chain.roll_back()
            for job in batch:
                job.error, job.nudges = _away(error), False
        except BaseException:  # the thread is ending: nobody may be left waiting for it
            for job in batch:
                job.error = EngineBug("the writer failed; what became of this is not known")
            raise
        finally:
            for job in batch:
                job.answer()
        if any(job.nudges for job in batch):
            self._nudged()

    def _attempt(self, connection: Connection, job: Job[object]) -> None:
        """Run one piece under its own savepoint; nothing comes of it (but its error) where it raised."""
        begin(connection)
        tx = Tx(connection, self._chain)
        connection.exec_driver_sql("SAVEPOINT piece")
        try:
            with self._pulse.working():
                job.result = job.work(tx)
                entries = tx.flush()
        except DBAPIError as error:
            job.error = _own_fault(error)
            if job.error is None:
                raise
        except BaseException as error:  # whatever a piece of work raises is its caller's to handle, and only theirs
            job.error = error
        finally:
            end(connection)
        if job.error is not None:
            connection.exec_driver_sql("ROLLBACK TO piece")
        connection.exec_driver_sql("RELEASE piece")
        if job.error is None:
            self._chain.extend(entries)
            job.nudges = tx.outbox.filled

    def _refuse_rest(self) -> None:
        while not self._jobs.empty():
            job = self._jobs.get()
            if job is not None and job.done.set_running_or_notify_cancel():
                job.done.set_exception(StoreUnavailable("the store is closed"))


def _own_fault(error: DBAPIError) -> FirelineError | None:
    """What one statement did wrong; None for what the database says about itself."""
    match error:
        case IntegrityError():
            return StaleState(f"somebody else was first: {said(error)}")
        case DataError():
            return InvalidInput(f"the database cannot keep this: {said(error)}")
        case ProgrammingError():
            return EngineBug(f"the database does not take a statement: {said(error)}")
        case _:
            return None


def _away(error: SQLAlchemyError | StoreUnavailable) -> StoreUnavailable:
    """One for each who waits; what says more than that it is away stays what it is."""
    told = said(error) if isinstance(error, SQLAlchemyError) else str(error)
    kind = StoreTaken if isinstance(error, StoreTaken) else StoreUnavailable
    away = kind(f"cannot write the database: {told}")
    away.__cause__ = error
    return away
