"""What is PostgreSQL's own: a server that goes away, what it keeps, and text compared as SQLite does."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text
from sqlmodel import SQLModel

from engine.errors import InvalidInput, StoreUnavailable
from engine.ledger.sealer import LedgerSealer
from engine.model.finding import Verdict, VerdictKind
from engine.store import inspection
from engine.store.database import migrate, open_existing
from engine.store.reader import open_reader
from engine.store.store import Store
from engine.store.tx import Tx
from tests.engine.store.conftest import Verify
from tests.engine.store.samples import NOON, finding, incident, lease, record, request
from tests.engine.store.waiting import held_up
from tests.postgres import PASSWORD, Postgres, name_in

BODY = json.dumps({**request().model_dump(mode="json"), **lease().model_dump(mode="json")})
VALUES = {"VARCHAR": "x", "TEXT": BODY, "BIGINT": 7, "INTEGER": 7, "BOOLEAN": True, "DOUBLE PRECISION": 0.5}
"""Something for every type of column; whatever a migration looks for in a body is there."""


@pytest.fixture
def url(in_server: str) -> str:
    return in_server


@pytest.fixture
def own(postgres: Postgres) -> Iterator[str]:
    """One whose settings a test may change."""
    with postgres.database() as url:
        yield url


async def test_a_session_that_ends_fails_what_it_was_about_and_the_next_begins_anew(
    postgres: Postgres, url: str, store: Store, verify: Verify, sealer: LedgerSealer
) -> None:
    await store.write(lambda tx: record(tx, "s"))

    def interrupted(tx: Tx) -> None:
        tx.counters.next("AR")
        postgres.end_sessions(name_in(url))
        tx.counters.next("AR")

    async with held_up(store):
        waiting = [asyncio.create_task(store.write(work)) for work in (lambda tx: record(tx, "s"), interrupted)]
        await asyncio.sleep(0)
    told = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(one) for one in told} == {StoreUnavailable}
    assert store.ask(lambda tx: tx.freezes.active(NOON)) == []
    assert await store.write(lambda tx: (tx.counters.next("AR"), record(tx, "s"))) == ("AR-0001", [1])
    await store.seal(sealer, NOON)
    assert (verify(store).verified, verify(store).sealed) == (True, 2)


async def test_a_server_that_is_away_is_told_and_all_goes_on_once_it_is_back(
    postgres: Postgres, store: Store, verify: Verify
) -> None:
    await store.write(lambda tx: record(tx, "s"))
    postgres.stop()
    try:
        with pytest.raises(StoreUnavailable, match="cannot write the database: connection .*failed"):
            await store.write(lambda tx: record(tx, "s"))
        with pytest.raises(StoreUnavailable, match="cannot read the database: connection .*failed"):
            store.ask(lambda tx: tx.requests.all())
    finally:
        postgres.start()
    assert store.ask(lambda tx: tx.requests.all()) == []
    assert await store.write(lambda tx: record(tx, "s")) == [1]
    assert verify(store).verified


async def test_a_table_that_somebody_holds_is_not_waited_for_without_end(
    impatient: None, postgres: Postgres, url: str, store: Store
) -> None:
    with postgres.session(url, "LOCK TABLE entry"), pytest.raises(StoreUnavailable, match="lock timeout"):
        await store.write(lambda tx: record(tx, "s"))
    assert await store.write(lambda tx: record(tx, "s")) == [0]


async def test_what_no_column_takes_is_bad_input_and_its_own_piece_s(store: Store) -> None:
    for wrong in ({"key": "a\x00b"}, {"generation": 2**40}):
        with pytest.raises(InvalidInput, match="the database cannot keep this"):
            await store.write(lambda tx, wrong=wrong: tx.incidents.insert(incident(**wrong)))  # type: ignore[misc]
    assert await store.write(lambda tx: record(tx, "s")) == [0]


async def test_ids_come_in_the_order_of_their_bytes(store: Store) -> None:
    people = ["Zoe", "ana", "Ana", "a-b", "a_b", "émi", "zo"]

    def judge(tx: Tx) -> None:
        for name in people:
            tx.verdicts.put("s", Verdict(kind=VerdictKind.TEST, principal=name, reason="x", at=NOON))
            tx.findings.insert(finding(name), "INC-0001")

    await store.write(judge)
    in_order = sorted(people, key=lambda name: (len(name), name.encode()))
    assert [one.principal for one in store.ask(lambda tx: tx.verdicts.of("s"))] == in_order
    after = store.ask(lambda tx: tx.listing.findings("a-b", 9))
    assert [one.id for one in after] == in_order[in_order.index("a-b") + 1 :]


@pytest.mark.parametrize("spelled", ["postgresql+psycopg", "postgresql"])
async def test_a_commit_is_on_disk_whatever_the_database_s_own_settings(
    postgres: Postgres, own: str, spelled: str
) -> None:
    postgres.admin(f"ALTER DATABASE {name_in(own)} SET synchronous_commit = off")
    asked = text("SELECT current_setting('synchronous_commit'), current_setting('transaction_isolation')")
    with closing(Store(own.replace("postgresql+psycopg", spelled))) as store:
        found = await store.write(lambda tx: tuple(tx._connection.execute(asked).one()))
    assert found == ("on", "read committed")


def test_an_inspection_says_that_the_server_may_lose_the_record(url: str) -> None:
    seen = inspection.inspect(url)
    assert seen.revision == seen.newest
    assert seen.problems[0] == "the server's `fsync` is off: a power cut may lose the record"


def test_a_reader_from_outside_changes_nothing_and_needs_no_lock(url: str, store: Store) -> None:
    with open_reader(url) as reader:
        assert (list(reader.entries()), reader.checkpoints()) == ([], [])
        with pytest.raises(Exception, match="read-only transaction"):
            reader.connection.execute(text("DELETE FROM entry"))


def test_without_a_ledger_a_reader_says_so(postgres: Postgres) -> None:
    with (
        postgres.database("template0") as url,
        pytest.raises(StoreUnavailable, match='there is no ledger to read: relation "entry" does not exist'),
        open_reader(url) as reader,
    ):
        list(reader.entries())


def test_a_server_that_lets_nothing_be_written_is_told(postgres: Postgres, own: str) -> None:
    postgres.admin(f"ALTER DATABASE {name_in(own)} SET default_transaction_read_only = on")
    with pytest.raises(StoreUnavailable, match="in a read-only transaction"):
        Store(own)


def test_a_database_that_does_not_keep_all_text_is_refused(postgres: Postgres) -> None:
    postgres.admin(
        "CREATE DATABASE plain OWNER fireline TEMPLATE template0 ENCODING SQL_ASCII LOCALE 'C' LOCALE_PROVIDER libc"
    )
    with pytest.raises(StoreUnavailable, match="make it with the encoding UTF8"):
        Store(postgres.url("plain"))
    postgres.admin("DROP DATABASE plain WITH (FORCE)")


def test_a_password_is_never_told(postgres: Postgres, url: str) -> None:
    wrong = url.replace("fireline@", f"keeper:not-{PASSWORD}@")
    with pytest.raises(StoreUnavailable, match="password authentication failed for user") as refused:
        Store(wrong)
    chain = f"{refused.value!r} {refused.value.__cause__!r}"
    assert PASSWORD not in chain


def test_a_password_may_stand_in_a_file_of_its_own(postgres: Postgres, url: str, tmp_path: Path) -> None:
    file = tmp_path / "pgpass"
    file.write_text(f"*:*:*:keeper:{PASSWORD}\n")
    file.chmod(0o600)
    engine = open_existing(f"{url.replace('fireline@', 'keeper@')}&passfile={file}")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT current_user")).scalar() == "keeper"
    engine.dispose()


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql+psycopg://me:{PASSWORD}@host:port/db", f"postgresql+psycopg:/me:{PASSWORD}@host",
        f"mysql://me:{PASSWORD}@host/db", f"postgresql+asyncpg://me:{PASSWORD}@host/db", PASSWORD,
    ],
)  # fmt: skip
def test_an_address_of_no_database_that_is_known_is_bad_input_and_not_shown(address: str) -> None:
    with pytest.raises(InvalidInput, match="`database_url` is") as refused:
        Store(address)
    assert PASSWORD not in f"{refused.value!r} {refused.value.__cause__!r}"


def test_migrations_make_exactly_the_tables_of_the_models_and_compare_text_by_bytes(url: str, store: Store) -> None:
    engine = create_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
        columns = [column for table in SQLModel.metadata.tables for column in inspect(connection).get_columns(table)]
    engine.dispose()
    texts = {getattr(column["type"], "collation", "C") for column in columns}
    assert (texts, len(columns) > 100) == ({"C"}, True)


def test_rows_of_an_earlier_revision_stay_as_they_were(postgres: Postgres) -> None:
    with postgres.database("template0") as url:
        migrate(url, "0002")
        engine = create_engine(url)
        with engine.begin() as connection:
            rows = {}
            for table in set(inspect(connection).get_table_names()) - {"alembic_version"}:
                columns = inspect(connection).get_columns(table)
                rows[table] = {
                    column["name"]: VALUES[str(column["type"]).partition(" COLLATE")[0]] for column in columns
                }
                names = ", ".join(f'"{name}"' for name in rows[table])
                marks = ", ".join(f":{name}" for name in rows[table])
                connection.execute(text(f'INSERT INTO "{table}" ({names}) VALUES ({marks})'), rows[table])
        migrate(url)
        with engine.connect() as connection:
            kept = {
                table: dict(connection.execute(text(f'SELECT * FROM "{table}"')).mappings().one()) for table in rows
            }
        engine.dispose()
    assert rows
    assert [table for table, row in rows.items() if not row.items() <= kept[table].items()] == []


def test_an_engine_of_before_finds_no_turn_that_follows_its_own(postgres: Postgres) -> None:
    with postgres.database("template0") as url:
        migrate(url, "0024")
        postgres.admin("SET ROLE fireline", "CREATE SEQUENCE engine_turn", database=name_in(url))
        migrate(url)
        assert postgres.admin("SELECT 1 FROM pg_class WHERE relname = 'engine_turn'", database=name_in(url)) == []


def test_a_database_of_a_newer_version_is_refused(postgres: Postgres, own: str) -> None:
    postgres.admin("UPDATE alembic_version SET version_num = '9999'", database=name_in(own))
    with pytest.raises(StoreUnavailable, match=r"not of this version of Fireline: .*9999"):
        Store(own)
