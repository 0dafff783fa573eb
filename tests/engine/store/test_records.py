"""Outbox, steps, counters, verdicts and dead letters."""

import asyncio
from functools import partial

import pytest

from engine.errors import Denied
from engine.model.finding import Verdict, VerdictKind
from engine.model.intake import DeadLetter
from engine.store.rows import instant, micros
from engine.store.store import Store
from engine.store.tx import Tx
from tests.engine.store.conftest import OpenStore
from tests.engine.store.samples import HOUR, NOON, Answer, draft, every


async def test_nudges_are_pending_in_their_order_until_delivered(store: Store) -> None:
    for subject in "abc":
        await store.write(lambda tx, subject=subject: tx.outbox.nudge("Lease", "w", subject))  # type: ignore[misc]
    first, second = store.ask(lambda tx: tx.outbox.pending(2))
    assert ((first.workflow, first.workflow_id, first.subject), second.subject) == (("Lease", "w", "a"), "b")
    await store.write(lambda tx: tx.outbox.delivered([first.id, second.id]))
    assert [row.subject for row in store.ask(lambda tx: tx.outbox.pending(9))] == ["c"]


async def test_delivering_again_or_nothing_changes_nothing(store: Store) -> None:
    await store.write(lambda tx: tx.outbox.nudge("Lease", "w", "a"))
    for ids in ([], [99], [99]):
        await store.write(lambda tx, ids=ids: tx.outbox.delivered(ids))  # type: ignore[misc]
    assert len(store.ask(lambda tx: tx.outbox.pending(9))) == 1


async def test_a_step_is_done_once_and_its_result_given_back_word_for_word(store: Store, open_store: OpenStore) -> None:
    done: list[int] = []

    def step(tx: Tx) -> Answer:
        def work() -> Answer:
            done.append(tx.record(draft()))
            return Answer()

        return tx.steps.once("incident/1#7", Answer, NOON, work)

    answers = await asyncio.gather(*(store.write(step) for _ in range(20)))
    store.close()
    assert [*answers, await open_store().write(step)] == [Answer()] * 21
    assert done == [0]


async def test_a_step_that_failed_is_done_again(store: Store) -> None:
    def fail() -> Answer:
        raise Denied("not yet")

    with pytest.raises(Denied):
        await store.write(lambda tx: tx.steps.once("k", Answer, NOON, fail))
    assert await store.write(lambda tx: tx.steps.once("k", Answer, NOON, lambda: Answer(text="x"))) == Answer(text="x")


async def test_steps_differ_by_their_keys(store: Store) -> None:
    for key in ("a#1", "a#2", "b#1"):
        answer = await store.write(
            lambda tx, key=key: tx.steps.once(key, Answer, NOON, lambda: Answer(text=key))  # type: ignore[misc]
        )
        assert answer.text == key


async def test_old_steps_are_forgotten(store: Store) -> None:
    for key, at in (("old", NOON), ("new", NOON + HOUR)):
        await store.write(lambda tx, key=key, at=at: tx.steps.once(key, Answer, at, Answer))  # type: ignore[misc]
    assert await store.write(lambda tx: tx.steps.forget(NOON + HOUR)) == 1
    assert await store.write(lambda tx: tx.steps.once("new", Answer, NOON, lambda: Answer(text="x"))) == Answer()


async def test_numbers_are_given_out_once_for_each_prefix(store: Store, open_store: OpenStore) -> None:
    given = await asyncio.gather(*(store.write(lambda tx: tx.counters.next("AR")) for _ in range(50)))
    assert given == [f"AR-{n:04d}" for n in range(1, 51)]
    assert await store.write(lambda tx: (tx.counters.next("L"), tx.counters.next("L"))) == ("L-0001", "L-0002")
    store.close()
    assert await open_store().write(lambda tx: tx.counters.next("AR")) == "AR-0051"


async def test_a_person_has_one_verdict_on_a_subject_the_last_one(store: Store) -> None:
    def verdict(kind: VerdictKind, principal: str) -> Verdict:
        return Verdict(kind=kind, principal=principal, reason="seen", at=NOON)

    false, true = verdict(VerdictKind.FALSE_POSITIVE, "ana"), verdict(VerdictKind.TRUE_POSITIVE, "ana")
    other = verdict(VerdictKind.TEST, "ben")
    await store.write(lambda tx: every(partial(tx.verdicts.put, "INC-0001"), false, other, true))
    await store.write(lambda tx: tx.verdicts.put("INC-0002", false))
    assert store.ask(lambda tx: tx.verdicts.of("INC-0001")) == [true, other]
    assert store.ask(lambda tx: tx.verdicts.of("INC-0003")) == []


async def test_dead_letters_are_kept_in_their_order(store: Store) -> None:
    letters = [DeadLetter(file="a.json", line=line, column=1, message="no time", raw="{}") for line in range(12)]
    await store.write(lambda tx: every(lambda letter: tx.dead_letters.insert(letter, NOON), *letters))
    assert store.ask(lambda tx: tx.dead_letters.all()) == letters
    assert store.ask(lambda tx: tx.dead_letters.count()) == len(letters)


def test_instants_are_exact() -> None:
    assert instant(micros(NOON)) == NOON
    assert micros(NOON) == 1795262400123456
