"""The schema is what the tables say, wherever a database comes from, and whatever is there stays."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlmodel import SQLModel

from engine.errors import StoreUnavailable
from engine.model.session import Session, Way
from engine.store.database import MIGRATIONS, migrate, open_engine, sqlite_url
from engine.store.reader import open_reader
from engine.store.store import Store
from engine.store.tables import EntryRow
from tests.engine.store.samples import NOON, lease, request

BODY = json.dumps({**request().model_dump(mode="json"), **lease().model_dump(mode="json")})
VALUES = {"VARCHAR": "x", "TEXT": BODY, "BIGINT": 7, "INTEGER": 7, "BOOLEAN": 1, "FLOAT": 0.5}
"""Something for every type of column; whatever a migration looks for in a body is there."""

REVISIONS = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()][::-1]
EARLIER = REVISIONS[:-1]
RENAMED = {"ticket": "sign_in_link"}
"""Tables that are called otherwise by now."""


@pytest.fixture
def url(path: Path) -> str:
    """Of a file that is not there yet: here the way to the newest schema counts."""
    return sqlite_url(path)


@pytest.fixture
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def fill(raw: sqlite3.Connection) -> dict[str, dict[str, object]]:
    """Put a row into every table there is, and return them."""
    tables = raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'alembic_version'").fetchall()
    rows = dict[str, dict[str, object]]()
    for (table,) in tables:
        columns = raw.execute(f"PRAGMA table_info('{table}')").fetchall()
        rows[table] = {column["name"]: VALUES[column["type"]] for column in columns}
        marks = ", ".join("?" * len(columns))
        raw.execute(f"INSERT INTO '{table}' VALUES ({marks})", [*rows[table].values()])
    return rows


def test_migrations_make_exactly_the_tables_of_the_models(url: str) -> None:
    migrate(url)
    engine = open_engine(url)
    with engine.connect() as connection:
        assert EntryRow.__tablename__ in SQLModel.metadata.tables
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
    engine.dispose()


@pytest.mark.parametrize("revision", EARLIER)
def test_rows_of_every_earlier_revision_stay_as_they_were(url: str, raw: sqlite3.Connection, revision: str) -> None:
    migrate(url, revision)
    rows = fill(raw)
    assert rows
    migrate(url)
    for before, row in rows.items():
        table = RENAMED.get(before, before)
        assert row.items() <= dict(raw.execute(f"SELECT * FROM '{table}'").fetchone()).items(), table


def test_leases_of_before_are_found_by_their_action_and_target(url: str, raw: sqlite3.Connection) -> None:
    migrate(url, "0002")
    raw.execute("INSERT INTO lease VALUES ('L-0001', 'k', 1, 'active', 'sim', 'fl-1', ?)", [BODY])
    with closing(Store(url)) as store:
        assert store.ask(lambda tx: tx.leases.other_targets("host.isolate", "another")) == ("files-02",)


def test_sessions_of_before_are_those_of_links(url: str, raw: sqlite3.Connection) -> None:
    migrate(url, "0022")
    words = '"way":"ticket"'
    session = Session(
        id="SE-0001", principal="anna", sha256="s", person="p", way=Way.LINK, source=words, opened_at=NOON, used_at=NOON
    )
    body = session.model_dump_json().replace('"way":"link"', '"way":"ticket"')
    raw.execute("INSERT INTO session VALUES ('SE-0001', 's', 'anna', 1, ?)", [body])
    with closing(Store(url)) as store:
        assert store.ask(lambda tx: tx.sessions.get("SE-0001")) == session


@pytest.mark.parametrize("table", ["lease", "incident"])
def test_a_generation_is_unique_after_all_migrations(url: str, raw: sqlite3.Connection, table: str) -> None:
    migrate(url, "0002")
    migrate(url)
    fill(raw)
    raw.execute(f"CREATE TEMP TABLE again AS SELECT * FROM {table}")
    raw.execute("UPDATE again SET id = 'another'")
    with pytest.raises(sqlite3.IntegrityError, match=f"{table}.key, {table}.generation"):
        raw.execute(f"INSERT INTO {table} SELECT * FROM again")


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
