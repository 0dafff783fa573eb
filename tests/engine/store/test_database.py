"""The schema is what the tables say, wherever a database comes from, and whatever is there stays."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlmodel import SQLModel

from engine.errors import StoreUnavailable
from engine.store.database import migrate, open_engine, sqlite_url
from engine.store.reader import open_reader
from engine.store.store import Store
from engine.store.tables import EntryRow
from tests.engine.store.samples import lease

OF_REVISION: dict[str, dict[str, dict[str, object]]] = {
    "0001": {
        "checkpoint": {"size": 2, "at": 1, "note": "n", "frontier": "2 " + "00" * 32},
        "counter": {"name": "AR", "value": 7},
        "entry": {"seq": 0, "subject": "s", "n": 0, "hash": "ab" * 32, "data": "{}"},
        "outbox": {"id": 3, "workflow": "Respond", "workflow_id": "w", "subject": "s"},
        "step": {"key": "k", "at": 1, "result": "{}"},
        "transition": {"seq": 0, "subject": "s", "n": 0, "before": "a", "after": "b", "at": 1},
    },
    "0002": {
        "budget": {"request_id": "r", "scope": "s", "points": 1, "approved": 0, "in_force": 1, "at": 1},
        "connector": {"instance": "sim", "body": "{}"},
        "dead_letter": {"id": 1, "at": 1, "body": "{}"},
        "finding": {"id": "f", "incident_id": "i", "detector": "d", "body": "{}"},
        "freeze": {"scope": "global", "until": None, "body": "{}"},
        "holder": {"request_id": "r", "lease_id": "l", "body": "{}"},
        "incident": {"id": "i", "key": "k", "generation": 1, "state": "open", "body": "{}"},
        "lease": {
            "id": "L-0001", "key": "k", "generation": 1, "state": "active", "connector": "sim", "owner": "fl-1",
            "body": lease().model_dump_json(),
        },
        "request": {"id": "r", "incident_id": "i", "state": "held", "lease_key": "k", "body": "{}"},
        "verdict": {"subject": "s", "principal": "p", "kind": "test", "body": "{}"},
        "vote": {"request_id": "r", "principal": "p", "body": "{}"},
    },
}  # fmt: skip
"""A row of every table, by the revision that made it."""

UP_TO = {"0001": ("0001",), "0002": ("0001", "0002")}


@pytest.fixture
def url(path: Path) -> str:
    return sqlite_url(path)


@pytest.fixture
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def insert(raw: sqlite3.Connection, table: str, row: dict[str, object]) -> None:
    names, marks = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
    raw.execute(f"INSERT INTO '{table}' ({names}) VALUES ({marks})", [*row.values()])


def test_migrations_make_exactly_the_tables_of_the_models(url: str) -> None:
    migrate(url)
    engine = open_engine(url)
    with engine.connect() as connection:
        assert EntryRow.__tablename__ in SQLModel.metadata.tables
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
    engine.dispose()


@pytest.mark.parametrize("revision", UP_TO)
def test_rows_of_every_earlier_revision_stay_as_they_were(url: str, raw: sqlite3.Connection, revision: str) -> None:
    migrate(url, revision)
    rows = {table: row for each in UP_TO[revision] for table, row in OF_REVISION[each].items()}
    for table, row in rows.items():
        insert(raw, table, row)
    migrate(url)
    for table, row in rows.items():
        assert row.items() <= dict(raw.execute(f"SELECT * FROM '{table}'").fetchone()).items(), table


@pytest.mark.parametrize("revision", UP_TO)
def test_an_upgraded_schema_is_that_of_a_new_database(
    url: str, raw: sqlite3.Connection, revision: str, tmp_path: Path
) -> None:
    migrate(url, revision)
    migrate(url)
    migrate(sqlite_url(tmp_path / "new.db"))
    query = "SELECT name, sql FROM sqlite_master ORDER BY name"
    with closing(sqlite3.connect(tmp_path / "new.db")) as new:
        assert [tuple(row) for row in raw.execute(query)] == new.execute(query).fetchall()


def test_leases_of_before_are_found_by_their_action_and_target(url: str, raw: sqlite3.Connection) -> None:
    migrate(url, "0002")
    insert(raw, "lease", OF_REVISION["0002"]["lease"])
    with closing(Store(url)) as store:
        assert store.ask(lambda tx: tx.leases.other_targets("host.isolate", "another")) == ("files-02",)


def test_unique_keys_outlive_the_migrations(url: str, raw: sqlite3.Connection) -> None:
    migrate(url)
    row = OF_REVISION["0002"]["lease"] | {"action": "a", "target": "t"}
    insert(raw, "lease", row)
    with pytest.raises(sqlite3.IntegrityError, match="lease.key, lease.generation"):
        insert(raw, "lease", row | {"id": "L-0002"})


def test_migrating_again_changes_nothing(url: str, path: Path) -> None:
    migrate(url)
    before = path.read_bytes()
    migrate(url)
    assert path.read_bytes() == before


def test_a_database_of_a_newer_version_is_refused_and_left_alone(url: str, raw: sqlite3.Connection) -> None:
    migrate(url)
    raw.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreUnavailable, match=r"not of this version of Fireline: .*9999"):
        Store(url)
    assert raw.execute("SELECT version_num FROM alembic_version").fetchone()[0] == "9999"


def test_what_is_no_database_is_refused_and_left_alone(url: str, path: Path) -> None:
    path.write_bytes(b"a letter to somebody, long enough to be read\n" * 100)
    before = path.read_bytes()
    with pytest.raises(StoreUnavailable, match="cannot migrate the database: file is not a database"):
        Store(url)
    assert path.read_bytes() == before


def test_a_missing_folder_is_named_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="unable to open database file"):
        Store(sqlite_url(tmp_path / "nowhere" / "x.db"))
    assert not (tmp_path / "nowhere").exists()


def test_a_commit_survives_a_power_cut(url: str) -> None:
    engine = open_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
    engine.dispose()


def test_a_reader_makes_no_database(url: str, path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="there is no ledger to read"), open_reader(url) as reader:
        reader.checkpoints()
    assert not path.exists()


def test_a_reader_changes_nothing(url: str, path: Path) -> None:
    migrate(url)
    before = path.read_bytes()
    with open_reader(url) as reader:
        assert (list(reader.entries()), reader.checkpoints()) == ([], [])
        with pytest.raises(Exception, match="readonly"):
            reader.connection.execute(text("DELETE FROM entry"))
    assert path.read_bytes() == before


def test_a_reader_takes_odd_names_as_they_are(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "my #1 ledger%20.db")
    migrate(url)
    with open_reader(url) as reader:
        assert list(reader.entries()) == []
