"""Runs, visits and tasks as they were put in: each visit begun once, and ended once."""

import pytest

from engine.errors import StaleState
from engine.model.base import Json
from engine.model.run import Run, RunState, Visit, VisitState
from engine.model.task import Task, TaskState
from engine.store.store import Store
from tests.engine.store.samples import NOON, every

CONTENT: Json = {"playbook": "p", "steps": [{"name": "a", "lease_s": 1.5}]}


def run(name: str = "RUN-0001", state: RunState = RunState.RUNNING) -> Run:
    return Run(
        id=name, incident_id="INC-0001", finding_id="F-1", playbook="p", version=1, digest="d", identity="i",
        state=state, began_at=NOON, changed_at=NOON,
    )  # fmt: skip


def visit(path: str = "a", number: int = 0, request_id: str | None = None) -> Visit:
    state = VisitState.BEGUN
    return Visit(run="RUN-0001", path=path, n=number, kind="action", state=state, began_at=NOON, request_id=request_id)


def task(name: str = "TK-0001", state: TaskState = TaskState.OPEN) -> Task:
    return Task(
        id=name, run="RUN-0001", path="a", incident_id="INC-0001", text="t", because="b", state=state,
        opened_at=NOON, deadline=NOON, changed_at=NOON,
    )  # fmt: skip


async def test_content_is_kept_by_its_digest_once(store: Store) -> None:
    await store.write(lambda tx: tx.contents.keep("d", CONTENT))
    await store.write(lambda tx: tx.contents.keep("d", {}))
    assert store.ask(lambda tx: (tx.contents.get("d"), tx.contents.get("other"))) == (CONTENT, None)


async def test_runs_that_are_over_are_not_live(store: Store) -> None:
    runs = [run(f"RUN-{n:04d}", state) for n, state in enumerate(RunState)]
    await store.write(lambda tx: every(tx.runs.insert, *runs))
    live = store.ask(lambda tx: tx.runs.live("INC-0001"))
    assert [one.state for one in live] == [RunState.RUNNING, RunState.ROLLING_BACK]
    assert store.ask(lambda tx: tx.runs.of("INC-0001")) == runs


async def test_a_run_is_changed_only_from_where_it_was(store: Store) -> None:
    over = run().model_copy(update={"state": RunState.DONE})
    await store.write(lambda tx: tx.runs.insert(run()))
    await store.write(lambda tx: tx.runs.save(over, before=run()))
    with pytest.raises(StaleState):
        await store.write(lambda tx: tx.runs.save(over, before=run()))


async def test_a_visit_is_begun_once(store: Store) -> None:
    await store.write(lambda tx: tx.visits.insert(visit()))
    with pytest.raises(StaleState):
        await store.write(lambda tx: tx.visits.insert(visit(number=7)))


async def test_a_visit_ends_once(store: Store) -> None:
    ended = visit().model_copy(update={"state": VisitState.DONE})
    await store.write(lambda tx: tx.visits.insert(visit()))
    await store.write(lambda tx: tx.visits.save(ended))
    with pytest.raises(StaleState):
        await store.write(lambda tx: tx.visits.save(ended))


async def test_visits_come_in_the_order_they_began_and_are_found_by_what_they_follow(store: Store) -> None:
    visits = [visit("b", 0, "AR-0001"), visit("a", 1), visit("c", 10, "AR-0001"), visit("cc", 9, "AR-0002")]
    await store.write(lambda tx: every(tx.visits.insert, *visits))
    assert [one.path for one in store.ask(lambda tx: tx.visits.of("RUN-0001"))] == ["b", "a", "cc", "c"]
    assert {one.path for one in store.ask(lambda tx: tx.visits.following("AR-0001"))} == {"b", "c"}


async def test_a_task_that_is_over_is_not_open_and_is_ended_once(store: Store) -> None:
    tasks = [task(f"TK-{n:04d}", state) for n, state in enumerate(TaskState)]
    await store.write(lambda tx: every(tx.tasks.insert, *tasks))
    assert store.ask(lambda tx: tx.tasks.open()) == tasks[:1]
    assert store.ask(lambda tx: (tx.tasks.all(), tx.tasks.of("INC-0001"))) == (tasks, tasks)
    with pytest.raises(StaleState):
        await store.write(lambda tx: tx.tasks.save(tasks[1]))
