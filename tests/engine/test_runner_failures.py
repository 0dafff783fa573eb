"""What a failure means: stop, go on, take back, or a step in its place; and what a timeout ends."""

from datetime import timedelta

import pytest

from engine import runner
from engine.model.request import RequestState as R
from engine.model.run import RunState, VisitState
from engine.runner_moves import Begin, Finish
from tests.engine.walking import NOON, again, walked


def block(name: str, more: str = "", number: int = 1) -> str:
    return f"{{name: {name}, action: network.block_ip, target: 203.0.113.{number}, because: b{more and ', ' + more}}}"


def steps(*lines: str) -> str:
    return "\n".join(f"- {line}" for line in lines)


def test_a_failure_stops_the_run_unless_something_else_is_said() -> None:
    run = walked(steps(block("a"), block("b"))).request("a", R.DENIED)
    assert (run.states(), run.run.state) == ({"a": "failed"}, RunState.FAILED)


def test_a_failure_may_be_gone_past() -> None:
    run = walked(steps(block("a", "on_failure: continue"), block("b"))).request("a", R.DENIED)
    assert run.states() == {"a": "failed", "b": "begun"}
    assert run.request("b", R.HELD).run.state is RunState.DONE


def test_a_failure_may_take_the_run_back() -> None:
    run = walked(steps(block("a"), block("b", "on_failure: roll_back"), block("c")))
    run.request("a", R.HELD).request("b", R.DENIED)
    assert (run.states(), run.run.state) == ({"a": "done", "b": "failed"}, RunState.ROLLING_BACK)
    assert run.run.because == "`b` failed: AR-1 is denied: said so"


INSTEAD = steps(block("a", f"on_failure: {block('other', number=2)}"), block("b"))


@pytest.mark.parametrize(
    ("state", "after", "ends"), [(R.HELD, "begun", RunState.RUNNING), (R.DENIED, None, RunState.FAILED)]
)
def test_what_becomes_of_the_step_in_its_place_is_what_became_of_it(
    state: R, after: str | None, ends: RunState
) -> None:
    run = walked(INSTEAD).request("a", R.DENIED)
    assert run.open() == ["a/instead"]
    run.request("a/instead", state)
    assert (run.states().get("b"), run.run.state) == (after, ends)


def test_steps_that_follow_see_the_outcome_of_what_took_its_place() -> None:
    run = walked(steps(
        block("a", f"on_failure: {block('other', number=2)}"), block("b", "when: step.a.outcome == 'done'"),
    )).request("a", R.DENIED)  # fmt: skip
    assert run.request("a/instead", R.HELD).states()["b"] == "begun"


@pytest.mark.parametrize(
    "around",
    [
        "{{name: around, if: 'true', then: [{0}, {1}], because: b, {2}}}",
        "{{name: around, for_each: '= finding.hosts', as: h, at_most: 9, do: [{0}, {1}], because: b, {2}}}",
        "{{name: around, while: 'true', at_most: 9, every: 1s, do: [{0}, {1}], because: b, {2}}}",
        "{{name: around, switch: = finding.severity, cases: {{high: [{0}, {1}]}}, because: b, {2}}}",
    ],
)
def test_a_failure_within_fails_what_is_around_whose_word_counts_then(around: str) -> None:
    run = walked(steps(around.format(block("a"), block("b"), "on_failure: continue"), block("c")))
    [first] = run.open()
    run.request(first, R.DENIED)
    assert (run.states()["around"], run.open()) == ("failed", ["c"])
    assert run.visits["around"].because == "`a` failed: AR-0 is denied: said so"


def test_nothing_is_begun_beside_a_failure_that_takes_the_run_back() -> None:
    run = walked(f"""
        - name: both
          because: b
          parallel:
            - {{name: l, steps: [{block("a", "on_failure: roll_back")}]}}
            - {{name: r, steps: [{block("b")}, {block("c")}]}}""")
    run.requests["AR-1"] = run.requests["AR-1"].model_copy(update={"state": R.HELD})
    run.request("both/branch[l]/a", R.FAILED)
    assert run.run.state is RunState.ROLLING_BACK
    assert "both/branch[r]/c" not in run.states()


def test_what_was_to_begin_beside_a_failure_at_once_does_not() -> None:
    bad = block("bad", "on_failure: roll_back").replace("203.0.113.1", "= finding.user")
    run = walked(f"""
        - name: both
          because: b
          parallel: [{{name: l, steps: [{block("a")}]}}, {{name: r, steps: [{bad}]}}]""")
    assert (run.run.state, run.requests) == (RunState.ROLLING_BACK, {})


def test_a_step_that_is_not_over_in_time_has_failed() -> None:
    run = walked(steps(block("a", "timeout: 5m"), block("b")))
    assert run.wake_at == NOON + timedelta(minutes=5)
    assert run.after(minutes=4).run.state is RunState.RUNNING
    assert run.after(minutes=1).run.because == "`a` failed: not over within 5m"


def test_a_success_at_the_last_instant_is_a_success() -> None:
    run = walked(steps(block("a", "timeout: 5m"), block("b")))
    run.now += timedelta(minutes=5)
    assert run.request("a", R.HELD).states() == {"a": "done", "b": "begun"}


def test_a_timeout_ends_everything_within_and_begins_nothing() -> None:
    run = walked(f"""
        - name: both
          because: b
          timeout: 5m
          on_failure: continue
          parallel:
            - {{name: l, steps: [{block("a")}, {block("b")}]}}
            - {{name: r, steps: [{{name: pause, wait: 1h, because: b}}]}}
        - {block("last")}""")
    run.requests["AR-0"] = run.requests["AR-0"].model_copy(update={"state": R.HELD})
    assert run.after(minutes=5).states() == {
        "both": "failed", "both/branch[l]/a": "done", "both/branch[r]/pause": "failed", "last": "begun",
    }  # fmt: skip


def test_conditions_without_an_answer_are_failures() -> None:
    wrong = "int(finding.title) > 1"
    run = walked(
        steps(
            block("a", f"when: {wrong}, on_failure: continue"),
            f"{{name: b, if: {wrong}, then: [{block('c')}], because: b}}",
        )
    )
    assert run.states() == {"a": "failed", "b": "failed"}
    assert run.visits["b"].because.startswith("`if`: ")


def test_a_run_that_comes_to_too_many_visits_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "MOST_VISITS", 3)
    loop = (
        f"{{name: all, for_each: '= finding.hosts', as: h, at_most: 9, together: true, do: [{block('a')}], because: b}}"
    )
    run = walked(steps(loop))
    assert (run.run.state, run.run.because) == (RunState.FAILED, "it has come to 3 visits")


def test_no_more_is_begun_at_once_than_is_good_for_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "MOST_MOVES", 2)
    loop = (
        f"{{name: all, for_each: '= finding.hosts', as: h, at_most: 9, together: true, do: [{block('a')}], because: b}}"
    )
    run = walked(steps(loop))
    assert len(run.open()) == 3
    assert [type(move) for move in run.history] == [Begin] * 4


def test_a_run_found_again_goes_on_where_it_was() -> None:
    run = walked(steps(block("a", "on_failure: continue"), block("b"), block("c"))).request("a", R.DENIED)
    assert again(run).moves() == []
    assert again(run).request("b", R.HELD).states() == {"a": "failed", "b": "done", "c": "begun"}


def test_the_end_of_a_run_is_its_last_move() -> None:
    run = walked(steps(block("a"))).request("a", R.HELD)
    assert isinstance(run.history[-1], Finish)
    assert all(visit.state is not VisitState.BEGUN for visit in run.visits.values())
