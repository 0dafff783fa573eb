"""Taking a run back: the latest effect first, each before the next; nobody else's share with it."""

from datetime import timedelta
from itertools import permutations

import pytest

from engine.control.accept import accept
from engine.control.advance import advance_incident
from engine.model.finding import Finding
from engine.model.run import RunState
from engine.playbook import Playbook
from tests.bench import Bench
from tests.engine.control.playing import block, play, run_of, steps
from tests.engine.walking import playbook

FAILS = "{name: fails, action: host.isolate, target: dc-01, because: b, on_failure: roll_back}"


async def carried(bench: Bench, alert: Finding, *playbooks: Playbook, times: int = 12) -> str:
    """The incident after everything that can happen has."""
    play(bench, *playbooks)
    incident = await bench.feed(alert)
    for _ in range(times):
        await bench.later(timedelta(seconds=1))
        await bench.settle(incident)
    return incident


def ended(bench: Bench) -> list[str]:
    """Which addresses were released, the first first."""
    requests = [entry.subject.removeprefix("request/") for entry in bench.entries("request.ended")]
    return [bench.request(request).target for request in requests]


async def test_effects_are_released_in_the_reverse_order_of_their_coming(bench: Bench, alert: Finding) -> None:
    incident = await carried(bench, alert, steps(block("a"), block("b"), block("c"), FAILS))
    assert run_of(bench, incident).state is RunState.ROLLED_BACK
    assert ended(bench) == [f"203.0.113.{ord(name)}" for name in "cba"]
    assert await bench.standing() == []


async def test_the_next_is_released_only_when_the_one_before_is_gone(bench: Bench, alert: Finding) -> None:
    play(bench, steps(block("a"), block("b"), FAILS))
    incident = await bench.feed(alert)
    await bench.settle(incident)
    await bench.settle(incident)
    assert run_of(bench, incident).state is RunState.ROLLING_BACK
    left = [entry.subject for entry in bench.entries("lease.left")]
    assert [bench.request(name.removeprefix("request/")).target for name in left] == ["203.0.113.98"]
    assert await bench.standing() == ["network.block_ip"] * 2


async def test_what_a_called_playbook_put_in_force_goes_with_its_caller(bench: Bench, alert: Finding) -> None:
    inner = playbook(f"- {block('a')}", head="playbook: inner")
    call = "{name: sub, playbook: inner, version: 1, because: b}"
    incident = await carried(bench, alert, playbook(f"- {block('b')}\n- {call}\n- {FAILS}", [inner]), inner)
    assert run_of(bench, incident).state is RunState.ROLLED_BACK
    assert ended(bench) == ["203.0.113.97", "203.0.113.98"]


@pytest.mark.parametrize("order", ["".join(names) for names in permutations("abc")])
async def test_what_came_side_by_side_goes_in_the_reverse_of_the_order_it_came_in(
    bench: Bench, alert: Finding, order: str
) -> None:
    branches = "".join(f"\n    - {{name: {name}, steps: [{block(name)}]}}" for name in "abc")
    play(bench, playbook(f"- name: sides\n  because: b\n  parallel:{branches}\n- {FAILS}"))
    [accepted] = await bench.write(lambda tx: accept(tx, bench.desk, [alert], "siem-bot", bench.now))
    incident = accepted.incident_id
    started = await bench.write(lambda tx: advance_incident(tx, bench.desk, incident, bench.now))
    keys = {bench.request(lease.request_id).target: lease.key for lease in started.start}

    for name in order:
        await bench.carry(keys[f"203.0.113.{ord(name)}"])
    for _ in range(8):
        await bench.settle(incident)

    assert run_of(bench, incident).state is RunState.ROLLED_BACK
    assert ended(bench) == [f"203.0.113.{ord(name)}" for name in reversed(order)]


async def test_another_incidents_share_stays(bench: Bench, alert: Finding) -> None:
    other = await bench.ask("tom", target="203.0.113.97")
    await bench.respond(other.incident_id)
    incident = await carried(bench, alert, steps(block("a"), FAILS))
    assert run_of(bench, incident).state is RunState.ROLLED_BACK
    assert await bench.standing() == ["network.block_ip"]
    assert bench.request(other.id).state == "held"


async def test_what_another_run_of_the_incident_relies_on_stays(bench: Bench, alert: Finding) -> None:
    keeps = playbook(f"- {block('a')}", head="playbook: keeps\nwhen: 'true'")
    incident = await carried(bench, alert, steps(block("a"), FAILS), keeps)
    assert [run.state for run in bench.read(lambda tx: tx.runs.of(incident))] == ["rolled_back", "done"]
    assert await bench.standing() == ["network.block_ip"]


async def test_what_another_run_waits_for_is_asked_on(bench: Bench, exfiltration: Finding) -> None:
    isolate = "{name: isolate, action: host.isolate, target: = finding.source.host, because: b}"
    side = f"{{name: now, steps: [{{name: moment, wait: 2s, because: b}}, {FAILS}]}}"
    sides = f"- {{name: sides, because: b, parallel: [{{name: ask, steps: [{isolate}]}}, {side}]}}"
    waits = playbook(f"- {isolate}", head="playbook: waits\nwhen: 'true'")
    incident = await carried(bench, exfiltration, playbook(sides), waits, times=3)
    assert [run.state for run in bench.read(lambda tx: tx.runs.of(incident))] == ["rolled_back", "running"]
    *_, asked = (r for r in bench.requests(incident, "host.isolate") if r.target != "dc-01")
    assert asked.state == "awaiting_approval"


async def test_what_it_merely_joined_is_not_its_own(bench: Bench, alert: Finding) -> None:
    first = playbook(f"- {block('a')}", head="playbook: first\nwhen: 'true'")
    incident = await carried(bench, alert, first, steps(block("a"), FAILS))
    assert [run.state for run in bench.read(lambda tx: tx.runs.of(incident))] == ["done", "rolled_back"]
    assert await bench.standing() == ["network.block_ip"]


async def test_what_is_under_way_beside_the_failure_is_taken_back_as_well(bench: Bench, alert: Finding) -> None:
    sides = f"""
- name: sides
  because: b
  parallel:
    - {{name: l, steps: [{block("a")}]}}
    - {{name: r, steps: [{{name: pause, wait: 10m, because: b}}, {block("c")}]}}
    - {{name: f, steps: [{{name: moment, wait: 3s, because: b}}, {FAILS}]}}"""
    incident = await carried(bench, alert, playbook(sides))
    assert run_of(bench, incident).state is RunState.ROLLED_BACK
    assert ended(bench) == ["203.0.113.97"]
    assert await bench.standing() == []


async def test_what_has_leave_to_act_but_has_not_begun_is_blocked(bench: Bench, alert: Finding) -> None:
    play(bench, playbook(f"""
- name: sides
  because: b
  parallel: [{{name: l, steps: [{block("a")}]}}, {{name: f, steps: [{FAILS}]}}]"""))  # fmt: skip
    incident = await bench.feed(alert)
    await bench.settle(incident)
    await bench.settle(incident)
    assert run_of(bench, incident).state is RunState.ROLLED_BACK
    [request] = bench.requests(incident, "network.block_ip")
    assert (request.state, request.outcome) == ("blocked", "run: what asked for it is taken back")
    assert await bench.standing() == []


async def test_taking_back_is_no_overruling_of_the_detector(bench: Bench, alert: Finding) -> None:
    incident = await carried(bench, alert, steps(block("a"), FAILS))
    assert [request.state for request in bench.requests(incident, "network.block_ip")] == ["ended"]
