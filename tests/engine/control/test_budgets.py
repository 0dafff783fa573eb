"""A budget is reserved in the transaction that gives leave to act, so that no race overdraws it (I6)."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import JsonValue

import policies
from actions.simulators.faults import FaultKind
from console.cli.assembly import specs
from engine.control.commit import guard
from engine.control.doors import Wanted, request_action
from engine.control.judge import digest_of
from engine.control.moves import key_of
from engine.control.prolonging import ask_longer
from engine.model.budget import Usage
from engine.model.request import Request, RequestState
from engine.policy_file import parse_policy
from tests.bench import Bench

SECOND = timedelta(seconds=1)
BUDGET = 50
REQUESTS, TARGETS = 200, 20
DEMO = (Path(policies.__path__[0]) / "demo.yaml").read_text()
BLOCKS = "hour: 10000\n      in_force: 1000"
SITE = "points_hour: 20000, kept_for_people: 0.5"
POINTS = "points: {low: 1, standard: 2, high: 8, critical: 20}"


def budgeted(bench: Bench, *changes: tuple[str, str]) -> None:
    """The demo's policy, but for its budgets."""
    text = DEMO
    for before, after in changes:
        assert text.count(before) == 1
        text = text.replace(before, after)
    policy = parse_policy(text, "budgeted.yaml", specs())
    bench.parts = replace(bench.parts, desk=replace(bench.desk, policy=policy))


def usage(bench: Bench) -> Usage:
    return bench.read(lambda tx: tx.budgets.usage("block-outside", bench.now))


async def authorised(bench: Bench, count: int = REQUESTS) -> list[Request]:
    """Requests that may all act, each of an incident of its own, over a few targets."""
    asked = [await bench.ask(target=f"203.0.113.{n % TARGETS + 1}") for n in range(count)]
    assert {request.state for request in asked} == {RequestState.AUTHORISED}
    return asked


async def race(bench: Bench, asked: list[Request]) -> list[Request]:
    """All of them at the commit point at once; those that got leave."""
    begun = [bench.write(lambda tx, r=r: guard(tx, bench.desk, r, bench.now)) for r in asked]  # type: ignore[misc]
    return [request for request in await asyncio.gather(*begun) if request is not None]


async def test_200_requests_over_20_targets_never_overdraw_a_budget_of_50(bench: Bench) -> None:
    budgeted(bench, (BLOCKS, f"hour: {BUDGET}"))
    asked = await authorised(bench)

    cleared = await race(bench, asked)

    assert len(cleared) == BUDGET
    assert usage(bench).hour == BUDGET
    left_out = [now for now in map(bench.request, (r.id for r in asked)) if now.state is RequestState.BLOCKED]
    assert len(left_out) == REQUESTS - BUDGET
    assert {request.outcome for request in left_out} == {f"budget: budget spent: this hour {BUDGET} of {BUDGET}"}


async def test_a_try_again_is_not_counted_twice_and_not_against_itself(bench: Bench) -> None:
    budgeted(bench, (BLOCKS, f"hour: {BUDGET}"))
    cleared = await race(bench, await authorised(bench, BUDGET))
    assert await race(bench, [*cleared, *cleared]) == [*cleared, *cleared]
    assert usage(bench).hour == BUDGET


@pytest.mark.parametrize(("approved", "leave"), [(0, 50), (60, 100)])
async def test_points_kept_for_people_are_theirs_however_the_race_goes(bench: Bench, approved: int, leave: int) -> None:
    one_each = "points: {low: 1, standard: 1, high: 1, critical: 1}"
    budgeted(bench, (SITE, "points_hour: 100, kept_for_people: 0.5"), (POINTS, one_each))
    asked = await authorised(bench)
    for request in asked[REQUESTS - approved :]:
        assert request.decision is not None
        digest = digest_of(request, request.decision, request.checks)
        yes = request.model_copy(update={"approved": True, "digest": digest})
        await bench.write(lambda tx, yes=yes: tx.requests.save(yes, RequestState.AUTHORISED))  # type: ignore[misc]

    cleared = await race(bench, [bench.request(request.id) for request in asked])

    assert len(cleared) == usage(bench).points_hour == leave
    assert usage(bench).points_hour_automatic <= 50


async def test_what_failed_is_given_back_and_what_is_held_is_what_is_reserved(bench: Bench) -> None:
    budgeted(bench, (BLOCKS, f"hour: {BUDGET}\n      in_force: {BUDGET}"))
    bench.site.faults.switch_on(FaultKind.REFUSE, "network.block_ip", times=7)
    asked = await authorised(bench)

    await asyncio.gather(*(bench.carry(key) for key in {key_of(request) for request in asked}))

    states = [bench.request(request.id).state for request in asked]
    held, failed = states.count(RequestState.HELD), states.count(RequestState.FAILED)
    assert failed == 7
    assert BUDGET - failed <= held <= BUDGET
    assert (usage(bench).hour, usage(bench).in_force) == (held, len(bench.read(lambda tx: tx.leases.live())))


async def test_the_room_of_what_failed_is_there_for_others(bench: Bench) -> None:
    budgeted(bench, (BLOCKS, f"hour: {TARGETS}\n      in_force: {TARGETS}"))
    bench.site.faults.switch_on(FaultKind.REFUSE, "network.block_ip")
    refused = await authorised(bench, TARGETS)
    await asyncio.gather(*(bench.carry(key_of(request)) for request in refused))
    assert {bench.request(request.id).state for request in refused} == {RequestState.FAILED}
    assert usage(bench) == Usage()

    others = await authorised(bench, TARGETS + 1)
    assert len(await race(bench, others)) == TARGETS


IN_FORCE = "hour: 10000\n      in_force: 2"


async def test_what_prolongs_an_effect_takes_no_place_beside_it_and_its_own_in_the_end(bench: Bench) -> None:
    budgeted(bench, (BLOCKS, IN_FORCE))
    first = await bench.ask(lease=60 * SECOND)
    await bench.respond(first.incident_id)
    [lease], tom = bench.read(lambda tx: tx.leases.live()), bench.person("tom")
    asked = await bench.write(lambda tx: ask_longer(tx, bench.desk, tom, lease.id, 600 * SECOND, "not over", bench.now))
    await bench.vote(asked.id, "samir")
    await bench.respond(asked.incident_id)
    await bench.carry(lease.key)
    assert (bench.request(asked.id).state, usage(bench).in_force) == ("held", 1)

    other = await bench.ask("anna", target="203.0.113.8")
    await bench.respond(other.incident_id)
    assert (bench.request(other.id).state, bench.read(lambda tx: tx.trips.standing())) == ("held", {})

    await bench.later(60 * SECOND)
    await bench.settle(first.incident_id)
    assert (bench.request(first.id).state, bench.request(asked.id).state) == ("ended", "held")
    assert usage(bench).in_force == 1
    await bench.later(600 * SECOND)
    await bench.settle(first.incident_id)
    assert usage(bench).in_force == 0


async def test_an_effect_of_two_incidents_takes_one_place_until_the_last_has_left(bench: Bench) -> None:
    budgeted(bench, (BLOCKS, "hour: 10000\n      in_force: 1"))
    first = await bench.ask("tom", lease=10 * SECOND)
    await bench.respond(first.incident_id)
    second = await bench.ask("anna", lease=20 * SECOND)
    await bench.respond(second.incident_id)
    assert bench.request(second.id).state == "held"
    used = [usage(bench).in_force]
    for _ in range(2):
        await bench.later(11 * SECOND)
        await bench.carry(key_of(first))
        used.append(usage(bench).in_force)
    assert used == [1, 1, 0]
    assert bench.read(lambda tx: tx.trips.standing()) == {}


async def test_what_names_many_things_counts_as_many_where_the_policy_says_so(bench: Bench) -> None:
    budgeted(bench, ("  rows:\n", "  rows:\n    - {id: mail, actions: [mail.quarantine], counts: things, hour: 200}\n"))
    bench.without_check("target-exists")
    first, second, third = [await quarantined(bench, campaign, count) for campaign, count in enumerate((120, 80, 1))]
    assert (first.state, second.state) == ("authorised", "authorised")
    assert third.outcome.endswith("budget spent: this hour 200 of 200")
    assert bench.read(lambda tx: tx.budgets.usage("mail", bench.now)).hour == 200


async def quarantined(bench: Bench, campaign: int, count: int) -> Request:
    """A request about so many messages, at the commit point if it comes so far."""
    messages: list[JsonValue] = [f"<{n}.{campaign}@example.net>" for n in range(count)]
    wanted = Wanted("mail.quarantine", str(messages[0]), {"messages": messages}, None, "one campaign")
    request = await bench.write(lambda tx: request_action(tx, bench.desk, bench.person("tom"), wanted, bench.now))
    await race(bench, [request] if request.state is RequestState.AUTHORISED else [])
    return request
