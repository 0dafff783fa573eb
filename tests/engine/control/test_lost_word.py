"""A lease whose worker died over its work: nothing stays undecided, and nobody waits longer than has to be."""

from datetime import timedelta

import pytest

from console.cli.simulation import SITE
from engine.control.doors import give_verdict
from engine.control.lease import LeasePath
from engine.control.moves import key_of
from engine.model.execution import Apply, Command, Hold, Inspect, Outcome, Release, Result
from engine.model.finding import VerdictKind
from engine.model.lease import Lease
from engine.model.request import Request
from tests.bench import Bench

SECOND = timedelta(seconds=1)


async def step(bench: Bench, request: Request, result: Result | None = None) -> Command:
    """What the lease's workflow is told after this outcome, or without word of the last one."""
    outcome = None if result is None else Outcome(result=result, at=bench.now)
    order = await bench.write(lambda tx: LeasePath(tx, bench.desk, key_of(request), bench.now).advance(outcome))
    return order.command


async def applied(bench: Bench, request: Request) -> Command:
    """The same after the work was really done."""
    command = await step(bench, request)
    assert isinstance(command, Apply)
    outcome = await bench.parts.hands[SITE].apply(command.work)
    assert outcome.result is Result.VERIFIED
    return await step(bench, request, Result.LOST)


def lease(bench: Bench) -> Lease:
    return bench.read(lambda tx: tx.leases.all())[-1]


async def test_what_was_lost_is_asked_for_and_done_where_it_is_not_there(bench: Bench) -> None:
    request = await bench.ask()
    assert isinstance(await step(bench, request), Apply)
    assert isinstance(await step(bench, request, Result.LOST), Inspect)
    assert isinstance(await step(bench, request, Result.ABSENT), Apply)
    assert lease(bench).state == "unknown"


@pytest.mark.parametrize("times", [2, 5])
async def test_a_target_that_stays_silent_is_asked_after_pauses_and_then_acted_on(bench: Bench, times: int) -> None:
    request = await bench.ask()
    await step(bench, request)
    for _ in range(times):
        await step(bench, request, Result.UNKNOWN)
    command = await step(bench, request)
    assert isinstance(command, Hold)
    await bench.later(command.until - bench.now)
    assert isinstance(await step(bench, request), Inspect)
    assert isinstance(await step(bench, request, Result.ABSENT), Apply)


async def test_work_that_never_began_is_begun_after_its_pause(bench: Bench) -> None:
    request = await bench.ask()
    await step(bench, request)
    assert isinstance(await step(bench, request, Result.NOT_BEGUN), Apply)
    command = await step(bench, request, Result.NOT_BEGUN)
    assert isinstance(command, Hold)
    await bench.later(command.until - bench.now)
    assert isinstance(await step(bench, request), Inspect)
    assert isinstance(await step(bench, request, Result.ABSENT), Apply)


@pytest.mark.parametrize("lost", [Result.LOST, Result.NOT_BEGUN])
async def test_a_release_lost_or_not_begun_is_tried_again_at_once_however_often(bench: Bench, lost: Result) -> None:
    request = await bench.ask(lease=5 * SECOND)
    await bench.respond(request.incident_id)
    await bench.later(10 * SECOND)
    assert isinstance(await step(bench, request), Release)
    for _ in range(6):
        assert isinstance(await step(bench, request, lost), Release)
    assert lease(bench).state == "releasing"


async def test_an_effect_found_after_its_request_was_blocked_is_released(bench: Bench) -> None:
    request = await bench.ask()
    assert isinstance(await applied(bench, request), Inspect)
    anna, kind = bench.person("anna"), VerdictKind.FALSE_POSITIVE
    await bench.write(lambda tx: give_verdict(tx, anna, request.incident_id, kind, "our own scanner", bench.now))
    assert isinstance(await step(bench, request, Result.ABSENT), Release)
    assert bench.request(request.id).state == "blocked"

    # The release is lost as well, and by the next question the effect has turned up.
    assert isinstance(await step(bench, request, Result.LOST), Inspect)
    await bench.carry(key_of(request))

    assert await bench.standing() == []
    assert lease(bench).state == "released"


async def test_what_the_target_only_says_it_did_is_taken_back_and_fails_at_once(bench: Bench) -> None:
    request = await bench.ask()
    await step(bench, request)
    assert isinstance(await step(bench, request, Result.UNVERIFIED), Release)
    await step(bench, request, Result.RELEASED)
    assert (lease(bench).state, bench.request(request.id).state) == ("failed", "failed")


async def test_what_may_still_arrive_is_taken_back_again_when_it_cannot_any_more(bench: Bench) -> None:
    request = await bench.ask()
    await step(bench, request)
    assert isinstance(await step(bench, request, Result.LOST), Inspect)
    anna, kind = bench.person("anna"), VerdictKind.FALSE_POSITIVE
    await bench.write(lambda tx: give_verdict(tx, anna, request.incident_id, kind, "our own scanner", bench.now))
    assert isinstance(await step(bench, request, Result.ABSENT), Release)
    command = await step(bench, request, Result.RELEASED)
    assert isinstance(command, Hold)
    await bench.later(command.until - bench.now)
    assert isinstance(await step(bench, request), Inspect)
    assert isinstance(await step(bench, request, Result.ABSENT), Release)
    await step(bench, request, Result.RELEASED)
    assert lease(bench).state == "failed"


async def test_an_effect_lifted_by_others_whose_return_was_lost_is_asked_for(bench: Bench) -> None:
    request = await bench.ask()
    await bench.respond(request.incident_id)
    seen = lease(bench)
    await bench.write(lambda tx: tx.leases.save(seen.model_copy(update={"drift": "gone"}), before=seen.state))
    assert isinstance(await step(bench, request), Apply)
    assert isinstance(await step(bench, request, Result.LOST), Inspect)
    assert isinstance(await step(bench, request), Inspect)
    assert lease(bench).state == "drifted"
    await step(bench, request, Result.VERIFIED)
    assert lease(bench).state == "active"


async def test_what_is_due_is_not_put_back(bench: Bench) -> None:
    request = await bench.ask(lease=5 * SECOND)
    await bench.respond(request.incident_id)
    seen = lease(bench)
    await bench.write(lambda tx: tx.leases.save(seen.model_copy(update={"drift": "gone"}), before=seen.state))
    assert isinstance(await step(bench, request), Apply)
    await bench.later(10 * SECOND)
    assert isinstance(await step(bench, request, Result.STALE), Release)
    await step(bench, request, Result.RELEASED)
    assert lease(bench).state == "surrendered"


async def test_a_share_that_ends_before_the_others_is_over_on_its_own_time(bench: Bench) -> None:
    first = await bench.ask("tom", lease=10 * SECOND)
    second = await bench.ask("anna", lease=20 * SECOND)
    await bench.respond(first.incident_id)
    await bench.respond(second.incident_id)
    command = await bench.carry(key_of(first))
    assert isinstance(command, Hold)
    assert command.until == bench.read(lambda tx: min(holder.expires_at for holder in tx.holders.of(lease(bench).id)))


async def test_what_hardly_began_and_is_not_to_be_taken_back_pages_as_stuck(bench: Bench) -> None:
    request = await bench.ask(lease=60 * SECOND)
    await step(bench, request)
    await step(bench, request, Result.UNVERIFIED)
    for _ in range(5):
        await bench.later(60 * SECOND)
        assert isinstance(await step(bench, request), Inspect)
        await step(bench, request, Result.UNVERIFIED)
        await step(bench, request, Result.RELEASE_FAILED)
    assert lease(bench).state == "unknown"
    [page] = bench.read(lambda tx: tx.pages.all())
    assert (page.kind, page.times) == ("stuck-release", 1)


@pytest.mark.parametrize("ends", [[Result.REFUSED], [Result.UNVERIFIED, Result.RELEASED]])
async def test_what_fails_calls_those_that_wait_for_it(bench: Bench, ends: list[Result]) -> None:
    other = await bench.ask(target="203.0.113.8")
    await bench.respond(other.incident_id)
    waiting, request = lease(bench), await bench.ask()
    await step(bench, request)
    begun = lease(bench).model_copy(update={"before": (waiting.id,)})
    await bench.write(lambda tx: tx.leases.save(begun, before=begun.state))
    told = bench.read(lambda tx: tx.outbox.pending(100))
    await bench.write(lambda tx: tx.outbox.delivered([nudge.id for nudge in told]))
    for result in ends:
        await step(bench, request, result)
    assert lease(bench).state == "failed"
    assert waiting.key in [nudge.workflow_id for nudge in bench.read(lambda tx: tx.outbox.pending(100))]
