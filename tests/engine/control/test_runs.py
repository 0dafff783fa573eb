"""Playbooks carried out on the bench: each kind of step through policy, checks, people and leases."""

from dataclasses import replace
from datetime import timedelta

from engine.model.finding import Finding
from engine.model.run import RunState
from tests.bench import Bench
from tests.engine.control.playing import CALL, CALLED, block, play, run_of, steps, visit, visits
from tests.engine.walking import playbook


async def test_one_step_after_the_other_is_put_in_force(bench: Bench, alert: Finding) -> None:
    play(bench, steps(block("a"), block("b")))
    incident = await bench.feed(alert)
    assert visits(bench, incident) == {"a": "begun"}
    await bench.settle(incident)
    assert visits(bench, incident) == {"a": "done", "b": "begun"}
    await bench.settle(incident)
    assert run_of(bench, incident).state is RunState.DONE
    assert await bench.standing() == ["network.block_ip", "network.block_ip"]


async def test_the_end_of_a_request_nudges_its_incident_so_that_the_next_step_begins(
    bench: Bench, alert: Finding
) -> None:
    play(bench, steps(block("a"), block("b")))
    incident = await bench.feed(alert)
    nudged = [row.subject for row in bench.read(lambda tx: tx.outbox.pending(10)) if row.workflow == "Respond"]
    assert nudged.count(incident) == 2


async def test_where_nothing_follows_nobody_is_woken_only_to_note_the_end(bench: Bench, alert: Finding) -> None:
    branches = ", ".join(f"{{name: {name}, steps: [{block(name)}]}}" for name in ("a", "b"))
    play(bench, steps(f"{{name: sides, because: b, parallel: [{branches}]}}"))
    incident = await bench.feed(alert)
    nudged = [row.subject for row in bench.read(lambda tx: tx.outbox.pending(10)) if row.workflow == "Respond"]
    assert nudged.count(incident) == 1
    await bench.respond(incident)
    assert run_of(bench, incident).state is RunState.DONE


async def test_every_visit_and_its_end_is_an_entry(bench: Bench, alert: Finding) -> None:
    play(
        bench,
        steps(
            "{name: choice, if: 'true', then: [{name: tell, notify: [responders], text: t, because: b}], because: b}"
        ),
    )
    incident = await bench.feed(alert)
    await bench.settle(incident)
    assert run_of(bench, incident).state is RunState.DONE
    assert [entry.body["path"] for entry in bench.entries("step.begun")] == ["choice", "choice/then/tell"]
    assert [entry.body["path"] for entry in bench.entries("step.done")] == ["choice/then/tell", "choice"]
    assert [len(bench.entries(kind)) for kind in ("run.begun", "run.done")] == [1, 1]


async def test_a_denied_request_fails_its_step_and_the_rest_is_not_begun(bench: Bench, alert: Finding) -> None:
    isolate = "{name: isolate, action: host.isolate, target: dc-01, because: b}"
    play(bench, steps(isolate, block("b")))
    incident = await bench.feed(alert)
    assert (visits(bench, incident), run_of(bench, incident).state) == ({"isolate": "failed"}, RunState.FAILED)


async def test_a_finding_that_says_nothing_stronger_joins_what_was_asked_for(bench: Bench, alert: Finding) -> None:
    play(bench, steps(block("a")))
    incident = await bench.feed(alert)
    await bench.feed(alert.model_copy(update={"id": "F-again"}))
    assert len(bench.requests(incident, "network.block_ip")) == 1
    assert visits(bench, incident, 1) == {"a": "done"}


async def test_other_words_for_the_same_people_are_another_notice(bench: Bench, alert: Finding) -> None:
    play(bench, steps(*(f"{{name: {n}, notify: [responders], text: {n}, because: b}}" for n in ("one", "two"))))
    incident = await bench.feed(alert)
    await bench.settle(incident)
    assert [r.params["text"] for r in bench.requests(incident, "notify")] == ["one", "two"]


async def test_a_later_finding_has_no_notice_repeated_that_was_given_in_the_same_words(
    bench: Bench, alert: Finding
) -> None:
    play(bench, steps("{name: tell, notify: [responders], text: t, because: b}"))
    incident = await bench.feed(alert)
    await bench.settle(incident)
    await bench.feed(alert.model_copy(update={"id": "F-again", "confidence": 0.99}))
    assert [request.state for request in bench.requests(incident, "notify")] == ["ended"]
    assert visits(bench, incident, 1) == {"tell": "done"}


async def test_a_later_finding_has_sessions_ended_again_that_may_have_been_opened_since(
    bench: Bench, alert: Finding
) -> None:
    play(bench, steps("{name: end, action: identity.revoke_sessions, target: j.baker, because: b}"))
    incident = await bench.feed(alert)
    await bench.settle(incident)
    await bench.feed(alert.model_copy(update={"id": "F-again"}))
    assert len(bench.requests(incident, "identity.revoke_sessions")) == 2


async def test_what_no_connector_can_do_is_a_failure_and_said_so(bench: Bench, alert: Finding) -> None:
    play(bench, steps(block("a")))
    routes = {name: where for name, where in bench.desk.routes.items() if name != "network.block_ip"}
    bench.parts = replace(bench.parts, desk=replace(bench.desk, routes=routes))
    incident = await bench.feed(alert)
    assert visit(bench, incident, "a").because == "no connector here can do `network.block_ip`"
    assert len(bench.entries("step.unroutable")) == 1


async def test_a_value_that_facts_do_not_give_is_put_to_a_person(bench: Bench, alert: Finding) -> None:
    play(bench, steps("{name: a, action: network.block_ip, target: = finding.user, because: b}"))
    incident = await bench.feed(alert)
    assert run_of(bench, incident).state is RunState.FAILED
    assert [review.kind for review in bench.read(lambda tx: tx.reviews.waiting())] == ["refused_plan"]


async def test_a_run_goes_on_by_what_its_playbook_said_when_it_began(bench: Bench, exfiltration: Finding) -> None:
    isolate = "{name: isolate, action: host.isolate, target: = finding.source.host, because: b}"
    play(bench, steps(isolate, "{name: old, notify: [responders], text: old, because: b}"))
    incident = await bench.feed(exfiltration)
    *_, asked = bench.requests(incident, "host.isolate")
    assert asked.state == "awaiting_approval"

    play(bench, steps("{name: new, notify: [responders], text: new, because: b}"))
    bench.desk.pinned.clear()  # as after a restart
    await bench.vote(asked.id, "samir")
    await bench.vote(asked.id, "tom")
    for _ in range(3):
        await bench.settle(incident)

    assert run_of(bench, incident).state is RunState.DONE
    assert visits(bench, incident) == {"isolate": "done", "old": "done"}


async def test_what_this_engine_cannot_compile_any_more_fails_and_says_why(bench: Bench, alert: Finding) -> None:
    play(bench, steps("{name: pause, wait: 1h, because: b}", block("a")))
    incident = await bench.feed(alert)
    bench.desk.pinned.clear()
    bench.parts = replace(bench.parts, desk=replace(bench.desk, specs=NoSpecs()))
    await bench.respond(incident)
    assert run_of(bench, incident).because.startswith("this engine cannot carry it out")


class NoSpecs:
    """An engine without any action."""

    def get(self, action: str) -> None:
        return None

    def all(self) -> tuple[()]:
        return ()


async def test_a_called_playbook_is_a_run_of_its_own_and_pinned_with_its_caller(bench: Bench, alert: Finding) -> None:
    inner = playbook("- {name: pause, wait: 1m, because: b}", head=CALLED)
    after = "{name: tell, notify: [responders], text: = output.sub.said, because: b}"
    play(bench, playbook(f"- {CALL}\n- {after}", [inner]), inner)
    incident = await bench.feed(alert)
    assert [run.state for run in bench.read(lambda tx: tx.runs.of(incident))] == ["running", "running"]

    bench.desk.pinned.clear()
    await bench.later(timedelta(minutes=1))
    await bench.respond(incident)
    await bench.settle(incident)

    assert [run.state for run in bench.read(lambda tx: tx.runs.of(incident))] == ["done", "done"]
    assert [request.params["text"] for request in bench.requests(incident, "notify")] == ["hello"]


async def test_an_incident_is_open_until_its_runs_are_over(bench: Bench, alert: Finding) -> None:
    play(bench, steps("{name: pause, wait: 3h, because: b}"))
    incident = await bench.feed(alert)
    await bench.later(timedelta(hours=2))
    await bench.respond(incident)
    assert bench.entries("incident.closed") == []
    await bench.later(timedelta(hours=1))
    await bench.respond(incident)
    assert len(bench.entries("incident.closed")) == 1


async def test_a_second_visit_is_recorded_beside_the_first(bench: Bench, alert: Finding) -> None:
    tell = "{name: tell, notify: [responders], text: t, because: b}"
    play(bench, steps(f"{{name: again, while: round < 2, at_most: 5, every: 1m, do: [{tell}], because: b}}"))
    incident = await bench.feed(alert)
    await bench.settle(incident)
    await bench.later(timedelta(minutes=1))
    await bench.respond(incident)
    await bench.settle(incident)
    await bench.later(timedelta(minutes=1))
    await bench.respond(incident)
    assert run_of(bench, incident).state is RunState.DONE
    assert len(bench.requests(incident, "notify")) == 2
    assert {"again/round[0]/tell", "again/round[1]/tell"} <= visits(bench, incident).keys()
