"""Keeping an effect in force beyond its ceiling or for good: people decide, and only what stands is prolonged."""

from datetime import timedelta

import pytest

from engine.control.doors import give_verdict, release_lease
from engine.control.lease import LONGEST_WAIT
from engine.control.moves import key_of
from engine.control.prolonging import LONGEST, ask_longer, ask_permanent
from engine.errors import Denied, FirelineError, InvalidInput, NotFound
from engine.model.execution import Hold
from engine.model.finding import Finding, VerdictKind
from engine.model.lease import PERMANENT, Lease
from engine.model.request import Request
from tests.bench import Bench

LITTLE, MINUTE, HOUR, DAY = timedelta(seconds=10), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
async def held(bench: Bench) -> Request:
    """A block in force, asked for by a responder; policy lets it last five minutes at the longest."""
    request = await bench.ask("tom", lease=5 * MINUTE)
    await bench.respond(request.incident_id)
    return bench.request(request.id)


def lease_of(bench: Bench, request: Request) -> Lease:
    found = bench.read(lambda tx: tx.leases.latest(key_of(request)))
    assert found is not None
    return found


async def longer(bench: Bench, held: Request, lasts: timedelta = DAY, by: str = "tom") -> Request:
    lease, who, now = lease_of(bench, held).id, bench.person(by), bench.now
    return await bench.write(lambda tx: ask_longer(tx, bench.desks(tx), who, lease, lasts, "not over", now))


async def permanent(bench: Bench, held: Request) -> Request:
    lease, who, now = lease_of(bench, held).id, bench.person("tom"), bench.now
    return await bench.write(lambda tx: ask_permanent(tx, bench.desks(tx), who, lease, "known bad", now))


async def approved(bench: Bench, request: Request, *names: str) -> Request:
    for name in names:
        assert (await bench.vote(request.id, name, digest=request.digest)).accepted
    await bench.respond(request.incident_id)
    return bench.request(request.id)


async def test_beyond_the_ceiling_people_are_asked_and_told_for_how_long(bench: Bench, held: Request) -> None:
    asked = await longer(bench, held)
    assert asked.decision is not None
    assert (asked.state, asked.decision.tier, asked.extends) == ("awaiting_approval", 3, held.id)
    assert (asked.decision.obligations.lease, asked.decision.obligations.quorum) == (DAY, 1)
    assert "it would last longer than was decided" in asked.decision.why_asked
    assert lease_of(bench, held).expires_at == lease_of(bench, held).active_at + 5 * MINUTE  # type: ignore[operator]


async def test_approved_it_lasts_exactly_as_long_as_was_said(bench: Bench, held: Request) -> None:
    asked = await longer(bench, held)
    await bench.later(LITTLE)
    assert (await approved(bench, asked, "samir")).state == "held"
    assert lease_of(bench, held).expires_at == bench.now + DAY

    await bench.later(10 * MINUTE)
    await bench.carry(key_of(held))
    assert [bench.request(r.id).state for r in (held, asked)] == ["ended", "held"]
    await bench.later(DAY)
    await bench.carry(key_of(held))
    assert (bench.request(asked.id).state, await bench.standing()) == ("ended", [])


async def test_for_good_takes_tier_4_and_ends_when_somebody_releases_it(bench: Bench, held: Request) -> None:
    asked = await permanent(bench, held)
    assert asked.decision is not None
    assert (asked.decision.tier, asked.decision.obligations.quorum) == (4, 2)
    assert "until somebody releases it" in asked.decision.why_asked
    assert (await approved(bench, asked, "anna")).state == "awaiting_approval"
    assert (await approved(bench, asked, "samir")).state == "held"
    assert lease_of(bench, held).expires_at == bench.now + PERMANENT

    await bench.later(400 * DAY)
    assert await bench.carry(key_of(held)) == Hold(until=bench.now + LONGEST_WAIT)
    assert await bench.standing() == ["network.block_ip"]
    lease, anna = lease_of(bench, held), bench.person("anna")
    await bench.write(lambda tx: release_lease(tx, anna, lease.id, "it moved", bench.now))
    await bench.carry(key_of(held))
    assert await bench.standing() == []


async def test_the_requester_does_not_approve(bench: Bench, held: Request) -> None:
    asked = await longer(bench, held)
    assert not (await bench.vote(asked.id, "tom", digest=asked.digest)).accepted


async def test_released_before_the_last_vote_it_puts_nothing_in_force_anew(bench: Bench, held: Request) -> None:
    asked = await longer(bench, held)
    lease, anna = lease_of(bench, held), bench.person("anna")
    await bench.write(lambda tx: release_lease(tx, anna, lease.id, "it is ours", bench.now))
    # The vote arrives before the lease has taken its release up.
    blocked = await approved(bench, asked, "samir")
    assert (blocked.state, "is over" in blocked.outcome) == ("blocked", True)
    await bench.carry(key_of(held))
    assert (lease_of(bench, held).state, lease_of(bench, held).generation) == ("released", 1)
    assert await bench.standing() == []


async def test_a_vote_at_the_end_prolongs_what_still_stands_and_nothing_after(bench: Bench, held: Request) -> None:
    await bench.later(5 * MINUTE - LITTLE)
    asked = await longer(bench, held)
    await bench.later(LITTLE)
    late = await approved(bench, asked, "samir")
    assert late.state == "held"
    assert (lease_of(bench, held).generation, await bench.standing()) == (1, ["network.block_ip"])


async def test_a_vote_after_the_release_prolongs_nothing(bench: Bench, held: Request) -> None:
    await bench.later(5 * MINUTE - LITTLE)
    asked = await longer(bench, held)
    await bench.later(LITTLE)
    await bench.carry(key_of(held))
    assert (await approved(bench, asked, "samir")).state == "blocked"
    assert await bench.standing() == []


async def test_a_false_positive_takes_the_extension_along(bench: Bench, held: Request) -> None:
    asked = await approved(bench, await longer(bench, held), "samir")
    anna, kind = bench.person("anna"), VerdictKind.FALSE_POSITIVE
    await bench.write(lambda tx: give_verdict(tx, anna, held.incident_id, kind, "a scanner", bench.now))
    await bench.carry(key_of(held))
    assert [bench.request(r.id).state for r in (held, asked)] == ["withdrawn", "withdrawn"]
    assert await bench.standing() == []


async def test_it_is_asked_for_once_at_a_time(bench: Bench, held: Request) -> None:
    await longer(bench, held)
    with pytest.raises(Denied, match="asks for that already"):
        await longer(bench, held)


@pytest.mark.parametrize(
    ("by", "lasts", "error", "said"),
    [
        ("lena", DAY, Denied, "takes responder"),
        ("tom", timedelta(0), InvalidInput, "longer than nothing"),
        ("tom", LONGEST + MINUTE, InvalidInput, "366 days"),
    ],
)
async def test_it_needs_a_responder_and_a_length(
    bench: Bench, held: Request, by: str, lasts: timedelta, error: type[FirelineError], said: str
) -> None:
    with pytest.raises(error, match=said):
        await longer(bench, held, lasts, by)


async def test_what_is_over_or_never_was_cannot_be_prolonged(bench: Bench, held: Request) -> None:
    await bench.later(HOUR)
    await bench.carry(key_of(held))
    with pytest.raises(Denied, match="only an effect in force"):
        await longer(bench, held)
    with pytest.raises(NotFound, match="L-9999"):
        await bench.write(
            lambda tx: ask_permanent(tx, bench.desks(tx), bench.person("tom"), "L-9999", "known bad", bench.now)
        )


async def test_it_fits_beside_what_it_prolongs_when_asked_and_when_carried_out(bench: Bench) -> None:
    cut = await approved(bench, await bench.ask(action="network.block_segment", target="10.20.64.0/24"), "anna")
    assert cut.state == "held"  # one is all that may be in force
    asked = await longer(bench, cut, HOUR)
    assert asked.state == "awaiting_approval"
    assert (await approved(bench, asked, "samir")).state == "held"
    again = await longer(bench, asked, HOUR)
    assert again.state == "awaiting_approval"
    assert bench.read(lambda tx: tx.trips.standing()) == {}


async def test_an_extension_that_nobody_answered_is_no_answer_to_a_later_finding(bench: Bench, beacon: Finding) -> None:
    incident = await bench.feed(beacon)
    [block] = bench.requests(incident, "network.block_ip")
    asked = await longer(bench, block)
    assert asked.deadline is not None
    await bench.later(asked.deadline - bench.now)
    await bench.respond(incident)
    await bench.settle(incident)
    assert [bench.request(one.id).state for one in (block, asked)] == ["ended", "expired"]
    await bench.feed(beacon.model_copy(update={"id": "later", "time": bench.now}))
    again = bench.requests(incident, "network.block_ip")[-1]
    assert (again.state, again.extends) == ("held", None)
