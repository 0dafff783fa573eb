"""Reading the ledger of a database that nobody needs to be running."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.exc import SQLAlchemyError

from engine.errors import StoreUnavailable
from engine.store.database import open_existing, said
from engine.store.rows import table_of
from engine.store.tables import CheckpointRow, EntryRow

ENTRIES, CHECKPOINTS = table_of(EntryRow), table_of(CheckpointRow)
AT_ONCE = 1000
"""Entries in memory, of which a ledger may hold millions."""
NEXT = (
    select(ENTRIES.c.seq, ENTRIES.c.data, ENTRIES.c.hash)
    .where(ENTRIES.c.seq > bindparam("after"))
    .order_by(ENTRIES.c.seq)
    .limit(AT_ONCE)
)


@dataclass(frozen=True)
class LedgerReader:
    """The ledger's rows over one connection."""

    connection: Connection

    def entries(self, after: int = -1, subject: str | None = None) -> Iterator[tuple[int, bytes, str]]:
        """Entries in order, from behind `after`, of one subject or all: number, canonical bytes, recorded hash."""
        wanted = NEXT if subject is None else NEXT.where(ENTRIES.c.subject == subject)
        while True:
            rows = self.connection.execute(wanted, {"after": after}).all()
            yield from ((row.seq, row.data.encode(), row.hash) for row in rows)
            if len(rows) < AT_ONCE:
                return
            after = rows[-1].seq

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
