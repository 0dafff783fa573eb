"""What somebody else lifted is put back only as far as policy and checks would have it executed now."""

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.control.doors import release_lease
from engine.control.freezing import freeze, unfreeze
from engine.control.trips import trip
from engine.model.check import CheckOutcome
from engine.model.freeze import Freeze
from tests.bench import Bench
from tests.engine.control.glass import broken, with_check
from tests.engine.control.test_again import NoActions
from tests.engine.control.test_drift import edited, in_force, lease, lifted, paged, sweep

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


async def test_what_policy_protects_by_now_is_not_put_back_without_approval(bench: Bench) -> None:
    request = await bench.ask(action="host.contain_ports", target="ws-114")
    await bench.respond(request.incident_id)
    terms = "{id: board, targets: [ws-114], owner: governance, reason: the board meets}"
    edited(bench, "\nrules:\n", f"\nprotected:\n  - {terms}\nrules:\n")
    assert (await bench.ask(action="host.contain_ports", target="ws-114")).state == "awaiting_approval"
    assert (await lifted(bench)).state == "surrendered"
    assert (await bench.standing(), bench.request(request.id).state) == ([], "ended")


RAISED = "\nrules:\n  - {{id: ask, kind: raise, to: {}, when: 'true', because: they ask}}\n"


async def test_what_policy_asks_about_by_now_is_not_put_back_without_approval(bench: Bench) -> None:
    await in_force(bench)
    edited(bench, "\nrules:\n", RAISED.format(3))
    assert (await lifted(bench)).state == "surrendered"


@pytest.mark.parametrize(("tier", "state"), [(3, "active"), (4, "surrendered")])
async def test_what_people_approved_is_put_back_at_the_tier_they_approved(bench: Bench, tier: int, state: str) -> None:
    edited(bench, "\nrules:\n", RAISED.format(3))
    request = await bench.ask()
    await bench.vote(request.id, "anna")
    await bench.respond(request.incident_id)
    assert lease(bench).state == "active"
    edited(bench, "\nrules:\n", RAISED.format(tier))
    assert (await lifted(bench)).state == state


async def test_what_a_tripped_budget_alone_has_people_asked_about_is_put_back(bench: Bench) -> None:
    await in_force(bench)
    await bench.write(lambda tx: trip(tx, "site", "spent", "tom", bench.now))
    assert (await bench.ask(target="203.0.113.8")).state == "awaiting_approval"
    bench.site.others.lift(lease(bench).owner)
    await sweep(bench)
    assert lease(bench).state == "active"


async def test_what_no_action_does_any_more_is_not_put_back(bench: Bench) -> None:
    await in_force(bench)
    bench.parts = replace(bench.parts, desk=replace(bench.desk, specs=NoActions()))
    assert (await lifted(bench)).state == "surrendered"


async def frozen(bench: Bench, scope: str = "global", hold: bool = True) -> None:
    await bench.write(lambda tx: freeze(tx, bench.desk, bench.person("tom"), scope, "", 2 * MINUTE, bench.now, hold))


async def test_lifted_under_a_freeze_it_is_put_back_when_that_is_over(bench: Bench) -> None:
    request = await in_force(bench)
    await frozen(bench)
    assert ((await lifted(bench)).state, await bench.standing()) == ("drifted", [])
    [page] = paged(bench)
    assert page.text.endswith(
        "; it is put back once, when it is frozen no more: whoever may want it lifted releases it"
    )
    await bench.later(MINUTE)
    command = await bench.carry(lease(bench).key)
    assert (command.kind, lease(bench).state) == ("hold", "drifted")
    await bench.write(lambda tx: unfreeze(tx, bench.person("tom"), "global", "", bench.now))
    assert lease(bench).key in [nudge.workflow_id for nudge in bench.read(lambda tx: tx.outbox.pending(100))]
    await bench.carry(lease(bench).key)
    assert (lease(bench).state, bench.request(request.id).state) == ("active", "held")
    assert await bench.standing() == ["network.block_ip"]
    assert (await lifted(bench)).state == "surrendered"


async def test_a_freeze_that_ends_by_itself_wakes_what_waits_for_it(bench: Bench) -> None:
    await in_force(bench)
    await bench.write(lambda tx: freeze(tx, bench.desk, bench.person("tom"), "global", "", 10 * SECOND, bench.now))
    await lifted(bench)
    command = await bench.carry(lease(bench).key)
    assert command.kind == "hold"
    await bench.later(command.until - bench.now)
    await bench.carry(lease(bench).key)
    assert lease(bench).state == "active"


@pytest.mark.parametrize(("target", "state"), [("203.0.113.99", "drifted"), ("203.0.113.7", "surrendered")])
async def test_a_freeze_without_an_end_gives_up_what_it_covers_and_nothing_else(
    bench: Bench, target: str, state: str
) -> None:
    await in_force(bench)
    endless = Freeze(scope=f"target:{target}", principal="anna", reason="", since=bench.now)
    await bench.write(lambda tx: tx.freezes.put(endless))
    await frozen(bench, "connector:sim")
    assert (await lifted(bench)).state == state


async def test_lifted_under_a_freeze_it_ends_at_its_time(bench: Bench) -> None:
    request = await in_force(bench)
    await frozen(bench, hold=False)
    await lifted(bench)
    await bench.later(20 * SECOND)
    await bench.carry(lease(bench).key)
    assert (lease(bench).state, bench.request(request.id).state) == ("surrendered", "ended")


async def test_lifted_under_a_freeze_it_is_released_by_whoever_wants_it_lifted(bench: Bench) -> None:
    await in_force(bench)
    await frozen(bench)
    held = await lifted(bench)
    await bench.write(lambda tx: release_lease(tx, bench.person("anna"), held.id, "it is fine", bench.now))
    await bench.carry(held.key)
    assert lease(bench).state == "surrendered"


async def test_a_freeze_alone_is_waited_for_and_nothing_that_policy_forbids_by_now(bench: Bench) -> None:
    await in_force(bench)
    edited(bench, "\nrules:\n", RAISED.format(3))
    await frozen(bench)
    assert (await lifted(bench)).state == "surrendered"


async def test_what_broke_the_glass_is_put_back_past_what_it_overrides(bench: Bench) -> None:
    request = await broken(bench)
    await bench.respond(request.incident_id)
    assert (await lifted(bench)).state == "active"
    assert bench.request(request.id).state == "held"


async def test_what_broke_the_glass_is_not_put_back_past_what_nothing_overrides(bench: Bench) -> None:
    check = with_check(bench, "untouchable", CheckOutcome.PASS)
    request = await broken(bench)
    await bench.respond(request.incident_id)
    check.outcome = CheckOutcome.BLOCK
    assert (await lifted(bench)).state == "surrendered"


async def test_what_broke_the_glass_waits_for_a_freeze_alone(bench: Bench) -> None:
    request = await broken(bench)
    await bench.respond(request.incident_id)
    await frozen(bench)
    assert (await lifted(bench)).state == "drifted"
