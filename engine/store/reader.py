"""Reading the ledger of a database that nobody needs to be running."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from engine.errors import StoreUnavailable
from engine.store.database import open_existing, said
from engine.store.rows import table_of
from engine.store.tables import CheckpointRow, EntryRow

ENTRIES, CHECKPOINTS = table_of(EntryRow), table_of(CheckpointRow)


@dataclass(frozen=True)
class LedgerReader:
    """The ledger's rows over one connection."""

    connection: Connection

    def entries(self, after: int = -1, subject: str | None = None) -> Iterator[tuple[int, bytes, str]]:
        """Entries in order, from behind `after`, of one subject or all: number, canonical bytes, recorded hash."""
        c = ENTRIES.c
        query = select(c.seq, c.data, c.hash).where(c.seq > after).order_by(c.seq)
        wanted = query if subject is None else query.where(c.subject == subject)
        for row in self.connection.execute(wanted.execution_options(yield_per=1000)):
            yield row.seq, row.data.encode(), row.hash

    def checkpoints(self) -> list[str]:
        """Every signed checkpoint, smallest first."""
        return list(self.connection.execute(select(CHECKPOINTS.c.note).order_by(CHECKPOINTS.c.size)).scalars())


@contextmanager
def open_reader(url: str) -> Iterator[LedgerReader]:
    """Open without migrating or changing anything; raise `StoreUnavailable` where there is no ledger."""
    engine = open_existing(url)
    try:
        with engine.connect() as connection:
            yield LedgerReader(connection)
    except SQLAlchemyError as error:
        raise StoreUnavailable(f"there is no ledger to read: {said(error)}") from error
    finally:
        engine.dispose()
