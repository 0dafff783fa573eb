"""Opening the database: pragmas, migrations, and the connection that one process may write through."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from urllib.parse import quote

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from engine.errors import StoreUnavailable

MIGRATIONS = Path(__file__).parent / "migrations"
WRITING = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000")
"""SQLite's settings for the owner of the file: readers beside the writer, and commits that survive a power cut."""
LOOKING = ("query_only=ON", "busy_timeout=5000")
"""Those for somebody who must leave it as it is."""


def open_engine(url: str, read_only: bool = False) -> Engine:
    """An engine with our pragmas; transactions on SQLite begin IMMEDIATE, so that a writer never has to upgrade."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", partial(_configure, WRITING))
        event.listen(engine, "begin", _begin_deferred if read_only else _begin_immediate)
    return engine


def open_existing(url: str) -> Engine:
    """An engine that makes no database where there is none, and changes nothing in the one there is."""
    place = make_url(url)
    if place.get_backend_name() != "sqlite":
        return create_engine(url)
    existing = place.set(database=f"file:{quote(place.database or '')}", query={"mode": "rw", "uri": "true"})
    engine = create_engine(existing)
    event.listen(engine, "connect", partial(_configure, LOOKING))
    event.listen(engine, "begin", _begin_deferred)
    return engine


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
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = open_engine(url)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    except SQLAlchemyError as error:
        raise StoreUnavailable(f"cannot migrate the database: {said(error)}") from error
    except CommandError as error:
        raise StoreUnavailable(f"the database is not of this version of Fireline: {error}") from error
    finally:
        engine.dispose()


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path}"


def said(error: SQLAlchemyError) -> str:
    """What the database itself said, on one line."""
    return str(error.orig if isinstance(error, DBAPIError) else error).partition("\n")[0]
