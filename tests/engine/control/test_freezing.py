"""The kill switch: what it covers, who keeps it how long, what it holds, and that nothing slips past it."""

import asyncio
from datetime import timedelta

import pytest

from engine.control.acknowledging import acknowledge
from engine.control.freezing import NEAR, Frozen, explain_freeze, freeze, left, tell_endings, unfreeze
from engine.errors import Denied, InvalidInput, NotFound
from engine.freezes import TOGETHER
from engine.model.freeze import Freeze
from engine.model.lease import Lease
from engine.model.request import RequestState
from tests.bench import Bench

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


async def frozen(
    bench: Bench, by: str = "anna", scope: str = "global", lasts: timedelta | None = None, hold: bool = False,
    reason: str = "",
) -> Frozen:  # fmt: skip
    return await bench.write(lambda tx: freeze(tx, bench.desk, bench.person(by), scope, reason, lasts, bench.now, hold))


async def lasting(bench: Bench, by: str, lasts: timedelta | None = None) -> timedelta:
    until = (await frozen(bench, by, lasts=lasts)).freeze.until
    assert until is not None
    return until - bench.now


async def in_force(bench: Bench, target: str = "203.0.113.7") -> Lease:
    request = await bench.ask(target=target)
    await bench.respond(request.incident_id)
    return next(lease for lease in bench.read(lambda tx: tx.leases.live()) if lease.target == target)


def end_of(bench: Bench, lease: Lease) -> timedelta:
    """How much longer the effect is to last."""
    found = bench.read(lambda tx: tx.leases.get(lease.id))
    assert found is not None and found.expires_at is not None
    return found.expires_at - bench.now


# Who, and how long.


async def test_two_people_freeze_for_as_long_as_both_of_them_want(bench: Bench) -> None:
    assert await lasting(bench, "anna", 8 * HOUR) == HOUR
    assert await lasting(bench, "tom", 4 * HOUR) == 4 * HOUR
    assert await lasting(bench, "tom", 12 * HOUR) == 8 * HOUR


async def test_the_second_may_come_at_any_time_before_the_first_has_ended(bench: Bench) -> None:
    await frozen(bench, "anna", lasts=8 * HOUR)
    await bench.later(59 * MINUTE)
    assert await lasting(bench, "tom", 8 * HOUR) == 7 * HOUR + MINUTE


async def test_the_same_person_twice_is_one(bench: Bench) -> None:
    await frozen(bench, "anna", lasts=8 * HOUR)
    await bench.later(30 * MINUTE)
    assert await lasting(bench, "anna", 8 * HOUR) == 30 * MINUTE


async def test_two_keep_it_for_a_day_at_most(bench: Bench) -> None:
    await frozen(bench, "anna", lasts=100 * HOUR)
    assert await lasting(bench, "tom", 100 * HOUR) == TOGETHER


async def test_what_was_lifted_counts_for_no_second_person(bench: Bench) -> None:
    await frozen(bench, "anna", lasts=8 * HOUR)
    await bench.write(lambda tx: unfreeze(tx, bench.person("tom"), "global", "", bench.now))
    assert await lasting(bench, "tom", 8 * HOUR) == HOUR


async def endless(bench: Bench) -> None:
    await bench.write(
        lambda tx: tx.freezes.put(Freeze(scope="global", principal="restore", reason="", since=bench.now))
    )


async def test_what_lasts_until_it_is_lifted_is_not_shortened_by_freezing_it_again(bench: Bench) -> None:
    await endless(bench)
    again = await frozen(bench, "anna", lasts=MINUTE, reason="still looking")
    assert (again.freeze.until, again.freeze.reason) == (None, "still looking")
    await bench.later(2 * HOUR)
    assert (await bench.ask()).outcome == "frozen: global"
    assert str(bench.entries("page")[-1].body["text"]) == (
        "frozen by anna: global until somebody lifts it (still looking)"
    )


async def test_with_hold_what_lasts_until_it_is_lifted_holds_effects_to_their_ceiling(bench: Bench) -> None:
    lease = await in_force(bench)
    await endless(bench)
    assert (await frozen(bench, "tom", hold=True)).held == (lease.id,)
    assert end_of(bench, lease) == 5 * MINUTE


async def test_a_bot_freezes_nothing(bench: Bench) -> None:
    with pytest.raises(Denied, match="freezing takes a person"):
        await frozen(bench, "siem-bot")


# It acts before it asks.


async def test_the_reason_is_given_afterwards_and_changes_nothing_else(bench: Bench) -> None:
    before = (await frozen(bench, lasts=5 * MINUTE)).freeze
    await bench.later(MINUTE)
    explained = await bench.write(lambda tx: explain_freeze(tx, bench.person("anna"), "global", "outage", bench.now))
    assert explained == before.model_copy(update={"reason": "outage"})
    assert (await frozen(bench, "anna")).freeze.until == before.until
    assert (await frozen(bench, "tom")).freeze.reason == "outage"
    with pytest.raises(NotFound):
        await bench.write(lambda tx: explain_freeze(tx, bench.person("anna"), "action:notify", "outage", bench.now))
    with pytest.raises(InvalidInput):
        await bench.write(lambda tx: explain_freeze(tx, bench.person("anna"), "global", " ", bench.now))


# Announced.


async def test_begin_nearing_end_and_end_are_announced_once_each(bench: Bench) -> None:
    await frozen(bench, reason="outage")
    for wait in (timedelta(0), HOUR - NEAR - SECOND, SECOND, SECOND, NEAR - 2 * SECOND, SECOND, HOUR):
        await bench.later(wait)
        await bench.write(lambda tx: tell_endings(tx, bench.now))
    said = [str(entry.body["text"]) for entry in bench.entries("page")]
    assert [text.partition(" until")[0].partition(" at ")[0] for text in said] == [
        "frozen by anna: global", "freeze of global ends", "freeze over: global",
    ]  # fmt: skip
    assert len(bench.entries("freeze.ended")) == 1


async def test_what_follows_is_announced_to_those_too_who_have_seen_its_page(bench: Bench) -> None:
    await frozen(bench, "anna", lasts=8 * HOUR)
    [page] = bench.read(lambda tx: tx.pages.all())
    await bench.write(lambda tx: acknowledge(tx, bench.person("tom"), page.id, bench.now))
    begun = [message.id for message in bench.read(lambda tx: tx.messages.waiting(100))]
    await bench.later(HOUR - NEAR)
    await bench.write(lambda tx: tell_endings(tx, bench.now))
    await frozen(bench, "tom", lasts=4 * HOUR)
    said = [one for one in bench.read(lambda tx: tx.messages.waiting(100)) if one.id not in begun]
    assert [one.title.partition(" at ")[0].partition(" until ")[0] for one in said] == [
        "freeze of global ends", "frozen by tom: global",
    ]  # fmt: skip
    assert all(one.everywhere for one in bench.read(lambda tx: tx.messages.waiting(100)))


async def test_a_lift_is_announced_and_no_end_after_it(bench: Bench) -> None:
    await frozen(bench)
    await bench.write(lambda tx: unfreeze(tx, bench.person("tom"), "global", "over", bench.now))
    await bench.later(2 * HOUR)
    await bench.write(lambda tx: tell_endings(tx, bench.now))
    assert [str(entry.body["text"]) for entry in bench.entries("page")][1:] == ["freeze lifted by tom: global (over)"]


async def test_a_short_freeze_is_not_told_to_be_ending_as_soon_as_it_begins(bench: Bench) -> None:
    await frozen(bench, lasts=5 * MINUTE)
    await bench.write(lambda tx: tell_endings(tx, bench.now))
    assert len(bench.entries("page")) == 1


async def test_what_is_left_is_told_to_the_second(bench: Bench) -> None:
    found = (await frozen(bench, lasts=5 * MINUTE)).freeze
    assert left(found, bench.now + 30 * SECOND) == "4m30s"
    assert left(found, bench.now + HOUR) == "0s"


# What it holds.


async def test_with_hold_what_is_in_force_lasts_as_long_as_the_freeze(bench: Bench) -> None:
    lease = await in_force(bench)
    assert end_of(bench, lease) == 20 * SECOND
    done = await frozen(bench, "tom", lasts=2 * MINUTE, hold=True)
    assert (done.held, end_of(bench, lease)) == ((lease.id,), 2 * MINUTE)
    [entry] = bench.entries("lease.extended")
    assert (entry.actor, entry.body["reason"]) == ("tom", "held by the freeze of global")
    await bench.later(2 * MINUTE)
    await bench.carry(lease.key)
    assert await bench.standing() == []


async def test_nothing_is_held_beyond_its_ceiling_and_nothing_gets_shorter(bench: Bench) -> None:
    lease = await in_force(bench)
    await frozen(bench, "tom", hold=True)
    assert end_of(bench, lease) == 5 * MINUTE
    assert (await frozen(bench, "tom", lasts=MINUTE, hold=True)).held == ()
    assert end_of(bench, lease) == 5 * MINUTE


async def test_only_what_the_freeze_covers_is_held(bench: Bench) -> None:
    covered, other = await in_force(bench, "203.0.113.7"), await in_force(bench, "203.0.113.8")
    done = await frozen(bench, "tom", scope="target:203.0.113.7", lasts=2 * MINUTE, hold=True)
    assert done.held == (covered.id,)
    assert end_of(bench, other) == 20 * SECOND


async def test_without_hold_releases_go_on_at_their_time(bench: Bench) -> None:
    lease = await in_force(bench)
    await frozen(bench)
    await bench.later(20 * SECOND)
    await bench.carry(lease.key)
    assert await bench.standing() == []


async def test_holding_takes_a_responder(bench: Bench) -> None:
    with pytest.raises(Denied, match="takes responder"):
        await frozen(bench, "lena", hold=True)


# Nothing slips past.


async def test_whatever_the_race_nothing_is_committed_after_the_freeze(bench: Bench) -> None:
    waiting = [await bench.ask(target=f"203.0.113.{number}") for number in range(10, 46)]

    async def stream(first: int, last: int) -> None:
        for request in waiting[first:last]:
            await bench.respond(request.incident_id)

    async def freeze_after(some: int) -> None:
        await stream(0, some)
        await frozen(bench)

    await asyncio.gather(stream(3, 14), freeze_after(3), stream(14, 25), stream(25, 36))
    [stop] = bench.entries("freeze.set")
    begun = [entry.seq for entry in bench.entries("lease.committed")]
    states = [bench.request(request.id).state for request in waiting]
    assert [seq for seq in begun if seq > stop.seq] == []
    assert set(states) == {RequestState.HELD, RequestState.BLOCKED}
    assert states.count(RequestState.HELD) == len(begun) == len(await bench.standing())
