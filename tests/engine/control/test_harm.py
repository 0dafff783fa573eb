"""An effect that does harm steps down: seen by probes against a baseline, once an incident, and never a way out."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from actions.simulators.faults import FaultKind
from engine.control.doors import release_lease
from engine.model.execution import Apply, Hold, Outcome, Probe, Result
from engine.model.finding import Finding
from tests.bench import Bench
from tests.engine.control.earning import TWO_ORIGINS, trust
from tests.engine.control.harming import (
    CUT,
    FINE,
    OTHER,
    SECOND,
    asked,
    blocked,
    bodies,
    declare,
    lease_of,
    pages,
    pass_by,
    probe,
    step,
)


async def test_what_must_go_on_is_seen_before_the_effect_and_again_while_it_lasts(
    bench: Bench, beacon: Finding
) -> None:
    declare(bench, CUT, FINE)
    request = await blocked(bench, beacon)
    order = ["lease.applying", "lease.baseline", "lease.committed", "lease.active"]
    assert [entry.n for kind in order for entry in bench.entries(kind)] == [0, 1, 2, 3]
    assert lease_of(bench, request).state == "active"
    await pass_by(bench, request, 5)
    names = ["partner", "nothing-to-do-with-it"]
    assert bodies(bench, "lease.baseline") == [{"passed": names, "failed": {}}]
    said = f"files-01 does not get through to {TWO_ORIGINS}"
    assert bodies(bench, "lease.probed") == [{"passed": [names[1]], "failed": {"partner": said}}]


async def test_two_failures_take_the_effect_back(bench: Bench, beacon: Finding) -> None:
    declare(bench, CUT)
    request = await blocked(bench, beacon)
    assert (await pass_by(bench, request, 5)).state == "active"
    assert (await pass_by(bench, request, 5)).state == "released"
    assert await bench.standing() == []
    assert bench.request(request.id).state == "ended"
    [told] = bodies(bench, "lease.harm")
    assert isinstance(told, dict)
    assert (told["step_down"], told["stay"]) == ([request.id], [])
    [page] = pages(bench)
    assert page.text.endswith("`partner` worked before and fails now: "
                              f"files-01 does not get through to {TWO_ORIGINS}; it is taken back")  # fmt: skip


async def test_what_goes_on_working_leaves_the_effect_alone(bench: Bench, beacon: Finding) -> None:
    declare(bench, FINE)
    request = await blocked(bench, beacon)
    for _ in range(2):
        assert (await pass_by(bench, request, 5)).state == "active"
    assert bodies(bench, "lease.harm") == []


async def test_what_failed_before_the_effect_proves_nothing(bench: Bench, beacon: Finding) -> None:
    declare(bench, CUT, FINE)
    await asked(bench, lease=60 * SECOND)
    declare(bench, probe("down-already", "files-01", TWO_ORIGINS), FINE)
    other = await asked(bench, target=OTHER, lease=20 * SECOND)
    await pass_by(bench, other, 5)
    assert [entry.body["passed"] for entry in bench.entries("lease.probed")] == [[]]
    await pass_by(bench, other, 5)
    assert lease_of(bench, other).state == "released"
    [told] = bodies(bench, "lease.harm")
    assert "down-already" not in str(told)


async def test_nothing_declared_means_no_look_at_all(bench: Bench, beacon: Finding) -> None:
    incident = await bench.feed(beacon)
    request = bench.requests(incident, "network.block_ip")[-1]
    assert lease_of(bench, request).harm is None
    declare(bench, probe("partner", "files-01", TWO_ORIGINS, ", actions: [host.isolate]"))
    other = await asked(bench, target=OTHER)
    assert lease_of(bench, other).harm is None


async def test_where_nothing_is_declared_no_table_is_asked(bench: Bench, beacon: Finding) -> None:
    await bench.feed(beacon)
    with closing(sqlite3.connect(bench.settings.home / "fireline.db")) as database:
        database.execute("DROP TABLE step_down")
        database.commit()
    assert (await asked(bench, target=OTHER)).state == "held"


@pytest.mark.parametrize(
    ("when", "looked"), [("target.zone == 'inside'", False), ("size(action.params['x']) > 0", True)]
)
async def test_a_probe_is_tried_where_its_condition_holds_or_gives_no_answer(
    bench: Bench, when: str, looked: bool
) -> None:
    declare(bench, probe("partner", "files-01", TWO_ORIGINS, f', when: "{when}"'))
    request = await asked(bench)
    assert (lease_of(bench, request).harm is not None) is looked


async def test_the_action_takes_a_higher_tier_for_a_while(bench: Bench, beacon: Finding) -> None:
    declare(bench, CUT, terms="every: 5s, raise_to: 4, raised_for: 10m")
    request = await blocked(bench, beacon)
    for _ in range(2):
        await pass_by(bench, request, 5)
    other = await asked(bench, target=OTHER)
    assert other.decision is not None
    assert (other.state, other.decision.tier) == ("awaiting_approval", 4)
    assert "at least tier 4: network.block_ip on 198.51.100.23 does harm" in str(other.decision.reasons)
    assert "harm" in other.decision.rules
    await bench.later(timedelta(minutes=10))
    later = await asked(bench, target="203.0.113.98")
    assert (later.state, later.decision is not None and later.decision.facts["harm.tier"]) == ("held", 0)


async def test_the_detector_behind_it_is_judged_by_it(bench: Bench, beacon: Finding) -> None:
    declare(bench, CUT, changes=[("harmful: 2", "harmful: 1")])
    request = await blocked(bench, beacon)
    for _ in range(2):
        await pass_by(bench, request, 5)
    known = trust(bench, beacon)
    assert known is not None
    assert known.demoted is not None
    assert known.demoted.because == "1 did harm"


async def test_the_interim_that_policy_names_stands_in(bench: Bench, beacon: Finding) -> None:
    row = "    because: listed by two independent origins\n"
    interim = "    interim:\n      - {action: host.contain_ports, target: ws-114}\n"
    declare(bench, CUT, changes=[(row, row + interim)])
    request = await blocked(bench, beacon)
    for _ in range(2):
        await pass_by(bench, request, 5)
    await bench.settle(request.incident_id)
    [meanwhile] = bench.requests(request.incident_id, "host.contain_ports")
    assert (meanwhile.state, meanwhile.interim_for) == ("held", request.id)
    assert await bench.standing() == ["host.contain_ports"]


async def test_once_an_incident_and_then_only_people_hear_of_it(bench: Bench, beacon: Finding) -> None:
    declare(bench, CUT, terms="every: 5s, raised_for: 5s")
    request = await blocked(bench, beacon)
    for _ in range(2):
        await pass_by(bench, request, 5)
    await bench.later(5 * SECOND)
    again = await bench.feed(beacon.model_copy(update={"id": "F-again", "time": bench.now}))
    assert again == request.incident_id
    second = bench.requests(again, "network.block_ip")[-1]
    assert (second.id != request.id, second.state) == (True, "held")
    for _ in range(2):
        assert (await pass_by(bench, second, 5)).state == "active"
    assert pages(bench)[-1].text.endswith("it stays, for its incident stepped down once already")
    assert (await pass_by(bench, second, 10)).state == "released"
    assert len(bodies(bench, "request.stepped_down")) == 1


async def test_a_share_of_an_incident_that_stepped_down_before_stays(bench: Bench, beacon: Finding) -> None:
    declare(bench, CUT, terms="every: 5s, raised_for: 5s")
    first = await blocked(bench, beacon)
    for _ in range(2):
        await pass_by(bench, first, 5)
    await bench.later(5 * SECOND)
    await bench.feed(beacon.model_copy(update={"id": "F-again", "time": bench.now}))
    joined = await asked(bench)
    assert joined.lease_id == bench.requests(first.incident_id, "network.block_ip")[-1].lease_id
    for _ in range(2):
        assert (await pass_by(bench, joined, 5)).state == "active"
    assert bench.request(joined.id).state == "ended"


async def test_where_nobody_can_look_the_effect_comes_without_a_baseline(bench: Bench) -> None:
    declare(bench, CUT)
    request = await bench.ask(target=TWO_ORIGINS)
    command = await step(bench, request)
    for _ in range(3):
        assert isinstance(command, Probe)
        command = await step(bench, request, Outcome(result=Result.UNPROBED, at=bench.now, message="nobody there"))
    assert isinstance(command, Apply)
    assert bodies(bench, "lease.baseline") == [
        {"passed": [], "failed": {}, "because": "nobody saw what worked before the effect", "looked": False}
    ]


async def test_a_look_lost_while_the_effect_lasts_is_no_failure(bench: Bench, beacon: Finding) -> None:
    declare(bench, CUT)
    request = await blocked(bench, beacon)
    await bench.later(5 * SECOND)
    for _ in range(2):
        assert isinstance(await step(bench, request), Probe)
        command = await step(bench, request, Outcome(result=Result.UNPROBED, at=bench.now))
        assert isinstance(command, Hold)
        await bench.later(command.until - bench.now)
    assert bodies(bench, "lease.harm") == []


async def test_a_connector_that_is_away_is_no_harm(bench: Bench, beacon: Finding) -> None:
    declare(bench, FINE)
    request = await blocked(bench, beacon)
    bench.site.faults.switch_on(FaultKind.UNREACHABLE)
    for _ in range(2):
        assert (await pass_by(bench, request, 5)).state == "active"
    assert bodies(bench, "lease.harm") == []
    untried = {"passed": [], "failed": {}, "not_tried": {"nothing-to-do-with-it": "the site does not answer"}}
    assert bodies(bench, "lease.probed") == [untried] * 2


async def test_just_before_its_end_nobody_looks_any_more(bench: Bench) -> None:
    declare(bench, FINE)
    request = await asked(bench, lease=12 * SECOND)
    await pass_by(bench, request, 5)
    command = await step(bench, request)
    assert isinstance(command, Hold)
    assert command.until == lease_of(bench, request).expires_at


@pytest.mark.parametrize(("away", "looked"), [(13, True), (14, False), (19.5, False)])
async def test_a_look_that_is_overdue_just_before_the_end_is_left_out(bench: Bench, away: float, looked: bool) -> None:
    declare(bench, FINE)
    request = await asked(bench, lease=20 * SECOND)
    await bench.later(away * SECOND)
    assert isinstance(await step(bench, request), Probe if looked else Hold)


async def test_what_is_released_while_somebody_looks_at_what_worked_before_never_begins(bench: Bench) -> None:
    declare(bench, CUT)
    request = await bench.ask(target=TWO_ORIGINS)
    assert isinstance(await step(bench, request), Probe)
    anna, lease = bench.person("anna"), lease_of(bench, request)
    await bench.write(lambda tx: release_lease(tx, anna, lease.id, "it is ours", bench.now))
    await step(bench, request, Outcome(result=Result.UNPROBED, at=bench.now))
    await bench.carry(lease.key)
    after = bench.request(request.id)
    assert (after.state, after.outcome) == ("blocked", "release: it is ours")
    assert (lease_of(bench, request).id, lease_of(bench, request).state) == (lease.id, "failed")
    assert await bench.standing() == []
