"""How runs end on the bench: by verdicts, by people, by the clock, and where nothing may be done."""

from dataclasses import replace
from datetime import timedelta

from engine.control.doors import give_verdict
from engine.control.freezing import freeze
from engine.control.tasks import answer_task, decline_task
from engine.model.action import Executor
from engine.model.finding import Finding, VerdictKind
from engine.model.run import RunState
from tests.bench import Bench
from tests.engine.control.playing import CALL, CALLED, block, play, run_of, steps, visits
from tests.engine.walking import playbook


async def test_a_false_positive_withdraws_runs_tasks_and_what_they_hold(bench: Bench, alert: Finding) -> None:
    play(bench, steps(block("a"), "{name: ask, task: look, because: b}", block("c")))
    incident = await bench.feed(alert)
    await bench.settle(incident)
    [task] = bench.read(lambda tx: tx.tasks.of(incident))

    await bench.write(
        lambda tx: give_verdict(
            tx, bench.person("anna"), incident, VerdictKind.FALSE_POSITIVE, "our scanner", bench.now
        )
    )
    await bench.settle(incident)

    assert run_of(bench, incident).state is RunState.WITHDRAWN
    assert visits(bench, incident) == {"a": "done", "ask": "failed"}
    assert bench.read(lambda tx: tx.tasks.get(task.id)).state == "withdrawn"  # type: ignore[union-attr]
    assert await bench.standing() == []


async def test_a_false_positive_withdraws_called_playbooks_with_their_callers(bench: Bench, alert: Finding) -> None:
    inner = playbook("- {name: pause, wait: 1m, because: b}", head=CALLED)
    play(bench, playbook(f"- {CALL}", [inner]))
    incident = await bench.feed(alert)
    kind = VerdictKind.FALSE_POSITIVE
    await bench.write(lambda tx: give_verdict(tx, bench.person("anna"), incident, kind, "ours", bench.now))
    assert [run.state for run in bench.read(lambda tx: tx.runs.of(incident))] == ["withdrawn", "withdrawn"]


async def test_a_playbooks_verdict_withdraws_as_well_and_teaches_nobody(bench: Bench, alert: Finding) -> None:
    play(bench, steps(block("a"), "{name: judge, verdict: false_positive, because: a known scanner}", block("c")))
    incident = await bench.feed(alert)
    await bench.settle(incident)
    await bench.settle(incident)
    assert run_of(bench, incident).state is RunState.WITHDRAWN
    assert visits(bench, incident) == {"a": "done", "judge": "done"}
    assert [entry.actor for entry in bench.entries("incident.verdict")] == ["playbook:p@1"]
    assert bench.read(lambda tx: tx.verdicts.of(f"incident/{incident}")) == []
    assert await bench.standing() == []


async def test_a_playbooks_verdict_does_not_stand_against_a_persons(bench: Bench, alert: Finding) -> None:
    play(bench, steps("{name: pause, wait: 1m, because: b}", "{name: judge, verdict: false_positive, because: b}"))
    incident = await bench.feed(alert)
    await bench.write(
        lambda tx: give_verdict(tx, bench.person("anna"), incident, VerdictKind.TRUE_POSITIVE, "seen", bench.now)
    )
    await bench.later(timedelta(minutes=1))
    await bench.respond(incident)
    kept = bench.read(lambda tx: tx.incidents.get(incident))
    assert kept is not None and kept.verdict is not None
    assert (kept.verdict.principal, run_of(bench, incident).state) == ("anna", RunState.DONE)


async def test_the_answer_of_a_person_carries_the_run_on(bench: Bench, alert: Finding) -> None:
    ask = "{name: ask, task: look, groups: [responders], because: b, questions: [{id: bad, text: q, type: yes_no}]}"
    play(bench, steps(ask, block("a", "when: answer.ask.bad")))
    incident = await bench.feed(alert)
    [task] = bench.read(lambda tx: tx.tasks.of(incident))
    assert task.asked == ("anna", "tom")
    await bench.write(lambda tx: answer_task(tx, bench.desk, bench.person("jonas"), task.id, {"bad": "yes"}, bench.now))
    await bench.respond(incident)
    assert visits(bench, incident) == {"ask": "done", "a": "begun"}


async def test_nobody_is_asked_the_same_thing_twice(bench: Bench, alert: Finding) -> None:
    play(bench, steps("{name: ask, task: look, because: b}"))
    incident = await bench.feed(alert)
    await bench.feed(alert.model_copy(update={"id": "F-again"}))
    [task] = bench.read(lambda tx: tx.tasks.of(incident))
    await bench.write(lambda tx: decline_task(tx, bench.desk, bench.person("anna"), task.id, "no time", bench.now))
    await bench.respond(incident)
    assert [visits(bench, incident, n) for n in (0, 1)] == [{"ask": "failed"}, {"ask": "failed"}]


async def test_people_are_reminded_and_a_task_that_nobody_answers_is_over_at_its_time(
    bench: Bench, alert: Finding
) -> None:
    play(bench, steps("{name: ask, task: look, groups: [responders], timeout: 4h, because: b}"))
    incident = await bench.feed(alert)
    await bench.later(timedelta(hours=2))
    await bench.respond(incident)
    assert [entry.body["asked"] for entry in bench.entries("task.reminded")] == [
        ["anna", "tom"], ["anna", "jonas", "tom"],
    ]  # fmt: skip
    await bench.later(timedelta(hours=2))
    await bench.respond(incident)
    [task] = bench.read(lambda tx: tx.tasks.of(incident))
    assert (task.state, run_of(bench, incident).state) == ("expired", RunState.FAILED)


async def test_a_task_is_over_at_its_own_deadline_whoever_joined_it(bench: Bench, alert: Finding) -> None:
    play(bench, steps("{name: ask, task: look, timeout: 10m, because: b}"))
    incident = await bench.feed(alert)
    await bench.later(timedelta(minutes=5))
    await bench.feed(alert.model_copy(update={"id": "F-again"}))
    await bench.later(timedelta(minutes=5))
    await bench.respond(incident)
    assert [run.state for run in bench.read(lambda tx: tx.runs.of(incident))] == ["failed", "failed"]
    assert [task.state for task in bench.read(lambda tx: tx.tasks.of(incident))] == ["expired"]


async def test_a_timeout_takes_back_what_people_are_asked(bench: Bench, exfiltration: Finding) -> None:
    more = "timeout: 5s, because: b"
    play(bench, steps(f"{{name: isolate, action: host.isolate, target: = finding.source.host, {more}}}"))
    incident = await bench.feed(exfiltration)
    await bench.later(timedelta(seconds=5))
    await bench.respond(incident)
    *_, asked = bench.requests(incident, "host.isolate")
    assert (asked.state, visits(bench, incident)) == ("withdrawn", {"isolate": "failed"})


async def test_in_observation_mode_a_run_walks_to_its_end_and_shows_what_it_would_ask_for(
    bench: Bench, alert: Finding
) -> None:
    play(bench, steps(block("a"), block("b"), "{name: tell, notify: [responders], text: t, because: b}"))
    real = dict.fromkeys(bench.desk.executors, Executor.REAL)
    bench.parts = replace(bench.parts, desk=replace(bench.desk, executors=real))
    incident = await bench.feed(alert)
    assert set(visits(bench, incident).values()) == {"observed"}
    assert run_of(bench, incident).state is RunState.DONE
    assert await bench.standing() == []


async def test_a_freeze_fails_a_step_and_a_step_in_its_place_is_still_asked_for(bench: Bench, alert: Finding) -> None:
    tell = "{name: tell, notify: [responders], text: frozen, because: b}"
    play(bench, steps(block("a", f"on_failure: {tell}")))
    scope, anna = "action:network.block_ip", bench.person("anna")
    await bench.write(lambda tx: freeze(tx, bench.desk, anna, scope, "a test", None, bench.now))
    incident = await bench.feed(alert)
    await bench.settle(incident)
    assert visits(bench, incident) == {"a": "failed", "a/instead": "done"}
    assert run_of(bench, incident).state is RunState.DONE


async def test_what_waits_for_review_has_failed_its_step(bench: Bench, alert: Finding) -> None:
    play(bench, steps(block("a"), block("b")))
    incident = await bench.feed(alert.model_copy(update={"confidence": 0.3}))
    [request] = bench.requests(incident, "network.block_ip")
    assert (request.state, run_of(bench, incident).state) == ("queued", RunState.FAILED)
