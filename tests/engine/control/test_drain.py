"""What fell due in an outage is released many at once, and whoever else releases it does no harm."""

from collections.abc import Sequence
from datetime import timedelta

from actions.simulators.faults import FaultKind
from actions.simulators.site import Site
from console.cli.simulation import SITE
from engine.control.advance import advance_incident
from engine.control.drain import AT_ONCE, OVERDUE, PATIENCE, drain, overdue
from engine.control.lease import LeasePath
from engine.model.execution import Hold, Outcome, Result
from engine.model.finding import Finding
from engine.model.lease import LeaseState
from engine.model.request import RequestState
from engine.model.watch import DrainOrder, Released
from tests.bench import Bench

OUTAGE = timedelta(days=3)


async def hold(bench: Bench, *targets: str) -> None:
    for target in targets:
        request = await bench.ask(target=target)
        await bench.respond(request.incident_id)


async def next_works(bench: Bench, released: Sequence[Released] = ()) -> DrainOrder:
    return await bench.write(lambda tx: drain(tx, bench.desks(tx), SITE, released, bench.now))


async def let_go(bench: Bench, order: DrainOrder) -> list[Released]:
    hands = bench.parts.hands[SITE]
    return [Released(owner=work.owner, outcome=await hands.release(work)) for work in order.works]


def state(bench: Bench, owner: str) -> str:
    lease = bench.read(lambda tx: tx.leases.by_owner(owner))
    assert lease is not None
    return lease.state


async def test_all_that_is_overdue_is_handed_out_once_released_and_over(bench: Bench) -> None:
    await hold(bench, "203.0.113.1", "203.0.113.2", "203.0.113.3")
    await bench.later(OUTAGE)
    assert bench.read(lambda tx: overdue(tx, bench.now)) == 3

    order = await next_works(bench)
    assert sorted(work.target for work in order.works) == ["203.0.113.1", "203.0.113.2", "203.0.113.3"]
    assert (await next_works(bench)).works == ()

    assert (await next_works(bench, await let_go(bench, order))).works == ()
    assert await bench.standing() == []
    assert {state(bench, work.owner) for work in order.works} == {"released"}
    assert bench.read(lambda tx: overdue(tx, bench.now)) == 0


async def test_what_is_not_due_is_left_alone(bench: Bench) -> None:
    await hold(bench, "203.0.113.1")
    assert (await next_works(bench)).works == ()
    assert await bench.standing() == ["network.block_ip"]


async def test_a_batch_is_bounded(bench: Bench) -> None:
    await hold(bench, *(f"203.0.113.{number}" for number in range(1, AT_ONCE + 3)))
    await bench.later(OUTAGE)
    first = await next_works(bench)
    second = await next_works(bench, await let_go(bench, first))
    assert (len(first.works), len(second.works)) == (AT_ONCE, 2)


async def test_the_highest_impact_comes_first(bench: Bench, exfiltration: Finding) -> None:
    await hold(bench, "203.0.113.1")
    incident = await bench.feed(exfiltration)
    isolation = bench.requests(incident, "host.isolate")[-1]
    for name in ("anna", "tom"):
        await bench.vote(isolation.id, name, digest=isolation.digest)
    await bench.settle(incident)
    await bench.later(OUTAGE)
    order = await next_works(bench)
    assert [work.action for work in order.works][:2] == ["host.isolate", "network.block_ip"]


async def test_the_lease_s_own_workflow_waits_a_moment_and_then_tries_by_itself(bench: Bench) -> None:
    await hold(bench, "203.0.113.1")
    [lease] = bench.read(lambda tx: tx.leases.live())
    await bench.later(OUTAGE)
    await next_works(bench)

    command = await bench.carry(lease.key)
    assert command == Hold(until=bench.now + PATIENCE)
    assert await bench.standing() == ["network.block_ip"]

    await bench.later(PATIENCE)
    await bench.carry(lease.key)
    assert await bench.standing() == []


async def test_word_of_a_release_that_came_late_changes_nothing(bench: Bench) -> None:
    await hold(bench, "203.0.113.1")
    [lease] = bench.read(lambda tx: tx.leases.live())
    await bench.later(OUTAGE)
    released = await let_go(bench, await next_works(bench))
    await bench.later(PATIENCE)
    await bench.carry(lease.key)
    before = bench.read(lambda tx: tx.leases.get(lease.id))

    await next_works(bench, released)
    assert bench.read(lambda tx: tx.leases.get(lease.id)) == before
    assert len(bench.entries("lease.released")) == 1


async def test_one_that_somebody_waits_to_share_is_left_to_its_own_workflow(bench: Bench) -> None:
    await hold(bench, "203.0.113.1")
    [lease] = bench.read(lambda tx: tx.leases.live())
    await bench.later(OUTAGE)
    request = await bench.ask(target="203.0.113.1")
    await bench.write(lambda tx: advance_incident(tx, bench.desks(tx), request.incident_id, bench.now))

    assert (await next_works(bench)).works == ()
    await bench.respond(request.incident_id)
    assert bench.request(request.id).state is RequestState.HELD
    assert bench.request(request.id).lease_id == lease.id
    assert await bench.standing() == ["network.block_ip"]


async def test_a_release_that_was_begun_and_never_heard_of_is_taken_up(bench: Bench) -> None:
    await hold(bench, "203.0.113.1")
    [lease] = bench.read(lambda tx: tx.leases.live())
    await bench.later(lease.expires_at - bench.now if lease.expires_at else OUTAGE)
    order = await bench.write(lambda tx: LeasePath(tx, bench.desks(tx), lease.key, bench.now).advance(None))
    assert order.command.kind == "release"
    assert (await next_works(bench)).works == ()

    await bench.later(OVERDUE)
    assert bench.read(lambda tx: overdue(tx, bench.now)) == 1
    begun = await next_works(bench)
    assert [work.owner for work in begun.works] == [lease.owner]
    await next_works(bench, await let_go(bench, begun))
    assert (state(bench, lease.owner), await bench.standing()) == ("released", [])


async def test_one_that_fails_is_stuck_and_keeps_none_of_the_others_back(bench: Bench) -> None:
    await hold(bench, "203.0.113.1", "203.0.113.2")
    await bench.later(OUTAGE)
    fail_once(bench.site)
    released = await let_go(bench, await next_works(bench))
    await next_works(bench, released)
    assert sorted(state(bench, each.owner) for each in released) == ["released", "stuck"]


def fail_once(site: Site) -> None:
    site.faults.switch_on(FaultKind.RELEASE_FAILS, "network.block_ip", times=1)


async def test_an_effect_that_nobody_knows_is_not_waited_for(bench: Bench) -> None:
    strange = Released(owner="fl-nobody", outcome=Outcome(result=Result.RELEASED, at=bench.now))
    assert (await next_works(bench, [strange])).works == ()
    assert all(lease.state is not LeaseState.RELEASED for lease in bench.read(lambda tx: tx.leases.all()))
