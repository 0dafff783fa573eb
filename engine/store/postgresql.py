"""PostgreSQL as the store's database: how it is reached, and how one engine alone writes to it.

Rules: 1. The session that writes holds an advisory lock for as long as it lasts: whoever loses the session loses the
lock with it, and a second engine is refused. 2. Each transaction of the writer takes that lock once more, so that none
is without it where something between here and the server hands sessions around. 3. An engine that comes back after
another had the database does not write again: what it knows from before is not true any more. Whose it is stands in
a row that each start writes anew, as safe from a server's crash as all else that is committed. 4. A reader sees one
instant. 5. A commit is on the server's disk before anybody hears of it. 6. A server that is gone is noticed in
seconds, on both ends: here it is said, and there the lock is let go of. 7. Text is compared by its bytes, as SQLite
does, whatever language the server speaks.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Field, SQLModel

from engine.errors import StoreTaken, StoreUnavailable

NAME, DRIVER = "postgresql", "postgresql+psycopg"
LOCK = int.from_bytes(b"Fireline")
"""The advisory lock's number; it is the database's own, so that each database has one engine."""
TAKEN = "another engine has this database: a database has one engine, so end that one first"
GONE_ON = "another engine had this database meanwhile: what this one knows is old, so start it again"

LINK = {
    "application_name": "fireline", "client_encoding": "utf8", "connect_timeout": 5, "keepalives_idle": 10,
    "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000,
}  # fmt: skip
"""What libpq is told where the address says nothing else (rule 6)."""

PATIENCE = "SET lock_timeout = '5s'"
"""How long is waited for what another session holds, as SQLite waits."""
WRITING = (
    PATIENCE,
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
    "SET tcp_keepalives_idle = 10",
    "SET tcp_keepalives_interval = 5",
    "SET tcp_keepalives_count = 3",
    "SET tcp_user_timeout = 20000",
)
READING = (PATIENCE, "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ")
LOOKING = (PATIENCE, "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

TEXTS = text(
    "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema()"
    " AND data_type IN ('character varying', 'text') AND collation_name IS DISTINCT FROM 'C'"
)
UNSAFE = text("SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off'")
TAKE = "INSERT INTO taking (id) VALUES (CAST(gen_random_uuid() AS text)) RETURNING id"
"""Under an id that no other engine has had here; the server makes it up."""


class TakingRow(SQLModel, table=True):
    """Which engine has the database, or had it last: one row, and none in SQLite."""

    __tablename__ = "taking"
    id: str = Field(primary_key=True)


def open_writer(place: URL) -> Engine:
    """For the one process that writes: a single connection, which has the database to itself."""
    engine = _engine(place, pool_size=1, max_overflow=0)
    event.listen(engine, "connect", partial(_prepare, WRITING, _have))
    event.listen(engine, "begin", _under_lock)
    return engine


def open_reader(place: URL) -> Engine:
    """For readers beside the writer; what they write is theirs to roll back."""
    engine = _engine(place)
    event.listen(engine, "connect", partial(_prepare, READING, None))
    return engine


def open_visitor(place: URL) -> Engine:
    """For somebody who must leave it as it is."""
    engine = _engine(place)
    event.listen(engine, "connect", partial(_prepare, LOOKING, None))
    return engine


def take(connection: Connection) -> None:
    """Write down that the database is this engine's from the transaction's commit on (rule 3).

    Where the answer to that commit is lost the start has failed, and the next one takes the database afresh.
    """
    connection.exec_driver_sql("DELETE FROM taking")
    taking = connection.exec_driver_sql(TAKE).scalar_one()
    event.listen(connection.engine, "begin", partial(_still_taken, taking))


def compare_by_bytes(connection: Connection) -> None:
    """Rule 7, for whatever text columns of ours the migrations have made."""
    quoted = connection.dialect.identifier_preparer.quote
    for table, column, kind in connection.execute(TEXTS).all():
        if table in SQLModel.metadata.tables:
            change = f'ALTER COLUMN {quoted(column)} TYPE {kind} COLLATE "C"'
            connection.exec_driver_sql(f"ALTER TABLE {quoted(table)} {change}")


def problems(connection: Connection) -> tuple[str, ...]:
    """What of the server's settings breaks rule 5."""
    return tuple(
        f"the server's `{name}` is off: a power cut may lose the record" for (name,) in connection.execute(UNSAFE)
    )


def _engine(place: URL, **pool: int) -> Engine:
    link = {name: value for name, value in LINK.items() if name not in place.query}
    try:
        return create_engine(
            place.set(drivername=DRIVER),
            connect_args=link, pool_pre_ping=True, hide_parameters=True, use_native_hstore=False, **pool,
        )  # fmt: skip
    except ImportError as error:
        raise StoreUnavailable(f"PostgreSQL's driver cannot be loaded: {str(error).partition(chr(10))[0]}") from error


def _prepare(
    statements: Sequence[str],
    then: Callable[[DBAPICursor], None] | None,
    connection: DBAPIConnection,
    _: ConnectionPoolEntry,
) -> None:
    """A session as it has to be, or none."""
    with ExitStack() as failing:
        failing.callback(connection.close)
        connection.autocommit = True
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        if then is not None:
            then(cursor)
        cursor.close()
        connection.autocommit = False
        failing.pop_all()


def _have(cursor: DBAPICursor) -> None:
    """Rule 1, in a database that keeps all text."""
    if _asked(cursor, "SHOW server_encoding") != "UTF8":
        raise StoreUnavailable("the database does not keep all text: make it with the encoding UTF8")
    _wait_for_lock(cursor)


def _wait_for_lock(cursor: DBAPICursor) -> None:
    """Not at once refused: a session that has just ended may still be letting go of it."""
    # Imported here: only who has such a database has to wait for its driver.
    from psycopg.errors import LockNotAvailable

    try:
        cursor.execute(f"SELECT pg_advisory_lock({LOCK})")
    except LockNotAvailable as error:
        raise StoreUnavailable(TAKEN) from error


def _under_lock(connection: Connection) -> None:
    """Rule 2."""
    if not connection.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({LOCK})").scalar():
        connection.invalidate()
        raise StoreUnavailable(TAKEN)


def _still_taken(taking: str, connection: Connection) -> None:
    """Rule 3, after `_under_lock`: a statement of its own sees whatever was committed before the lock was had."""
    if connection.exec_driver_sql("SELECT id FROM taking").scalar() != taking:
        connection.invalidate()
        raise StoreTaken(GONE_ON)


def _asked(cursor: DBAPICursor, question: str) -> object:
    cursor.execute(question)
    (answer,) = cursor.fetchone() or (None,)
    found: object = answer
    return found
