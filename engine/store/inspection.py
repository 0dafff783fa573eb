"""Looking at a database from outside, in a moment and without changing anything: for `fireline doctor`."""

from dataclasses import dataclass
from datetime import datetime

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from engine.errors import StoreUnavailable
from engine.ledger.entries import parse
from engine.ledger.merkle import CompactRange, leaf_hash
from engine.store import postgresql
from engine.store.database import MIGRATIONS, open_existing, said
from engine.store.reader import LedgerReader
from engine.store.rows import table_of
from engine.store.tables import CheckpointRow, EntryRow

ENTRIES, CHECKPOINTS = table_of(EntryRow), table_of(CheckpointRow)
TAIL = 200
"""Entries at the end whose bytes are held against their hashes."""


@dataclass(frozen=True)
class Head:
    """The end of the ledger: its size, the last checkpoint with the tree it was signed over, and what is off."""

    entries: int
    note: str | None
    tree: CompactRange
    last_at: datetime | None
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Inspection:
    """The schema and the newest that this release knows, what the database says of itself, and the ledger's end."""

    revision: str | None
    newest: str
    problems: tuple[str, ...]
    head: Head | None


def newest_revision() -> str:
    """The schema that this release works with."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config).get_current_head() or ""


def inspect(url: str) -> Inspection:
    """Look at the database there; raise `StoreUnavailable` where there is none, or it cannot be read."""
    engine = open_existing(url)
    try:
        with engine.connect() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
            problems = _integrity(connection)
            head = None if revision is None else _head(connection)
            return Inspection(revision, newest_revision(), problems, head)
    except SQLAlchemyError as error:
        raise StoreUnavailable(f"the database cannot be read: {said(error)}") from error
    finally:
        engine.dispose()


def _integrity(connection: Connection) -> tuple[str, ...]:
    """What SQLite itself finds, without its indexes' contents; of PostgreSQL, whether it keeps what it acknowledges."""
    if connection.dialect.name == postgresql.NAME:
        return postgresql.problems(connection)
    found = connection.execute(text("PRAGMA quick_check(5)")).scalars().all()
    return tuple(str(line) for line in found if line != "ok")


def _head(connection: Connection) -> Head:
    last = connection.execute(select(func.max(ENTRIES.c.seq))).scalar()
    count = connection.execute(select(func.count()).select_from(ENTRIES)).scalar() or 0
    newest = select(CHECKPOINTS.c.note, CHECKPOINTS.c.frontier).order_by(CHECKPOINTS.c.size.desc()).limit(1)
    sealed = connection.execute(newest).first()
    tree = CompactRange() if sealed is None else CompactRange.from_text(sealed.frontier)
    missing = () if last is None or last + 1 == count else (f"{last + 1 - count} entries are missing",)
    tail, at = _tail(connection, -1 if last is None else last - TAIL)
    return Head(count, None if sealed is None else sealed.note, tree, at, (*missing, *tail))


def _tail(connection: Connection, after: int) -> tuple[list[str], datetime | None]:
    """What is off with the last entries, and when the last one was written."""
    wrong, data = [], None
    for number, data, recorded in LedgerReader(connection).entries(after):
        if leaf_hash(data).hex() != recorded:
            wrong.append(f"entry {number}: its bytes do not give the hash recorded beside it")
    return wrong, None if data is None else parse(data).at
