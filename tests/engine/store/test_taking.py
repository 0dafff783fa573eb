"""One engine a database: a second one is refused, and who was away while another had it never writes again."""

from collections.abc import Callable
from contextlib import closing

import psycopg
import pytest

from engine.errors import StoreTaken, StoreUnavailable
from engine.store.database import migrate
from engine.store.postgresql import LOCK
from engine.store.store import Store
from tests.engine.store.conftest import OpenStore, Verify
from tests.engine.store.samples import record
from tests.postgres import Postgres, name_in
from tests.processes import until


@pytest.fixture
def url(in_server: str) -> str:
    return in_server


def ended(postgres: Postgres, url: str) -> None:
    postgres.end_sessions(name_in(url))


def killed(postgres: Postgres, _: str) -> None:
    postgres.kill()
    postgres.start()


def let_go(postgres: Postgres) -> None:
    """Whoever has ended may still hold the lock for a moment."""
    until(lambda: not postgres.admin("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"), "its session has ended")


async def unlocked(store: Store) -> None:
    """As behind something that hands sessions around."""
    await store.write(lambda tx: tx._connection.exec_driver_sql("SELECT pg_advisory_unlock_all()"))


async def test_a_second_engine_is_refused_and_the_first_goes_on(impatient: None, url: str, store: Store) -> None:
    with pytest.raises(StoreUnavailable, match="another engine has this database"):
        Store(url)
    with pytest.raises(StoreUnavailable, match="another engine has this database"):
        migrate(url)
    assert await store.write(lambda tx: record(tx, "s")) == [0]


async def test_another_engine_has_it_once_the_first_has_ended(open_store: OpenStore) -> None:
    for number in range(3):
        store = open_store()
        assert await store.write(lambda tx: record(tx, "s")) == [number]
        store.close()


async def test_a_server_that_is_killed_right_after_a_write_takes_the_next_one(
    postgres: Postgres, store: Store, verify: Verify
) -> None:
    assert await store.write(lambda tx: record(tx, "s")) == [0]
    postgres.kill()
    postgres.start()
    assert await store.write(lambda tx: record(tx, "s")) == [1]
    assert verify(store).verified


@pytest.mark.parametrize("lose", [ended, killed])
async def test_who_was_away_while_another_engine_wrote_never_writes_again(
    impatient: None, postgres: Postgres, url: str, store: Store, lose: Callable[[Postgres, str], None]
) -> None:
    await store.write(lambda tx: record(tx, "s"))
    lose(postgres, url)
    with closing(Store(url)) as other:
        assert await other.write(lambda tx: record(tx, "s")) == [1]
        with pytest.raises(StoreUnavailable, match="another engine has this database"):
            await store.write(lambda tx: record(tx, "s"))
    let_go(postgres)
    for _ in range(2):
        with pytest.raises(StoreTaken, match="another engine had this database meanwhile: .* start it again"):
            await store.write(lambda tx: record(tx, "s"))
    with closing(Store(url)) as another:
        assert await another.write(lambda tx: record(tx, "s")) == [2]


async def test_who_has_lost_the_lock_and_not_the_session_is_told_too(
    impatient: None, postgres: Postgres, url: str, store: Store
) -> None:
    await unlocked(store)
    with closing(Store(url)) as other:
        assert await other.write(lambda tx: record(tx, "s")) == [0]
    let_go(postgres)
    with pytest.raises(StoreTaken, match="another engine had this database meanwhile"):
        await store.write(lambda tx: record(tx, "s"))
    with closing(Store(url)) as other:
        assert await other.write(lambda tx: record(tx, "s")) == [1]


async def test_a_start_that_does_not_hear_of_its_commit_fails_and_the_next_one_has_the_database(
    postgres: Postgres, url: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = psycopg.Connection.commit

    def unheard(connection: psycopg.Connection[tuple[object, ...]]) -> None:
        commit(connection)
        raise psycopg.OperationalError("the connection is lost")

    postgres.end_sessions(name_in(url))
    with monkeypatch.context() as failing:
        failing.setattr(psycopg.Connection, "commit", unheard)
        with pytest.raises(StoreUnavailable, match="cannot migrate the database: the connection is lost"):
            Store(url)
    let_go(postgres)
    with pytest.raises(StoreTaken, match="another engine had this database meanwhile"):
        await store.write(lambda tx: record(tx, "s"))
    with closing(Store(url)) as other:
        assert await other.write(lambda tx: record(tx, "s")) == [0]


async def test_nothing_is_written_where_the_lock_is_somebody_else_s(
    impatient: None, postgres: Postgres, url: str, store: Store
) -> None:
    await unlocked(store)
    with postgres.session(url, f"SELECT pg_advisory_xact_lock({LOCK})"):
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="another engine has this database"):
                await store.write(lambda tx: record(tx, "s"))
    assert await store.write(lambda tx: record(tx, "s")) == [0]
    with pytest.raises(StoreUnavailable, match="another engine has this database"):
        Store(url)
