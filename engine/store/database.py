"""Opening the database, SQLite's or PostgreSQL's: migrations, and the connection that one process may write through."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from engine.errors import InvalidInput, StoreUnavailable
from engine.store import postgresql

MIGRATIONS = Path(__file__).parent / "migrations"
WRITING = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000")
"""SQLite's settings for the owner of the file: readers beside the writer, and commits that survive a power cut."""
LOOKING = ("query_only=ON", "busy_timeout=5000")
"""Those for somebody who must leave it as it is."""


def open_engine(url: str, read_only: bool = False) -> Engine:
    """For the process that owns the database, to write through or to read beside it.

    A writer's transaction begins with what it needs: on SQLite IMMEDIATE, on PostgreSQL under the engine's lock.
    """
    place = _place(url)
    if place.get_backend_name() == postgresql.NAME:
        return postgresql.open_reader(place) if read_only else postgresql.open_writer(place)
    engine = create_engine(place)
    event.listen(engine, "connect", partial(_configure, WRITING))
    event.listen(engine, "begin", _begin_deferred if read_only else _begin_immediate)
    return engine


def open_existing(url: str) -> Engine:
    """An engine that makes no database where there is none, and changes nothing in the one there is."""
    place = _place(url)
    if place.get_backend_name() == postgresql.NAME:
        return postgresql.open_visitor(place)
    existing = place.set(database=f"file:{quote(place.database or '')}", query={"mode": "rw", "uri": "true"})
    engine = create_engine(existing)
    event.listen(engine, "connect", partial(_configure, LOOKING))
    event.listen(engine, "begin", _begin_deferred)
    return engine


def _place(url: str) -> URL:
    """Where the database is; an address that cannot be read is not shown, for a password may stand in it."""
    try:
        place = make_url(url)
    except (ArgumentError, ValueError):
        raise InvalidInput("`database_url` is no address of a database") from None
    if place.drivername not in {"sqlite", postgresql.NAME, postgresql.DRIVER}:
        known = f"`sqlite` and `{postgresql.DRIVER}`"
        raise InvalidInput(f"`database_url` is of the kind `{place.drivername}`, and those known are {known}")
    return place


def _configure(pragmas: Sequence[str], connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # sqlite3 must not open transactions by itself; `_begin_*` does.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_deferred(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def migrate(url: str, revision: str = "head") -> None:
    """Bring the schema to `revision`, creating it where the database is empty."""
    engine = open_engine(url)
    try:
        with _changing(engine) as connection:
            _upgrade(connection, revision)
    finally:
        engine.dispose()


def take(engine: Engine) -> None:
    """Bring the schema to the newest for who has the database from then on, all of it or nothing."""
    with _changing(engine) as connection:
        _upgrade(connection, "head")
        if connection.dialect.name == postgresql.NAME:
            postgresql.take(connection)


def _upgrade(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    if connection.dialect.name == postgresql.NAME:
        postgresql.compare_by_bytes(connection)


@contextmanager
def _changing(engine: Engine) -> Iterator[Connection]:
    """One transaction; what keeps it from its end is told as why the database cannot be had."""
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise StoreUnavailable(f"cannot migrate the database: {said(error)}") from error
    except CommandError as error:
        raise StoreUnavailable(f"the database is not of this version of Fireline: {error}") from error


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path}"


def sqlite_file(url: str) -> Path | None:
    """The file that a URL names, with no link or `..` left in it; None where it names a server."""
    place = _place(url)
    return None if place.get_backend_name() == postgresql.NAME else Path(place.database or "").resolve()


def said(error: SQLAlchemyError) -> str:
    """What the database itself said, on one line; never with the values of the statement or a row."""
    return str(error.orig if isinstance(error, DBAPIError) else error).partition("\n")[0]
