"""The tables of states, step by step as the design has them."""

from collections.abc import Iterable, Mapping
from itertools import product
from typing import TypeVar

import pytest

from engine.errors import IllegalTransition
from engine.lifecycle import LEASE, REQUEST, RUN, TASK, is_final, require
from engine.model.lease import LeaseState
from engine.model.request import RequestState
from engine.model.run import RunState
from engine.model.task import TaskState

S = TypeVar("S", RequestState, LeaseState, RunState, TaskState)

REQUEST_STEPS = """
    requested -> denied observed queued awaiting_approval authorised
    awaiting_approval -> authorised rejected expired superseded withdrawn
    authorised -> held blocked failed
    held -> vetoed withdrawn ended
"""

LEASE_STEPS = """
    applying -> active unknown failed
    unknown -> active failed
    active -> releasing drifted
    drifted -> active surrendered
    releasing -> released stuck
    stuck -> released
"""

RUN_STEPS = """
    running -> done failed rolling_back withdrawn
    rolling_back -> rolled_back withdrawn
"""

TASK_STEPS = """
    open -> answered declined expired withdrawn
"""


def steps(text: str) -> set[tuple[str, str]]:
    rows = [line.split(" -> ") for line in text.strip().splitlines()]
    return {(before.strip(), after) for before, many in rows for after in many.split()}


def reached(table: Mapping[S, Iterable[S]], start: S) -> set[S]:
    """Every state that some path from `start` comes to."""
    seen: set[S] = set()
    todo = {start}
    while todo:
        seen |= todo
        todo = {after for before in todo for after in table.get(before, ())} - seen
    return seen


@pytest.mark.parametrize(("before", "after"), [*product(RequestState, RequestState)])
def test_a_request_takes_exactly_the_steps_of_its_table(before: RequestState, after: RequestState) -> None:
    assert allows(before, after) is ((before, after) in steps(REQUEST_STEPS))


@pytest.mark.parametrize(("before", "after"), [*product(LeaseState, LeaseState)])
def test_a_lease_takes_exactly_the_steps_of_its_table(before: LeaseState, after: LeaseState) -> None:
    assert allows(before, after) is ((before, after) in steps(LEASE_STEPS))


@pytest.mark.parametrize(("before", "after"), [*product(RunState, RunState)])
def test_a_run_takes_exactly_the_steps_of_its_table(before: RunState, after: RunState) -> None:
    assert allows(before, after) is ((before, after) in steps(RUN_STEPS))


@pytest.mark.parametrize(("before", "after"), [*product(TaskState, TaskState)])
def test_a_task_takes_exactly_the_steps_of_its_table(before: TaskState, after: TaskState) -> None:
    assert allows(before, after) is ((before, after) in steps(TASK_STEPS))


def allows(before: S, after: S) -> bool:
    try:
        require(before, after)
    except IllegalTransition:
        return False
    return True


def test_a_refused_step_is_named() -> None:
    with pytest.raises(IllegalTransition, match="no step from `denied` to `authorised`"):
        require(RequestState.DENIED, RequestState.AUTHORISED)


@pytest.mark.parametrize(
    ("state", "table"),
    [
        *product(RequestState, [REQUEST_STEPS]),
        *product(LeaseState, [LEASE_STEPS]),
        *product(RunState, [RUN_STEPS]),
        *product(TaskState, [TASK_STEPS]),
    ],
)
def test_a_state_is_final_when_no_step_leaves_it(
    state: RequestState | LeaseState | RunState | TaskState, table: str
) -> None:
    assert is_final(state) is (state not in {before for before, _ in steps(table)})


def test_every_state_can_be_reached_and_every_path_can_end() -> None:
    assert reached(REQUEST, RequestState.REQUESTED) == set(RequestState)
    assert reached(LEASE, LeaseState.APPLYING) == set(LeaseState)
    assert reached(RUN, RunState.RUNNING) == set(RunState)
    assert reached(TASK, TaskState.OPEN) == set(TaskState)
    assert all(any(map(is_final, reached(REQUEST, state))) for state in RequestState)
    assert all(any(map(is_final, reached(LEASE, state))) for state in LeaseState)


def test_nothing_is_held_that_was_not_authorised() -> None:
    unauthorised = {state: after - {RequestState.AUTHORISED} for state, after in REQUEST.items()}
    assert RequestState.HELD not in reached(unauthorised, RequestState.REQUESTED)


def test_nothing_in_force_ends_but_by_a_release_or_in_somebody_elses_hands() -> None:
    silent = {state: after - {LeaseState.RELEASED, LeaseState.SURRENDERED} for state, after in LEASE.items()}
    assert not any(map(is_final, reached(silent, LeaseState.ACTIVE)))
