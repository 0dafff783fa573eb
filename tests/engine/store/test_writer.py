"""Pieces of work share commits, and nothing else."""

import asyncio
import re
import threading

import pytest
from sqlalchemy import event

from engine.errors import Denied, EngineBug, NotFound, StaleState, StoreUnavailable
from engine.model.lease import LeaseState
from engine.store import writer
from engine.store.store import Store
from engine.store.tx import Tx
from tests.engine.store.conftest import OpenStore, Verify
from tests.engine.store.samples import draft, finding, incident, lease, record
from tests.engine.store.waiting import held_up, together
from tests.patience import PATIENCE_S


def fail_after_all(tx: Tx) -> None:
    """Touch one of everything, then change one's mind."""
    tx.record(draft("request/AR-0666"))
    tx.move(draft("request/AR-0001"), "requested", "held")
    tx.findings.insert(finding("F-666"), "INC-0001")
    tx.outbox.nudge("Respond", "incident/x/1", "INC-0001")
    tx.counters.next("AR")
    raise Denied("no")


async def test_what_waits_together_is_committed_together(store: Store, commits: list[int]) -> None:
    results = await together(store, *[lambda tx: tx.record(draft())] * 40)
    assert results == list(range(40))
    assert len(commits) == 2


async def test_a_commit_takes_no_more_than_a_batch(store: Store, commits: list[int]) -> None:
    await together(store, *[lambda tx: record(tx, "s")] * (writer.BATCH + 1))
    assert len(commits) == 3


async def test_five_hundred_at_once_are_all_done_in_their_order(store: Store, verify: Verify) -> None:
    works = [lambda tx, subject=f"s/{n % 7}": record(tx, subject, "all") for n in range(500)]
    results = await asyncio.gather(*(store.write(work) for work in works))
    assert results == [[2 * n, 2 * n + 1] for n in range(500)]
    assert verify(store).entries == 1000


async def test_a_piece_that_fails_takes_nothing_else_with_it(store: Store, verify: Verify) -> None:
    results = await together(
        store, lambda tx: record(tx, "request/AR-0001"), fail_after_all, lambda tx: record(tx, "request/AR-0001")
    )
    assert results[0] == [0] and results[2] == [1]
    assert isinstance(results[1], Denied) and str(results[1]) == "no"
    assert verify(store).verified and verify(store).entries == 2


async def test_nothing_comes_of_a_piece_that_fails(store: Store) -> None:
    await together(store, fail_after_all)
    assert store.ask(lambda tx: tx.findings.get("F-666")) is None
    assert store.ask(lambda tx: tx.outbox.pending(9)) == []
    assert await store.write(lambda tx: tx.counters.next("AR")) == "AR-0001"


async def test_the_outbox_is_told_of_after_the_commit_and_only_then(store: Store) -> None:
    told: list[int] = []
    store.outbox_filled = lambda: told.append(len(store.ask(lambda tx: tx.outbox.pending(9))))
    await together(store, fail_after_all)
    await store.write(lambda tx: record(tx, "s"))
    assert told == []
    await store.write(lambda tx: tx.outbox.nudge("Respond", "w", "s"))
    await store.write(lambda tx: None)
    assert told == [1]


@pytest.mark.parametrize("error", [NotFound("x"), KeyError("x"), SystemExit(3), asyncio.CancelledError()])
async def test_whatever_a_piece_raises_is_its_callers_alone(store: Store, error: BaseException) -> None:
    def fail(_: Tx) -> None:
        raise error

    assert store._writer.submit(fail).exception(PATIENCE_S) is error
    assert await store.write(lambda tx: record(tx, "s")) == [0]


async def test_a_row_that_is_there_already_is_somebody_elses(store: Store) -> None:
    await store.write(lambda tx: tx.incidents.insert(incident()))
    first, second, third = await together(
        store,
        lambda tx: tx.incidents.insert(incident("INC-0002")),
        lambda tx: tx.incidents.insert(incident("INC-0003", generation=2)),
        lambda tx: record(tx, "s"),
    )
    assert isinstance(first, StaleState) and re.search("incident[._]key.*generation", str(first))
    assert (second, third) == (None, [0])


async def test_a_statement_that_is_wrong_is_a_bug_of_its_own(store: Store) -> None:
    def wrong(tx: Tx) -> None:
        tx.findings.insert(finding(), object())  # type: ignore[arg-type]

    first, second = await together(store, wrong, lambda tx: record(tx, "s"))
    assert isinstance(first, EngineBug)
    assert second == [0]


async def test_of_two_who_change_the_same_state_one_is_stale(store: Store) -> None:
    await store.write(lambda tx: tx.leases.insert(lease()))
    active, failed = lease(state=LeaseState.ACTIVE), lease(state=LeaseState.FAILED)
    results = await together(
        store,
        lambda tx: tx.leases.save(active, before=LeaseState.APPLYING),
        lambda tx: tx.leases.save(failed, before=LeaseState.APPLYING),
    )
    assert results[0] is None
    assert isinstance(results[1], StaleState) and str(results[1]) == "`lease` is not what it was when read"
    assert store.ask(lambda tx: tx.leases.get("L-0001")) == active


async def test_who_stops_waiting_before_it_began_has_nothing_done(store: Store, verify: Verify) -> None:
    async with held_up(store):
        given_up = asyncio.create_task(store.write(lambda tx: record(tx, "given up")))
        kept = asyncio.create_task(store.write(lambda tx: record(tx, "kept")))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.wait([given_up])
    assert await kept == [0]
    assert verify(store).entries == 1


async def test_who_stops_waiting_while_it_is_done_harms_nobody(store: Store) -> None:
    go, begun = threading.Event(), threading.Event()

    def slow(tx: Tx) -> list[int]:
        begun.set()
        assert go.wait(PATIENCE_S)
        return record(tx, "done all the same")

    impatient = asyncio.create_task(store.write(slow))
    await asyncio.to_thread(begun.wait, PATIENCE_S)
    impatient.cancel()
    await asyncio.wait([impatient])
    go.set()
    assert await store.write(lambda tx: record(tx, "next")) == [1]


async def test_a_piece_that_does_not_end_is_noticed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "ENDLESS_S", 1e-9)
    async with held_up(store):
        assert not store.alive
    assert store.alive


async def test_a_database_that_does_not_answer_is_waited_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    go, begun = threading.Event(), threading.Event()

    def hang(_: object) -> None:
        begun.set()
        assert go.wait(PATIENCE_S)

    monkeypatch.setattr(writer, "ENDLESS_S", 1e-9)
    event.listen(store._writing, "commit", hang)
    writing = asyncio.create_task(store.write(lambda tx: record(tx, "s")))
    await asyncio.to_thread(begun.wait, PATIENCE_S)
    assert store.alive
    go.set()
    assert await writing == [0]


async def test_closing_finishes_what_is_queued(open_store: OpenStore) -> None:
    store = open_store()
    async with held_up(store):
        queued = [asyncio.create_task(store.write(lambda tx: record(tx, "s"))) for _ in range(100)]
        await asyncio.sleep(0)
        closing = asyncio.create_task(asyncio.to_thread(store.close))
    await closing
    assert await asyncio.gather(*queued) == [[n] for n in range(100)]
    assert open_store().ask(lambda tx: len(tx.requests.all())) == 0


async def test_a_closed_store_refuses_and_closes_again(store: Store) -> None:
    store.close()
    with pytest.raises(StoreUnavailable, match="the store is closed"):
        await store.write(lambda tx: record(tx, "s"))
    store.close()
    assert not store.alive


@pytest.mark.parametrize("url", ["in_file"], indirect=True)
async def test_two_stores_on_one_file_keep_one_ledger(open_store: OpenStore, verify: Verify) -> None:
    first, second = open_store(), open_store()
    for number in range(6):
        await (first, second)[number % 2].write(lambda tx: record(tx, "s"))
    assert verify(first).verified and verify(first).entries == 6
