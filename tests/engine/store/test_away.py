"""A database that cannot be written: everybody hears, nothing is half done, and all goes on once the cause is gone."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event

from engine.errors import StoreUnavailable
from engine.ledger.sealer import LedgerSealer
from engine.store import database
from engine.store.database import sqlite_url
from engine.store.store import Store
from engine.store.tx import Tx
from tests.engine.store.conftest import OpenStore, Verify
from tests.engine.store.samples import NOON, record
from tests.engine.store.waiting import together
from tests.full_disk import full_at_commit


@pytest.fixture
def url(in_file: str) -> str:
    return in_file


LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


@contextmanager
def pragma(refusing: str, normal: str) -> Iterator[None]:
    """Have SQLite itself refuse, in every transaction until it is rolled back."""

    def refuse(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA {refusing}")

    def recover(connection: Connection) -> None:
        raw = connection.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.execute(f"PRAGMA {normal}")

    event.listen(Engine, "begin", refuse)
    event.listen(Engine, "rollback", recover)
    try:
        yield
    finally:
        event.remove(Engine, "begin", refuse)
        event.remove(Engine, "rollback", recover)


@contextmanager
def full(path: Path) -> Iterator[None]:
    """No page more than there are: statements fail."""
    with closing(sqlite3.connect(path)) as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
    with pragma(f"max_page_count={pages}", "max_page_count=1000000"):
        yield


@contextmanager
def read_only(_: Path) -> Iterator[None]:
    """As on a file system mounted anew without leave to write."""
    with pragma("query_only=ON", "query_only=OFF"):
        yield


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process is writing and does not end."""
    with subprocess.Popen(
        [sys.executable, "-c", LOCK, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == b"locked\n"
        yield
        other.communicate()


Cause = Callable[[Path], AbstractContextManager[None]]
CAUSES: dict[Cause, str] = {
    full: "database or disk is full",
    full_at_commit: "disk",
    read_only: "attempt to write a readonly database",
    locked: "database is locked",
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait 50 ms for a lock instead of seconds."""
    monkeypatch.setattr(database, "WRITING", (*database.WRITING, "busy_timeout=50"))


def large(tx: Tx) -> list[int]:
    """More than fits into the room that is left."""
    numbers = record(tx, *["request/AR-0001"] * 50)
    tx.counters.next("AR")
    return numbers


@pytest.mark.parametrize("cause", CAUSES)
async def test_a_failed_commit_fails_everybody_and_is_recovered_from(
    store: Store, path: Path, verify: Verify, sealer: LedgerSealer, cause: Cause
) -> None:
    await store.write(lambda tx: record(tx, "request/AR-0001", "request/AR-0002"))
    await store.seal(sealer, NOON)
    with cause(path):
        told = await asyncio.gather(*(store.write(large) for _ in range(20)), return_exceptions=True)
        assert {type(error) for error in told} == {StoreUnavailable}
        assert CAUSES[cause] in str(told[0])
        assert store.ask(lambda tx: tx.freezes.active(NOON)) == []
    assert await store.write(lambda tx: record(tx, "request/AR-0001", "request/AR-0002")) == [2, 3]
    assert await store.write(lambda tx: tx.counters.next("AR")) == "AR-0001"
    await store.seal(sealer, NOON)
    report = verify(store)
    assert (report.verified, report.entries, report.sealed) == (True, 4, 4)


async def test_a_failed_commit_takes_back_what_its_pieces_said(store: Store, path: Path) -> None:
    """A refusal because of what the same commit would have written is as untrue as a success."""
    await store.write(lambda tx: record(tx, "s"))

    def look(tx: Tx) -> None:
        raise LookupError(tx.counters.next("AR"))

    with full_at_commit(path):
        told = await together(store, large, look)
    assert {type(error) for error in told} == {StoreUnavailable}


async def test_a_database_gone_bad_is_not_blamed_on_one_piece(store: Store, path: Path) -> None:
    await store.write(large)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    with pytest.raises(StoreUnavailable, match="cannot write the database: .*malformed"):
        await store.write(large)
    with pytest.raises(StoreUnavailable, match="cannot read the database: .*malformed"):
        store.ask(lambda tx: tx.requests.all())


async def test_a_store_that_cannot_be_opened_says_why(path: Path, open_store: OpenStore) -> None:
    open_store().close()
    with locked(path), pytest.raises(StoreUnavailable, match="cannot migrate the database: database is locked"):
        Store(sqlite_url(path))
    assert await open_store().write(lambda tx: record(tx, "s")) == [0]
