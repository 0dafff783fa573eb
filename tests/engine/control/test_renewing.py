"""A later end is told to what stands, and puts nothing in force that somebody lifted meanwhile."""

from dataclasses import replace
from datetime import timedelta

import pytest

from console.cli.simulation import SITE
from engine.control.announcing import announce_lift
from engine.control.doors import extend_lease, release_lease
from engine.control.lease import LeasePath
from engine.control.moves import key_of
from engine.model.execution import Apply, Result
from engine.model.freeze import Freeze
from engine.model.lease import Lease
from engine.model.request import Request
from tests.bench import Bench

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def held(bench: Bench) -> Request:
    """A block for two minutes, at a firewall that ends it by itself."""
    bench.parts = replace(bench.parts, desk=replace(bench.desk, self_expiring={SITE: 10 * MINUTE}))
    request = await bench.ask("tom", lease=2 * MINUTE)
    await bench.respond(request.incident_id)
    return request


def lease_of(bench: Bench, request: Request) -> Lease:
    found = bench.read(lambda tx: tx.leases.latest(key_of(request)))
    assert found is not None
    return found


async def extend(bench: Bench, request: Request) -> None:
    lease, tom = lease_of(bench, request).id, bench.person("tom")
    await bench.write(lambda tx: extend_lease(tx, tom, lease, 3 * MINUTE, "not over", bench.now))


async def lifted_and_extended(bench: Bench, request: Request) -> Lease:
    """Somebody takes it away, and it is extended before the next look."""
    bench.site.others.lift(lease_of(bench, request).owner)
    await extend(bench, request)
    await bench.carry(key_of(request))
    return lease_of(bench, request)


async def test_what_somebody_lifted_is_put_back_as_such_and_not_by_its_renewal(bench: Bench, held: Request) -> None:
    after = await lifted_and_extended(bench, held)
    assert (after.state, after.reapplied, await bench.standing()) == ("active", 1, ["network.block_ip"])
    assert [page.kind for page in bench.read(lambda tx: tx.pages.all())] == ["lifted"]


async def test_an_announced_lift_is_not_undone_by_a_renewal(bench: Bench, held: Request) -> None:
    anna, lease, now = bench.person("anna"), lease_of(bench, held).id, bench.now
    await bench.write(lambda tx: announce_lift(tx, anna, lease, "CHG-17", "moved", now))
    assert (await lifted_and_extended(bench, held)).state == "surrendered"
    assert await bench.standing() == []


async def test_a_renewal_puts_nothing_in_force_under_a_freeze(bench: Bench, held: Request) -> None:
    until = bench.now + timedelta(days=1)
    freeze = Freeze(scope="global", principal="tom", reason="looking", since=bench.now, until=until)
    await bench.write(lambda tx: tx.freezes.put(freeze))
    assert (await lifted_and_extended(bench, held)).state == "drifted"
    assert await bench.standing() == []


async def test_a_renewal_that_comes_after_the_release_finds_nothing_to_renew(bench: Bench, held: Request) -> None:
    await extend(bench, held)
    order = await bench.write(lambda tx: LeasePath(tx, bench.desk, key_of(held), bench.now).advance(None))
    assert isinstance(order.command, Apply)
    tom, lease = bench.person("tom"), lease_of(bench, held).id
    await bench.write(lambda tx: release_lease(tx, tom, lease, "over", bench.now))
    await bench.carry(key_of(held))
    assert (await bench.parts.hands[SITE].apply(order.command.work)).result is Result.ABSENT
    assert (lease_of(bench, held).state, await bench.standing()) == ("released", [])
