"""A store on a disk of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from engine.ledger.note import SigningKey
from engine.ledger.report import Report
from engine.ledger.sealer import LedgerSealer
from engine.ledger.verify import Row, verify_rows
from engine.store.database import sqlite_url
from engine.store.store import Store

KEY = SigningKey("fireline.example/ledger", bytes(range(32)))

OpenStore = Callable[[], Store]
Verify = Callable[[Store], Report]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is, or will be."""
    return tmp_path / "fireline.db"


@pytest.fixture
def open_store(path: Path) -> Iterator[OpenStore]:
    """Opens a store on the same file each time; all are closed in the end."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(Store(sqlite_url(path))))


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    """An open store."""
    return open_store()


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
