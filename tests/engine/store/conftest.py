"""A store of its own, over each of the databases that there are."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from engine.ledger.note import SigningKey
from engine.ledger.report import Report
from engine.ledger.sealer import LedgerSealer
from engine.ledger.verify import Row, verify_rows
from engine.store import postgresql
from engine.store.database import sqlite_url
from engine.store.store import Store
from tests.empty_database import empty_database

KEY = SigningKey("fireline.example/ledger", bytes(range(32)))

OpenStore = Callable[[], Store]
Verify = Callable[[Store], Report]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of a database, if it is one."""
    return tmp_path / "fireline.db"


@pytest.fixture
def in_file(path: Path) -> str:
    """The address of a SQLite file, in which a migrated database without rows is."""
    path.write_bytes(empty_database())
    return sqlite_url(path)


@pytest.fixture(params=[pytest.param("in_file", id="sqlite"), pytest.param("in_server", id="postgresql")])
def url(request: pytest.FixtureRequest) -> str:
    """Where the database is, or will be."""
    address: str = request.getfixturevalue(request.param)
    return address


@pytest.fixture
def open_store(url: str) -> Iterator[OpenStore]:
    """Opens a store on the same database each time; all are closed in the end."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(Store(url)))


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    """An open store."""
    return open_store()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait 50 ms for a lock instead of seconds."""
    monkeypatch.setattr(postgresql, "WRITING", (*postgresql.WRITING, "SET lock_timeout = '50ms'"))


@pytest.fixture
def commits() -> Iterator[list[int]]:
    """Grows by one with every commit of any engine."""
    seen: list[int] = []

    def note(_: object) -> None:
        seen.append(len(seen))

    event.listen(Engine, "commit", note)
    yield seen
    event.remove(Engine, "commit", note)


@pytest.fixture
def sealer(tmp_path: Path) -> LedgerSealer:
    """Signs with the tests' key."""
    return LedgerSealer(KEY, tmp_path)


@pytest.fixture
def verify() -> Verify:
    """Verifies a store's ledger from its rows and checkpoints."""

    def run(store: Store) -> Report:
        with store.ledger() as ledger:
            rows = (Row(*row) for row in ledger.entries())
            return verify_rows(rows, ledger.checkpoints(), [KEY.verifying])

    return run
