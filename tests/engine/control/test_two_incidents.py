"""Two incidents on one target share its effect: the first release does not lift the second's hold (I8)."""

from datetime import timedelta

import pytest

from console.cli.simulation import SITE
from engine.control.doors import give_verdict, release_lease
from engine.control.lease import LeasePath
from engine.control.moves import key_of
from engine.model.execution import Apply, Command, Outcome
from engine.model.finding import VerdictKind
from engine.model.request import Request
from tests.bench import Bench

TARGET = "203.0.113.7"
SECOND = timedelta(seconds=1)


async def held_by_two(bench: Bench) -> tuple[Request, Request]:
    """One block, held by the requests of two incidents, for 10 s and for 20 s."""
    first = await bench.ask("tom", target=TARGET, lease=10 * SECOND)
    second = await bench.ask("anna", target=TARGET, lease=20 * SECOND)
    await bench.respond(first.incident_id)
    await bench.respond(second.incident_id)
    assert [bench.request(r.id).state for r in (first, second)] == ["held", "held"]
    assert len(bench.read(lambda tx: tx.leases.live())) == 1
    return first, second


async def states(bench: Bench, *requests: Request) -> list[str]:
    """What the lease's workflow makes of it now, and how the requests then stand."""
    await bench.carry(key_of(requests[0]))
    return [bench.request(request.id).state for request in requests]


async def test_the_end_of_one_share_lifts_nothing_and_the_last_one_does_on_time(bench: Bench) -> None:
    first, second = await held_by_two(bench)
    [lease] = bench.read(lambda tx: tx.leases.live())
    assert lease.active_at is not None
    begun = lease.active_at - bench.now

    await bench.later(begun + 15 * SECOND)
    assert await states(bench, first, second) == ["ended", "held"]
    assert await bench.standing() == ["network.block_ip"]

    await bench.later(4 * SECOND)
    assert await states(bench, second) == ["held"]
    await bench.later(2 * SECOND)
    assert await states(bench, second) == ["ended"]
    assert await bench.standing() == []


@pytest.mark.parametrize("wrong", [0, 1])
async def test_a_false_positive_withdraws_only_its_own_hold(bench: Bench, wrong: int) -> None:
    both = await held_by_two(bench)
    anna, kind = bench.person("anna"), VerdictKind.FALSE_POSITIVE
    mistaken = both[wrong].incident_id
    await bench.write(lambda tx: give_verdict(tx, anna, mistaken, kind, "our own scanner", bench.now))

    after = await states(bench, *both)

    assert (after[wrong], after[1 - wrong]) == ("withdrawn", "held")
    assert await bench.standing() == ["network.block_ip"]


async def step(bench: Bench, request: Request, outcome: Outcome | None = None) -> Command:
    path = await bench.write(lambda tx: LeasePath(tx, bench.desk, key_of(request), bench.now).advance(outcome))
    return path.command


async def test_a_release_before_it_stands_withdraws_nobody_who_asks_after_it(bench: Bench) -> None:
    first = await bench.ask("tom", target=TARGET)
    begun = await step(bench, first)
    assert isinstance(begun, Apply)
    late = await bench.parts.hands[SITE].apply(begun.work)
    [lease] = bench.read(lambda tx: tx.leases.live())
    await bench.write(lambda tx: release_lease(tx, bench.person("anna"), lease.id, "it is ours", bench.now))
    second = await bench.ask("anna", target=TARGET)
    assert second.incident_id != first.incident_id

    await step(bench, first, late)

    assert await states(bench, first, second) == ["withdrawn", "held"]
    assert await bench.standing() == ["network.block_ip"]


async def test_after_an_outage_whatever_is_due_ends_with_the_first_look(bench: Bench) -> None:
    first, second = await held_by_two(bench)
    await bench.later(timedelta(days=3))
    assert await states(bench, first, second) == ["ended", "ended"]
    assert await bench.standing() == []
    assert bench.read(lambda tx: tx.leases.live()) == []
