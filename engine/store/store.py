"""The store as the rest sees it: write a piece of work, read, seal the ledger, close."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from engine.errors import StoreUnavailable
from engine.store.chain import Chain
from engine.store.database import open_engine, said, take
from engine.store.reader import LedgerReader
from engine.store.tx import Tx
from engine.store.writer import Writer

T = TypeVar("T")


class Sealer(Protocol):
    """Signs the ledger's root and copies what it signed outside the database."""

    def sign(self, size: int, root: bytes) -> str: ...

    def copy(self, note: str) -> None: ...


class Store:
    """One database, one writer, many readers."""

    def __init__(self, url: str) -> None:
        """Migrate, take and open; raise `StoreUnavailable` where that cannot be done."""
        self._writing, self._reading = open_engine(url), open_engine(url, read_only=True)
        self.outbox_filled: Callable[[], None] = lambda: None
        self._uncopied: list[str] = []
        self._copying = asyncio.Lock()
        chain = Chain()
        with ExitStack() as failing:
            failing.callback(self._let_go)
            take(self._writing)
            with self.reading() as connection:
                chain.follow(connection)
            failing.pop_all()
        self._writer = Writer(self._writing, chain, lambda: self.outbox_filled())

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Do the work in one transaction; it is on disk when this returns."""
        return await self._writer.write(work)

    @property
    def alive(self) -> bool:
        """Whether the writer goes on; False where only a new start helps. That the database is away is no reason."""
        return self._writer.alive

    async def read(self, query: Callable[[Tx], T]) -> T:
        """Ask outside the writer, in a thread of its own; whatever the query writes is thrown away."""
        return await asyncio.to_thread(self.ask, query)

    def ask(self, query: Callable[[Tx], T]) -> T:
        """Like `read`, where there is no event loop."""
        with self.reading() as connection:
            return query(Tx(connection, Chain()))

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection whose transaction is rolled back at the end."""
        try:
            with self._reading.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StoreUnavailable(f"cannot read the database: {said(error)}") from error

    @contextmanager
    def ledger(self) -> Iterator[LedgerReader]:
        """The ledger's rows, as of now."""
        with self.reading() as connection:
            yield LedgerReader(connection)

    async def seal(self, sealer: Sealer, now: datetime) -> str | None:
        """Sign a checkpoint over everything committed and copy it out; None where nothing is new.

        What could not be copied out (the sealer's error is raised) is copied with the next call.
        """
        note = await self.write(lambda tx: _seal(tx, sealer, now))
        if note is not None:
            self._uncopied.append(note)
        async with self._copying:
            while self._uncopied:
                await asyncio.to_thread(sealer.copy, self._uncopied[0])
                del self._uncopied[0]
        return note

    def close(self) -> None:
        """Finish what is queued and let go of the database."""
        self._writer.close()
        self._let_go()

    def _let_go(self) -> None:
        self._writing.dispose()
        self._reading.dispose()


def _seal(tx: Tx, sealer: Sealer, now: datetime) -> str | None:
    tree = tx.unsealed
    if tree is None:
        return None
    note = sealer.sign(tree.size, tree.root())
    tx.checkpoint(tree.size, note, tree.to_text(), now)
    return note
