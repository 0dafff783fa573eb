"""Reading the ledger of a database that nobody needs to be running."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from engine.errors import StoreUnavailable
from engine.store.database import open_engine
from engine.store.rows import table_of
from engine.store.tables import CheckpointRow, EntryRow

ENTRIES, CHECKPOINTS = table_of(EntryRow), table_of(CheckpointRow)


@dataclass(frozen=True)
class LedgerReader:
    """The ledger's rows over one connection."""

    connection: Connection

    def entries(self) -> Iterator[tuple[int, bytes, str]]:
        """Every entry in order: number, canonical bytes, recorded hash."""
        c = ENTRIES.c
        rows = self.connection.execute(select(c.seq, c.data, c.hash).order_by(c.seq).execution_options(yield_per=1000))
        for row in rows:
            yield row.seq, row.data.encode(), row.hash

    def checkpoints(self) -> list[str]:
        """Every signed checkpoint, smallest first."""
        return list(self.connection.execute(select(CHECKPOINTS.c.note).order_by(CHECKPOINTS.c.size)).scalars())


@contextmanager
def open_reader(url: str) -> Iterator[LedgerReader]:
    """Open without migrating or changing anything; raise `StoreUnavailable` where there is no ledger."""
    engine = open_engine(url, read_only=True)
    try:
        with engine.connect() as connection:
            yield LedgerReader(connection)
    except SQLAlchemyError as error:
        raise StoreUnavailable(f"there is no ledger to read: {getattr(error, 'orig', error)}") from error
    finally:
        engine.dispose()
