"""The store as the rest sees it: write a piece of work, read, seal the ledger, close."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol, TypeVar

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from engine.errors import StoreUnavailable
from engine.ledger.entries import Sealed
from engine.ledger.merkle import CompactRange, grow
from engine.store.database import migrate, open_engine
from engine.store.reader import LedgerReader
from engine.store.rows import table_of
from engine.store.tables import CheckpointRow, EntryRow
from engine.store.tx import Chain, Tx
from engine.store.writer import Writer

T = TypeVar("T")
ENTRIES, CHECKPOINTS = table_of(EntryRow), table_of(CheckpointRow)


class Sealer(Protocol):
    """Signs the ledger's root and copies what it signed outside the database."""

    def sign(self, size: int, root: bytes) -> str: ...

    def copy(self, note: str) -> None: ...


class Store:
    """One database, one writer, many readers."""

    def __init__(self, url: str) -> None:
        """Migrate and open; raise `StoreUnavailable` where that cannot be done."""
        migrate(url)
        self._writing, self._reading = open_engine(url), open_engine(url, read_only=True)
        self._tree, self._sealed_size = self._load_tree()
        self.outbox_filled: Callable[[], None] = lambda: None
        self._writer = Writer(self._writing, Chain(self._tree.size), self._committed)

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Do the work in one transaction; it is on disk when this returns."""
        return await self._writer.write(work)

    async def read(self, query: Callable[[Tx], T]) -> T:
        """Ask outside the writer, in a thread of its own; whatever the query writes is thrown away."""
        return await asyncio.to_thread(self.ask, query)

    def ask(self, query: Callable[[Tx], T]) -> T:
        """Like `read`, where there is no event loop."""
        with self.reading() as connection:
            return query(Tx(connection, Chain(0)))

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection whose transaction is rolled back at the end."""
        try:
            with self._reading.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StoreUnavailable(f"cannot read the database: {error}") from error

    async def seal(self, sealer: Sealer, now: datetime) -> str | None:
        """Sign a checkpoint over everything committed and copy it out; None where nothing is new."""
        sealed = await self.write(lambda tx: self._seal(tx, sealer, now))
        if sealed is None:
            return None
        self._sealed_size, note = sealed
        await asyncio.to_thread(sealer.copy, note)
        return note

    def _seal(self, tx: Tx, sealer: Sealer, now: datetime) -> tuple[int, str] | None:
        # INVARIANT: this runs in the writer's thread, so the tree covers exactly what is committed.
        size = self._tree.size
        if size == self._sealed_size:
            return None
        note = sealer.sign(size, self._tree.root())
        tx.checkpoint(size, note, self._tree.to_text(), now)
        return size, note

    def close(self) -> None:
        """Finish what is queued and let go of the files."""
        self._writer.close()
        self._writing.dispose()
        self._reading.dispose()

    def _committed(self, entries: list[Sealed], outbox_filled: bool) -> None:
        self._tree = grow((bytes.fromhex(entry.hash) for entry in entries), self._tree)
        if outbox_filled:
            self.outbox_filled()

    def _load_tree(self) -> tuple[CompactRange, int]:
        c, k = ENTRIES.c, CHECKPOINTS.c
        with self.reading() as connection:
            last = connection.execute(select(k.size, k.frontier).order_by(k.size.desc()).limit(1)).first()
            tree = CompactRange() if last is None else CompactRange.from_text(last.frontier)
            leaves = connection.execute(select(c.hash).where(c.seq >= tree.size).order_by(c.seq)).scalars()
            tree = grow(map(bytes.fromhex, leaves), tree)
            count = connection.execute(select(func.count()).select_from(ENTRIES)).scalar_one()
        return tree, 0 if last is None else min(last.size, count)

    @contextmanager
    def ledger(self) -> Iterator[LedgerReader]:
        """The ledger's rows, as of now."""
        with self.reading() as connection:
            yield LedgerReader(connection)
