"""A target that ends effects by itself is told of each later end in time, and of none for ever."""

from dataclasses import replace
from datetime import timedelta

import pytest

from console.cli.simulation import SITE
from engine.control.commit import TOKEN_LIFE, TOLD_AHEAD
from engine.control.doors import extend_lease, release_lease
from engine.control.drain import OVERDUE, drain
from engine.control.lease import LeasePath
from engine.control.moves import key_of
from engine.control.prolonging import ask_permanent
from engine.model.execution import Apply, Command, Hold, Outcome, Release, Result
from engine.model.lease import Lease
from engine.model.request import Request
from tests.bench import Bench

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
GRACE = 10 * MINUTE


def ends_by_itself(bench: Bench) -> None:
    bench.parts = replace(bench.parts, desk=replace(bench.desk, self_expiring={SITE: GRACE}))


@pytest.fixture
async def held(bench: Bench) -> Request:
    """A block for two minutes, of five at the most."""
    request = await bench.ask("tom", lease=2 * MINUTE)
    await bench.respond(request.incident_id)
    return bench.request(request.id)


def lease_of(bench: Bench, request: Request) -> Lease:
    found = bench.read(lambda tx: tx.leases.latest(key_of(request)))
    assert found is not None
    return found


async def extend(bench: Bench, request: Request) -> Lease:
    lease, tom = lease_of(bench, request).id, bench.person("tom")
    await bench.write(lambda tx: extend_lease(tx, tom, lease, 3 * MINUTE, "not over", bench.now))
    await bench.carry(key_of(request))
    return lease_of(bench, request)


async def step(bench: Bench, request: Request, result: Result | None = None) -> Command:
    outcome = None if result is None else Outcome(result=result, at=bench.now, message="away")
    order = await bench.write(lambda tx: LeasePath(tx, bench.desk, key_of(request), bench.now).advance(outcome))
    return order.command


async def renewed_in_vain(bench: Bench, request: Request) -> None:
    """The target is away each time that it is told of a later end; the next try comes after a longer pause."""
    assert isinstance(await step(bench, request), Apply)
    assert isinstance(await step(bench, request, Result.NOT_BEGUN), Apply)
    for _ in range(4):
        assert isinstance(await step(bench, request, Result.NOT_BEGUN), Hold)
        await bench.later(5 * SECOND)
        await step(bench, request)
    assert isinstance(await step(bench, request), Hold)


async def test_an_extension_is_told_to_it_under_the_same_key_and_begins_nothing(bench: Bench, held: Request) -> None:
    ends_by_itself(bench)
    before, after = lease_of(bench, held), await extend(bench, held)
    assert after.told_until == after.expires_at != before.told_until
    assert (after.owner, after.generation) == (before.owner, before.generation)
    assert (len(bench.entries("lease.applying")), len(bench.entries("lease.committed"))) == (1, 2)
    assert [*await bench.site.owned()] == [after.owner]


async def test_what_ends_nothing_by_itself_is_not_told(bench: Bench, held: Request) -> None:
    before, after = lease_of(bench, held), await extend(bench, held)
    assert after.expires_at != before.expires_at
    assert after.told_until == before.told_until


async def test_what_stands_for_good_is_told_again_and_again_and_never_far_ahead(bench: Bench, held: Request) -> None:
    ends_by_itself(bench)
    lease, tom = lease_of(bench, held).id, bench.person("tom")
    asked = await bench.write(lambda tx: ask_permanent(tx, bench.desks(tx), tom, lease, "known bad", bench.now))
    await bench.vote(asked.id, "anna", digest=asked.digest)
    await bench.vote(asked.id, "samir", digest=asked.digest)
    await bench.respond(asked.incident_id)
    for _ in range(4):
        await bench.carry(key_of(held))
        told = lease_of(bench, held).told_until
        assert told is not None
        assert bench.now + TOLD_AHEAD / 2 <= told + MINUTE
        assert told <= bench.now + TOLD_AHEAD
        await bench.later(10 * DAY)
    assert await bench.standing() == ["network.block_ip"]


async def test_a_release_does_not_wait_for_the_pause_that_a_failed_renewal_left(bench: Bench, held: Request) -> None:
    ends_by_itself(bench)
    lease, tom, anna = lease_of(bench, held).id, bench.person("tom"), bench.person("anna")
    await bench.write(lambda tx: extend_lease(tx, tom, lease, 3 * MINUTE, "not over", bench.now))
    await renewed_in_vain(bench, held)
    await bench.write(lambda tx: release_lease(tx, anna, lease, "it is ours", bench.now))
    assert isinstance(await step(bench, held), Release)
    assert isinstance(await step(bench, held, Result.LOST), Release)
    assert (lease_of(bench, held).state, lease_of(bench, held).attempts) == ("releasing", 0)


async def overdue(bench: Bench) -> int:
    """How many the connector's watch has released now."""
    return len((await bench.write(lambda tx: drain(tx, bench.desk, SITE, (), bench.now))).works)


async def test_while_it_may_be_told_of_a_later_end_its_release_is_left_to_its_own_workflow(
    bench: Bench, held: Request
) -> None:
    ends_by_itself(bench)
    await bench.later(2 * MINUTE - 3 * SECOND)
    untold = lease_of(bench, held).model_copy(update={"told_until": None})
    await bench.write(lambda tx: tx.leases.save(untold, before=untold.state))
    assert isinstance(await step(bench, held), Apply)
    await bench.later(TOKEN_LIFE - SECOND)
    assert await overdue(bench) == 0
    await bench.later(SECOND)
    assert await overdue(bench) == 1


@pytest.mark.parametrize("lasts", [2 * SECOND, 2 * MINUTE])
async def test_what_was_told_its_end_at_its_beginning_is_released_at_once(bench: Bench, lasts: timedelta) -> None:
    ends_by_itself(bench)
    request = await bench.ask("tom", lease=lasts)
    await bench.respond(request.incident_id)
    await bench.later(lasts + OVERDUE)
    assert await overdue(bench) == 1
