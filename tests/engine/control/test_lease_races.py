"""Two people, or a person and the clock, at one lease at once: one truth whatever the order, nothing left behind."""

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import timedelta
from itertools import permutations

import pytest

from engine.control.causes import parse_cause
from engine.control.doors import extend_lease, release_lease
from engine.control.moves import key_of
from engine.control.prolonging import ask_longer
from engine.control.release_by_cause import preview, release_by_cause
from engine.errors import Denied
from engine.model.request import Request
from tests.bench import Bench

SECOND = timedelta(seconds=1)


async def held(bench: Bench, by: str = "tom", lease: timedelta = 20 * SECOND) -> Request:
    request = await bench.ask(by, lease=lease)
    await bench.respond(request.incident_id)
    return bench.request(request.id)


async def at_once(*works: Awaitable[object]) -> Sequence[object]:
    """All of these; what was refused as its refusal."""
    answers = await asyncio.gather(*works, return_exceptions=True)
    assert [answer for answer in answers if isinstance(answer, BaseException) and not isinstance(answer, Denied)] == []
    return answers


class At:
    """What people do with the one lease that stands."""

    def __init__(self, bench: Bench, request: Request) -> None:
        self.bench, self.request, self.lease = bench, request, bench.request(request.id).lease_id or ""

    async def release(self) -> object:
        anna, now = self.bench.person("anna"), self.bench.now
        return await self.bench.write(lambda tx: release_lease(tx, anna, self.lease, "ours", now))

    async def extend(self) -> object:
        tom, now = self.bench.person("tom"), self.bench.now
        return await self.bench.write(lambda tx: extend_lease(tx, tom, self.lease, 60 * SECOND, "not over", now))

    async def by_cause(self) -> object:
        bench, cause = self.bench, parse_cause("policy:demo")
        shown, tom = bench.read(lambda tx: preview(tx, bench.desks(tx), cause)).requests, bench.person("tom")
        return await bench.write(lambda tx: release_by_cause(tx, bench.desks(tx), tom, cause, shown, "bad", bench.now))

    async def carry(self) -> object:
        return await self.bench.carry(key_of(self.request))


@pytest.mark.parametrize("order", [*permutations(("release", "extend", "by_cause", "carry"))])
async def test_release_against_extend_ends_released_in_every_order(bench: Bench, order: tuple[str, ...]) -> None:
    request = await held(bench)
    people = At(bench, request)
    await at_once(*(getattr(people, name)() for name in order))
    await bench.carry(key_of(request))
    assert bench.request(request.id).state == "vetoed"
    assert await bench.standing() == []
    assert len(bench.entries("lease.released")) == 1


@pytest.mark.parametrize("early", [timedelta(0), SECOND, -SECOND])
async def test_a_vote_against_the_end_prolongs_or_is_refused_and_never_begins_again(
    bench: Bench, early: timedelta
) -> None:
    request = await held(bench)
    await bench.later(15 * SECOND)
    tom, lease = bench.person("tom"), bench.request(request.id).lease_id or ""
    asked = await bench.write(
        lambda tx: ask_longer(tx, bench.desks(tx), tom, lease, 60 * SECOND, "not over", bench.now)
    )
    await bench.later(5 * SECOND - early)
    await at_once(bench.vote(asked.id, "samir", digest=asked.digest), bench.carry(key_of(request)))
    await bench.respond(request.incident_id)
    await bench.carry(key_of(request))

    standing, state = await bench.standing(), bench.request(asked.id).state
    assert (state, standing) in [("held", ["network.block_ip"]), ("blocked", [])]
    assert len(bench.entries("lease.applying")) == 1


async def test_joins_racing_the_end_each_hold_what_stands_or_the_next(bench: Bench) -> None:
    first = await held(bench)
    late = [await bench.ask("anna", lease=60 * SECOND) for _ in range(5)]
    await bench.later(20 * SECOND)
    await at_once(bench.carry(key_of(first)), *(bench.respond(request.incident_id) for request in late))
    await bench.carry(key_of(first))

    assert {bench.request(request.id).state for request in late} == {"held"}
    assert len({bench.request(request.id).lease_id for request in late}) == 1
    assert await bench.standing() == ["network.block_ip"]
    await bench.later(60 * SECOND)
    await bench.carry(key_of(first))
    assert await bench.standing() == []


async def test_200_incidents_on_20_targets_each_let_go_of_their_own(bench: Bench) -> None:
    bench.without_check("budget")
    asked = [await bench.ask("tom", target=f"203.0.113.{n % 20}", lease=60 * SECOND) for n in range(200)]
    await at_once(*(bench.respond(request.incident_id) for request in asked))
    assert {bench.request(request.id).state for request in asked} == {"held"}

    async def let_go(request: Request) -> object:
        cause = parse_cause(f"incident:{request.incident_id}")
        who = bench.person("tom")
        return await bench.write(
            lambda tx: release_by_cause(tx, bench.desks(tx), who, cause, [request.id], "over", bench.now)
        )

    async def carried() -> int:
        for key in {key_of(request) for request in asked}:
            await bench.carry(key)
        return len(await bench.standing())

    await at_once(*(let_go(request) for request in asked[:180]))
    assert await carried() == 20
    assert {bench.request(request.id).state for request in asked[180:]} == {"held"}
    assert {bench.request(request.id).state for request in asked[:180]} == {"vetoed"}
    await bench.later(60 * SECOND)
    assert await carried() == 0
    assert {bench.request(request.id).state for request in asked[180:]} == {"ended"}
    assert len(bench.entries("lease.applying")) == len(bench.entries("lease.released")) == 20
