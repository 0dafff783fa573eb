"""Readers beside the writer."""

import asyncio
import re
import threading

import pytest

from engine.errors import StoreUnavailable
from engine.store.store import Store
from engine.store.tx import Tx
from tests.engine.store.conftest import OpenStore
from tests.engine.store.samples import draft, finding, incident, record
from tests.patience import PATIENCE_S


async def test_a_reader_sees_what_is_committed_and_nothing_else(store: Store) -> None:
    seen: list[int] = []

    def look_while_writing(tx: Tx) -> None:
        tx.incidents.insert(incident())
        seen.append(len(store.ask(lambda reader: reader.incidents.all())))

    await store.write(look_while_writing)
    assert seen == [0]
    assert await store.read(lambda tx: tx.incidents.all()) == [incident()]


async def test_what_a_reader_writes_is_thrown_away(store: Store) -> None:
    def pretend(tx: Tx) -> int:
        tx.findings.insert(finding(), "INC-0001")
        tx.record(draft())
        return len(tx.findings.of("INC-0001"))

    assert await store.read(pretend) == 1
    assert store.ask(lambda tx: tx.findings.get("F-1")) is None
    assert await store.write(lambda tx: record(tx, "s")) == [0]


async def test_readers_never_hold_up_the_writer(store: Store) -> None:
    """Four readers in the middle of their transactions, and the writer commits again and again."""
    await store.write(lambda tx: tx.incidents.insert(incident()))
    go, reading = threading.Event(), threading.Barrier(5)

    def linger(tx: Tx) -> tuple[int, int]:
        before = len(tx.incidents.all())
        reading.wait(PATIENCE_S)
        assert go.wait(PATIENCE_S)
        return before, len(tx.incidents.all())

    readers = [asyncio.create_task(store.read(linger)) for _ in range(4)]
    await asyncio.to_thread(reading.wait, PATIENCE_S)
    for n in range(2, 12):
        await store.write(lambda tx, n=n: tx.incidents.insert(incident(f"INC-{n}", generation=n)))  # type: ignore[misc]
    go.set()
    assert await asyncio.gather(*readers) == [(1, 1)] * 4
    assert len(store.ask(lambda tx: tx.incidents.all())) == 11


async def test_what_a_query_raises_is_its_callers(store: Store) -> None:
    def fail(_: Tx) -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await store.read(fail)
    assert await store.read(lambda tx: tx.incidents.all()) == []


async def test_everything_is_there_in_a_second_store(open_store: OpenStore) -> None:
    first = open_store()
    await first.write(lambda tx: tx.incidents.insert(incident()))
    await first.write(lambda tx: tx.findings.insert(finding(), "INC-0001"))
    first.close()
    second = open_store()
    assert second.ask(lambda tx: (tx.incidents.get("INC-0001"), tx.findings.of("INC-0001"))) == (
        incident(), [finding()],
    )  # fmt: skip


async def test_a_query_that_fails_is_told_on_one_line(store: Store) -> None:
    with pytest.raises(StoreUnavailable) as raised, store.reading() as connection:
        connection.exec_driver_sql("SELECT *\nFROM nowhere")
    assert re.fullmatch(
        'cannot read the database: (no such table: nowhere|relation "nowhere" does .*)', str(raised.value)
    )
