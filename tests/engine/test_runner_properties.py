"""Any playbook with any outcomes: it ends, begins nothing twice, and says the same to whoever asks again."""

import json
from datetime import timedelta
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from engine.model.base import Json
from engine.model.request import RequestState as R
from engine.model.run import RunState, VisitState
from engine.model.task import TaskState
from engine.runner_moves import Begin, End, Finish
from tests.engine.walking import Walked, again, walked

ENDS = (R.HELD, R.HELD, R.HELD, R.OBSERVED, R.DENIED, R.FAILED, R.REJECTED)
HANDLING = ("stop", "continue", "continue", "roll_back")


class Author:
    """Writes playbooks at random, every kind of step among them."""

    def __init__(self, random: Random) -> None:
        self._random, self._names = random, 0

    def block(self, depth: int) -> list[JsonValue]:
        return [self.step(depth) for _ in range(self._random.randint(1, 3))]

    def step(self, depth: int) -> Json:
        self._names += 1
        written: Json = {"name": f"s{self._names}", "because": "b", **self._kind(depth)}
        written |= {"when": self._random.choice(["true", "true", "false", "incident.findings > 0"])}
        written |= self._random.choice([{}, {"timeout": "40s"}])
        handling = self._random.choice([*HANDLING, "step"])
        return written | {"on_failure": self.step(0) if handling == "step" else handling}

    def _kind(self, depth: int) -> Json:
        flat: list[Json] = [
            {"action": "network.block_ip", "target": f"203.0.113.{self._names % 250}"},
            {"action": "host.isolate", "target": "= finding.host"},
            {"wait": "7s"},
            {"task": "look", "questions": []},
            {"notify": ["soc"], "text": "t"},
            {"verdict": "true_positive"},
        ]
        nested = depth > 0 and self._random.random() < 0.5
        return self._random.choice(NESTED)(self, depth - 1) if nested else self._random.choice(flat)

    def either(self, depth: int) -> Json:
        condition = self._random.choice(["true", "false"])
        return {"if": condition, "then": self.block(depth), "else": self.block(depth)}

    def switch(self, depth: int) -> Json:
        return {"switch": "= finding.severity", "cases": {"high": self.block(depth)}, "default": self.block(depth)}

    def parallel(self, depth: int) -> Json:
        return {"parallel": [{"name": name, "steps": self.block(depth)} for name in ("l", "r")]}

    def rounds(self, depth: int) -> Json:
        return {"while": "round < 2", "at_most": self._random.randint(1, 3), "every": "5s", "do": self.block(depth)}

    def each(self, depth: int) -> Json:
        name, most = f"i{self._names}", self._random.choice([2, 5])
        together = self._random.choice([True, False])
        more: Json = {"for_each": "= finding.hosts", "as": name, "at_most": most, "together": together}
        return more | {"do": self.block(depth)}


NESTED = (Author.either, Author.switch, Author.parallel, Author.rounds, Author.each)


def play(run: Walked, random: Random) -> Walked:
    """Have something become of one thing after the other until the run is over."""
    for _ in range(3000):
        if run.run.state is not RunState.RUNNING:
            return run
        run = again(run)
        waiting = run.open()
        if waiting and random.random() < 0.9:
            become(run, random.choice(waiting), random)
        else:
            run.now = max(run.wake_at or run.now, run.now + timedelta(seconds=1))
            run.go()
    raise AssertionError("it does not end")


def become(run: Walked, path: str, random: Random) -> None:
    if run.visits[path].request_id:
        run.requests[run.visits[path].request_id or ""] = run.requests[run.visits[path].request_id or ""].model_copy(
            update={"state": random.choice(ENDS)}
        )
    else:
        state = random.choice([TaskState.ANSWERED, TaskState.DECLINED])
        name = run.visits[path].task_id or ""
        run.tasks[name] = run.tasks[name].model_copy(update={"state": state})


def begin(seed: int) -> Walked:
    return walked(json.dumps(Author(Random(seed)).block(3)))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), luck=st.integers(0, 2**32))
def test_every_run_ends_and_begins_nothing_twice_nor_after_its_end(seed: int, luck: int) -> None:
    run = play(begin(seed), Random(luck))
    kinds = [type(move) for move in run.history]
    assert kinds.count(Finish) == 1 and kinds[-1] is Finish
    begun = [move.visit.path for move in run.history if isinstance(move, Begin)]
    assert len(begun) == len(set(begun))
    ended = [move.visit.path for move in run.history if isinstance(move, End)]
    assert len(ended) == len(set(ended)) and set(ended) <= set(begun)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), luck=st.integers(0, 2**32))
def test_the_same_playbook_with_the_same_luck_goes_the_same_way(seed: int, luck: int) -> None:
    one, other = (play(begin(seed), Random(luck)) for _ in range(2))
    assert one.history == other.history


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), luck=st.integers(0, 2**32))
def test_a_run_that_is_done_left_nothing_open_and_one_that_failed_says_why(seed: int, luck: int) -> None:
    run = play(begin(seed), Random(luck))
    open_visits = [visit for visit in run.visits.values() if visit.state is VisitState.BEGUN]
    assert run.run.state is RunState.ROLLING_BACK or open_visits == []
    assert run.run.state is RunState.DONE or "failed: " in run.run.because


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), luck=st.integers(0, 2**32))
def test_in_observation_mode_a_run_shows_everything_it_would_ask_for(seed: int, luck: int) -> None:
    run = begin(seed)
    while run.run.state is RunState.RUNNING:
        for name, request in run.requests.items():
            run.requests[name] = request.model_copy(update={"state": R.OBSERVED})
        for name, task in run.tasks.items():
            run.tasks[name] = task.model_copy(update={"state": TaskState.ANSWERED})
        run.now = max(run.wake_at or run.now, run.now)
        run.go()
    assert all(v.state is not VisitState.DONE for v in run.visits.values() if v.kind in ("action", "notify"))
