"""Walking a playbook: each kind of step, what it waits for, and what follows it."""

from datetime import timedelta

import pytest

from engine.model.request import RequestState as R
from engine.model.run import RunState
from engine.model.task import TaskState
from tests.engine.walking import NOON, Walked, again, playbook, run_of, walked

BLOCK = "{name: %s, action: network.block_ip, target: %s, because: b}"
A, B, C = (BLOCK % (name, f"203.0.113.{n}") for n, name in enumerate("abc", 1))


def steps(*lines: str) -> str:
    return "\n".join(f"- {line}" for line in lines)


def test_steps_are_begun_one_after_the_other_each_once_the_last_is_in_force() -> None:
    run = walked(steps(A, B))
    assert run.states() == {"a": "begun"}
    assert run.request("a", R.HELD).states() == {"a": "done", "b": "begun"}
    assert run.request("b", R.HELD).run.state is RunState.DONE


@pytest.mark.parametrize(
    ("state", "visit", "run"),
    [
        (R.HELD, "done", RunState.DONE),
        (R.ENDED, "done", RunState.DONE),
        (R.OBSERVED, "observed", RunState.DONE),
        (R.AUTHORISED, "begun", RunState.RUNNING),
        (R.AWAITING_APPROVAL, "begun", RunState.RUNNING),
        (R.QUEUED, "failed", RunState.FAILED),
        (R.DENIED, "failed", RunState.FAILED),
        (R.REJECTED, "failed", RunState.FAILED),
        (R.EXPIRED, "failed", RunState.FAILED),
        (R.BLOCKED, "failed", RunState.FAILED),
        (R.FAILED, "failed", RunState.FAILED),
        (R.VETOED, "failed", RunState.FAILED),
        (R.WITHDRAWN, "failed", RunState.FAILED),
        (R.SUPERSEDED, "failed", RunState.FAILED),
    ],
)
def test_what_becomes_of_a_request_becomes_of_its_step(state: R, visit: str, run: RunState) -> None:
    walk = walked(steps(A)).request("a", state)
    assert (walk.states(), walk.run.state) == ({"a": visit}, run)


def test_a_failure_says_whose_and_why() -> None:
    assert walked(steps(A, B)).request("a", R.REJECTED).run.because == "`a` failed: AR-0 is rejected: said so"


def test_a_step_whose_condition_does_not_hold_is_left_out_and_said_to_be() -> None:
    run = walked(steps(A.replace("because", "when: 'false', because"), B))
    assert run.states() == {"a": "skipped", "b": "begun"}


def test_a_value_that_facts_do_not_give_is_a_failure_of_that_step_alone() -> None:
    run = walked(
        steps(A.replace("203.0.113.1", "= finding.source.ip").replace("because", "on_failure: continue, because"), B)
    )
    assert run.states() == {"a": "failed", "b": "begun"}
    assert run.visits["a"].because == "`target`: `finding.source.ip` has no value here"


def test_branches_go_side_by_side_and_all_are_waited_for() -> None:
    run = walked(f"""
        - name: both
          parallel: [{{name: l, steps: [{A}]}}, {{name: r, steps: [{B}]}}]
          because: b
        - {C}""")
    assert run.states() == {"both": "begun", "both/branch[l]/a": "begun", "both/branch[r]/b": "begun"}
    run.request("both/branch[l]/a", R.DENIED)
    assert run.states()["both"] == "begun"
    run.request("both/branch[r]/b", R.HELD)
    assert (run.states()["both"], run.run.state) == ("failed", RunState.FAILED)
    assert "c" not in run.states()


@pytest.mark.parametrize(("condition", "begun"), [("true", "choice/then/a"), ("false", "choice/else/b")])
def test_an_if_takes_one_block(condition: str, begun: str) -> None:
    run = walked(f"- {{name: choice, if: '{condition}', then: [{A}], else: [{B}], because: b}}")
    assert run.open() == [begun]


def test_an_if_without_else_is_done_at_once() -> None:
    assert walked(f"- {{name: choice, if: 'false', then: [{A}], because: b}}").run.state is RunState.DONE


def test_a_condition_is_asked_once_and_what_it_said_stands() -> None:
    run = walked(f"- {{name: choice, if: incident.findings == 1, then: [{A}], else: [{B}], because: b}}")
    run.facts["incident.findings"] = 2
    assert again(run).go().request("choice/then/a", R.HELD).run.state is RunState.DONE
    assert run.visits["choice"].recorded == {"holds": True}


@pytest.mark.parametrize(("value", "begun"), [("high", "kind/case[1]/b"), ("other", "kind/default/c")])
def test_a_switch_takes_the_block_of_its_value(value: str, begun: str) -> None:
    cases = f"{{low: [{A}], high: [{B}]}}"
    run = walked(
        f"- {{name: kind, switch: = '{value}', cases: {cases}, default: [{C}], because: b}}".replace(
            "= '", "\"= '"
        ).replace("', cases", "'\", cases")
    )
    assert run.open() == [begun]


def test_an_item_each_one_after_the_other() -> None:
    run = walked("""
        - name: all
          for_each: = finding.hosts
          as: host
          at_most: 5
          because: b
          do: [{name: isolate, action: host.isolate, target: = each.host, because: b}]""")
    assert run.visits["all"].recorded == {"items": ["host-0", "host-1", "host-2"]}
    run.request("all/each[0]/isolate", R.HELD)
    run.request("all/each[1]/isolate", R.HELD)
    assert [request.target for request in run.requests.values()] == ["host-0", "host-1", "host-2"]
    assert run.request("all/each[2]/isolate", R.HELD).run.state is RunState.DONE


def test_all_items_at_once_where_they_go_together() -> None:
    run = walked("""
        - name: all
          for_each: = finding.hosts
          as: host
          at_most: 5
          together: true
          because: b
          do: [{name: isolate, action: host.isolate, target: = each.host, because: b}]""")
    assert run.open() == [f"all/each[{n}]/isolate" for n in range(3)]


def test_more_items_than_its_author_had_in_mind_are_a_failure_before_the_first() -> None:
    run = walked(f"- {{name: all, for_each: = finding.hosts, as: host, at_most: 2, because: b, do: [{A}]}}")
    assert run.states() == {"all": "failed"}
    assert run.visits["all"].because == "`for_each`: 3 items, where at most 2 were in mind"


ROUNDS = f"""
    - name: again
      while: incident.findings < 3
      at_most: 2
      every: 10s
      because: b
      do: [{A}]"""


def test_rounds_come_every_so_often_while_the_condition_holds() -> None:
    run = walked(ROUNDS).request("again/round[0]/a", R.HELD)
    assert run.wake_at == NOON + timedelta(seconds=10)
    assert run.after(seconds=9).states() == {"again": "begun", "again/round[0]": "done", "again/round[0]/a": "done"}
    assert run.after(seconds=1).open() == ["again/round[1]/a"]
    run.facts["incident.findings"] = 3
    run.request("again/round[1]/a", R.HELD).after(seconds=10)
    assert (run.run.state, run.visits["again"].recorded) == (RunState.DONE, {"rounds": 2})


def test_a_loop_whose_condition_holds_too_long_has_failed() -> None:
    run = walked(ROUNDS).request("again/round[0]/a", R.HELD).after(seconds=10)
    run.request("again/round[1]/a", R.HELD).after(seconds=10)
    assert run.run.because == "`again` failed: its condition still holds after 2 rounds"


def test_a_loop_asks_what_its_last_round_left() -> None:
    run = walked("""
        - name: until-clean
          while: "!answer.look.clean"
          at_most: 5
          every: 1s
          because: b
          do: [{name: look, task: look, because: b, questions: [{id: clean, text: q, type: yes_no}]}]""")
    run.task("until-clean/round[0]/look", clean=False).after(seconds=1)
    run.task("until-clean/round[1]/look", clean=True).after(seconds=1)
    assert (run.run.state, run.visits["until-clean"].recorded) == (RunState.DONE, {"rounds": 2})


ASK = "{name: ask, task: look, because: b, questions: [{id: gone, text: q, type: yes_no}], timeout: 1h}"


@pytest.mark.parametrize("gone", [True, False])
def test_answers_are_facts_for_the_steps_that_follow(gone: bool) -> None:
    run = walked(steps(ASK, A.replace("because", "when: answer.ask.gone, because")))
    assert run.task("ask", gone=gone).states()["a"] == ("begun" if gone else "skipped")


def test_people_have_four_hours_even_where_the_author_says_no_timeout() -> None:
    run = walked(steps(ASK.replace("timeout: 1h", "timeout: null")))
    assert run.visits["ask"].deadline == NOON + timedelta(hours=4)


@pytest.mark.parametrize("state", [TaskState.DECLINED, TaskState.EXPIRED, TaskState.WITHDRAWN])
def test_a_task_that_is_not_done_has_failed(state: TaskState) -> None:
    assert walked(steps(ASK, A)).task("ask", state).run.state is RunState.FAILED


def test_a_wait_is_over_at_its_time() -> None:
    run = walked(steps("{name: pause, wait: 5m, because: b}", A))
    assert run.wake_at == NOON + timedelta(minutes=5)
    assert run.after(minutes=4).states() == {"pause": "begun"}
    assert run.after(minutes=1).states() == {"pause": "done", "a": "begun"}


def test_a_notice_is_asked_for_as_an_action() -> None:
    run = walked(steps("{name: tell, notify: [soc], text: look, because: b}"))
    assert [request.action for request in run.requests.values()] == ["notify"]


def test_a_verdict_is_given_once() -> None:
    run = walked(steps("{name: judge, verdict: true_positive, because: b}", A))
    assert (run.verdicts, run.states()) == (["true_positive"], {"judge": "done", "a": "begun"})


INNER = """
- {name: look, task: look, because: b, questions: [{id: who, text: q, type: text}]}"""


def inner() -> Walked:
    outputs = "{who: {type: string, value: = answer.look.who}}"
    head = f"playbook: inner\ninputs: {{host: {{type: string, because: b}}}}\noutputs: {outputs}"
    started = playbook(INNER, head=head)
    return Walked(started, run_of(started, inputs={"host": "h"}))


def test_a_called_playbook_gets_its_inputs_and_gives_its_outputs() -> None:
    called = inner()
    call = "{name: sub, playbook: inner, version: 1, inputs: {host: '= finding.hosts[1]'}, because: b}"
    run = walked(steps(call, A.replace("because", "when: output.sub.who == 'x', because")), [called.playbook])
    assert run.runs["RUN-0"].inputs == {"host": "host-1"}
    assert run.called("sub", RunState.DONE, who="x").states() == {"sub": "done", "a": "begun"}


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.ROLLED_BACK, RunState.WITHDRAWN])
def test_a_called_playbook_that_did_not_get_through_is_a_failure(state: RunState) -> None:
    call = "{name: sub, playbook: inner, version: 1, inputs: {host: h}, because: b}"
    run = walked(steps(call, A), [inner().playbook]).called("sub", state)
    assert run.run.because == f"`sub` failed: RUN-0 (inner@1) is {state}: so"


def test_a_run_ends_with_its_outputs() -> None:
    run = inner().go().task("look", who="eve")
    assert (run.run.state, run.run.outputs) == (RunState.DONE, {"who": "eve"})
