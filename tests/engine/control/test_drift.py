"""Effects that somebody else lifts: noticed in time, put back once or given up as policy says, and whose lift wins."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from actions.simulators.faults import ANY_ACTION, FaultKind
from console.cli.simulation import SITE
from engine.control.announcing import ANNOUNCED_FOR, announce_lift
from engine.control.doors import give_verdict, release_lease
from engine.control.lease import LeasePath
from engine.control.moves import key_of
from engine.control.settling import settle
from engine.control.watch import compare
from engine.errors import Denied, InvalidInput, NotFound
from engine.model.base import Json
from engine.model.finding import Finding, VerdictKind
from engine.model.lease import Lease
from engine.model.page import Page
from engine.model.principal import Principal
from engine.model.request import Request
from engine.model.watch import ConnectorHealth, Sweep, SweepOrder
from engine.policy_file import parse_policy
from engine.store.tx import Tx
from tests.bench import Bench
from tests.engine.control.test_again import DEMO, under

SECOND = timedelta(seconds=1)


async def in_force(bench: Bench) -> Request:
    request = await bench.ask()
    await bench.respond(request.incident_id)
    return request


def lease(bench: Bench) -> Lease:
    return bench.read(lambda tx: tx.leases.all())[-1]


async def sweep(bench: Bench) -> SweepOrder:
    """What the connector's watch does, and the leases it nudges."""
    await bench.later(5 * SECOND)
    health = ConnectorHealth(instance=SITE, executor=bench.desk.executors[SITE], healthy=True, seen_at=bench.now)
    seen = Sweep(health=health, began_at=bench.now, owned=dict(await bench.site.owned()))
    order = await bench.write(lambda tx: compare(tx, bench.desk, seen, bench.now))
    await bench.carry(lease(bench).key)
    return order


async def test_a_zone_whose_clock_is_off_was_seen_when_our_clock_says_so(bench: Bench) -> None:
    wrong = bench.now + timedelta(days=1)
    health = ConnectorHealth(instance=SITE, executor=bench.desk.executors[SITE], healthy=True, seen_at=wrong)
    await bench.write(lambda tx: compare(tx, bench.desk, Sweep(health=health, began_at=bench.now), bench.now))
    remembered = bench.read(lambda tx: tx.connectors.get(SITE))
    assert remembered is not None
    assert remembered.seen_at == bench.now


async def lifted(bench: Bench) -> Lease:
    bench.site.others.lift(lease(bench).owner)
    await sweep(bench)
    return lease(bench)


def paged(bench: Bench, kind: str = "lifted") -> list[Page]:
    return [page for page in bench.read(lambda tx: tx.pages.all()) if page.kind == kind]


async def announce(bench: Bench, by: str = "tom", ticket: str = "CHG-17", name: str | None = None) -> Lease:
    person, now, target = bench.person(by), bench.now, name or lease(bench).id
    return await bench.write(lambda tx: announce_lift(tx, person, target, ticket, "moved to the new firewall", now))


async def test_lifted_once_it_is_put_back_and_people_are_paged(bench: Bench) -> None:
    await in_force(bench)
    assert (await lifted(bench)).state == "active"
    assert await bench.standing() == ["network.block_ip"]
    [page] = paged(bench)
    assert page.text.endswith(
        "was lifted by somebody else; it is put back once: whoever may want it lifted releases it"
    )


async def test_lifted_twice_it_is_given_up_and_the_page_says_so(bench: Bench) -> None:
    request = await in_force(bench)
    await lifted(bench)
    assert (await lifted(bench)).state == "surrendered"
    assert (bench.request(request.id).state, await bench.standing()) == ("ended", [])
    [page] = paged(bench)
    assert page.text.endswith("was lifted by somebody else and is given up")


def edited(bench: Bench, old: str, new: str) -> None:
    """Go on under the demo's policy with something else in it."""
    policy = parse_policy(DEMO.read_text().replace(old, new, 1), "demo.yaml", bench.desk.specs)
    bench.parts = replace(bench.parts, desk=replace(bench.desk, policy=policy))


async def test_whom_policy_denies_it_by_now_gives_up_nobody_else_s_share(bench: Bench, beacon: Finding) -> None:
    incident = await bench.feed(beacon)
    other = await bench.ask("anna", target=bench.requests(incident, "network.block_ip")[-1].target)
    await bench.respond(other.incident_id)
    forbidden = (
        "{id: off, kind: forbid, actions: [network.block_ip], when: finding.present, because: the detector is off}"
    )
    edited(bench, "\nrules:\n", f"\nrules:\n  - {forbidden}\n")
    assert (await lifted(bench)).state == "active"
    assert (bench.request(other.id).state, await bench.standing()) == ("held", ["network.block_ip"])


async def test_released_while_it_is_put_back_it_is_given_up_and_the_page_says_so(bench: Bench) -> None:
    await in_force(bench)
    bench.site.others.lift(lease(bench).owner)
    gone = lease(bench).model_copy(update={"drift": "our element is not there any more"})
    await bench.write(lambda tx: tx.leases.save(gone, before=gone.state))
    await bench.write(lambda tx: LeasePath(tx, bench.desk, gone.key, bench.now).advance(None))
    await released(bench, bench.person("anna"))
    await bench.carry(gone.key)
    assert (lease(bench).state, await bench.standing()) == ("surrendered", [])
    [page] = paged(bench)
    assert page.text.endswith("was lifted by somebody else and is given up")


async def test_given_up_it_calls_those_that_wait_for_it(bench: Bench) -> None:
    under(bench, "on_drift: surrender")
    await in_force(bench)
    waiting = lease(bench)
    other = await bench.ask(target="203.0.113.8")
    await bench.respond(other.incident_id)
    first = lease(bench).model_copy(update={"before": (waiting.id,)})
    await bench.write(lambda tx: tx.leases.save(first, before=first.state))
    told = bench.read(lambda tx: tx.outbox.pending(100))
    await bench.write(lambda tx: tx.outbox.delivered([nudge.id for nudge in told]))
    assert (await lifted(bench)).state == "surrendered"
    assert waiting.key in [nudge.workflow_id for nudge in bench.read(lambda tx: tx.outbox.pending(100))]


@pytest.mark.parametrize("meddle", ["lift", "alter"])
async def test_where_policy_says_so_it_is_given_up_at_once(bench: Bench, meddle: str) -> None:
    under(bench, "on_drift: surrender")
    await in_force(bench)
    getattr(bench.site.others, meddle)(lease(bench).owner)
    await sweep(bench)
    assert (lease(bench).state, lease(bench).reapplied, await bench.standing()) == ("surrendered", 0, [])
    assert len(paged(bench)) == 1


async def test_given_up_and_not_to_be_taken_back_it_pages_as_stuck_until_it_is_gone(bench: Bench) -> None:
    under(bench, "on_drift: surrender")
    await in_force(bench)
    bench.site.others.alter(lease(bench).owner)
    bench.site.faults.switch_on(FaultKind.RELEASE_FAILS, ANY_ACTION)
    await sweep(bench)
    for _ in range(6):
        await bench.later(60 * SECOND)
        await bench.carry(lease(bench).key)
    assert (lease(bench).state, await bench.standing()) == ("drifted", ["network.block_ip"])
    [page] = paged(bench, "stuck-release")
    assert (page.times, page.text[:47]) == (1, "release of network.block_ip on 203.0.113.7 is s")
    assert await bench.write(lambda tx: settle(tx, bench.now)) == []
    bench.site.faults.clear()
    await bench.later(60 * SECOND)
    await bench.carry(lease(bench).key)
    assert (lease(bench).state, await bench.standing()) == ("surrendered", [])
    assert [over.about for over in await bench.write(lambda tx: settle(tx, bench.now))] == [page.about]


async def test_altered_it_has_its_effect_again(bench: Bench) -> None:
    await in_force(bench)
    bench.site.others.alter(lease(bench).owner)
    await sweep(bench)
    [element] = (await bench.site.owned()).values()
    assert (lease(bench).state, element["effective"]) == ("active", True)


@pytest.mark.parametrize(
    ("terms", "again"),
    [
        ("spread: 0.0", 30.0),
        ("look_every: 10s", 10.0),
        ("look_every: 10m", 30.0),
        ("drift: [{id: b, actions: [network.block_ip], look_every: 2s, because: b}]", 2.0),
        ("drift: [{id: b, actions: [host.isolate], look_every: 2s, because: b}]", 30.0),
    ],
)
async def test_the_next_look_comes_as_soon_as_policy_wants_for_what_stands(
    bench: Bench, terms: str, again: float
) -> None:
    under(bench, terms)
    await in_force(bench)
    assert (await sweep(bench)).again_in_s == again


@pytest.mark.parametrize(("terms", "looks"), [("spread: 0.0", []), ("look_every: 10s", [f"watch/{SITE}"])])
async def test_what_is_to_be_looked_at_more_often_is_looked_at_as_soon_as_it_stands(
    bench: Bench, terms: str, looks: list[str]
) -> None:
    under(bench, terms)
    await in_force(bench)
    nudges = bench.read(lambda tx: tx.outbox.pending(100))
    assert [nudge.workflow_id for nudge in nudges if nudge.workflow_id.startswith("watch/")] == looks


async def test_a_lift_announced_with_its_ticket_wins_and_nobody_is_paged(bench: Bench) -> None:
    request = await in_force(bench)
    await announce(bench)
    assert (await lifted(bench)).state == "surrendered"
    assert (bench.request(request.id).outcome, paged(bench)) == ("CHG-17: moved to the new firewall", [])
    [entry] = bench.entries("lease.lift_announced")
    assert (entry.actor, entry.body["ticket"]) == ("tom", "CHG-17")


async def test_announced_and_not_done_it_is_no_open_door(bench: Bench) -> None:
    await in_force(bench)
    announced = await announce(bench)
    assert announced.lift_until == bench.now + ANNOUNCED_FOR
    over = announced.model_copy(update={"lift_until": bench.now})
    await bench.write(lambda tx: tx.leases.save(over, before=over.state))
    assert ((await lifted(bench)).state, len(paged(bench))) == ("active", 1)


async def test_a_lift_is_announced_by_a_person_with_a_ticket_for_what_stands(bench: Bench) -> None:
    request = await in_force(bench)
    with pytest.raises(Denied, match="is not allowed to do this: it takes responder"):
        await announce(bench, by="siem-bot")
    program = bench.person("tom").model_copy(update={"bot": True})
    with pytest.raises(Denied, match="is a bot, and a lift by hand is announced by a person"):
        await bench.write(lambda tx: announce_lift(tx, program, lease(bench).id, "CHG-17", "cleaned", bench.now))
    with pytest.raises(InvalidInput, match="with its ticket and a reason"):
        await announce(bench, ticket=" ")
    with pytest.raises(NotFound, match="there is no lease `L-9999`"):
        await announce(bench, name="L-9999")
    await released(bench, bench.person("anna"))
    await bench.carry(key_of(request))
    with pytest.raises(Denied, match="there is nothing to lift"):
        await announce(bench)


async def released(bench: Bench, by: Principal) -> Lease:
    return await bench.write(lambda tx: release_lease(tx, by, lease(bench).id, "it is fine", bench.now))


def release(tx: Tx, bench: Bench, by: Principal, held: Lease, incident: str) -> object:
    return release_lease(tx, by, held.id, "it is fine", bench.now)


def announcing(tx: Tx, bench: Bench, by: Principal, held: Lease, incident: str) -> object:
    return announce_lift(tx, by, held.id, "CHG-17", "it is fine", bench.now)


def clearing(tx: Tx, bench: Bench, by: Principal, held: Lease, incident: str) -> object:
    return give_verdict(tx, by, incident, VerdictKind.FALSE_POSITIVE, "it was me", bench.now)


@pytest.mark.parametrize("door", [release, announcing, clearing], ids=lambda door: door.__name__)
async def test_no_identity_of_the_incident_lifts_what_it_holds(
    bench: Bench, takeover: Finding, door: Callable[[Tx, Bench, Principal, Lease, str], object]
) -> None:
    incident = await bench.feed(takeover)
    assert takeover.source is not None
    account = next(end.user for end in (takeover.source, takeover.destination) if end and end.user)
    insider = bench.person("anna").model_copy(update={"accounts": (account.upper(),)})
    held = lease(bench)
    with pytest.raises(Denied, match=f"{incident} is about an account of `anna`"):
        await bench.write(lambda tx: door(tx, bench, insider, held, incident))
    assert held.id in [one.id for one in bench.read(lambda tx: tx.leases.live())]
    await bench.write(lambda tx: door(tx, bench, bench.person("anna"), held, incident))


async def test_an_effect_that_no_lease_knows_is_told_once_while_it_stands(bench: Bench) -> None:
    await in_force(bench)
    elements = dict(await bench.site.owned())

    async def swept(owned: dict[str, Json], healthy: bool = True) -> tuple[str, ...]:
        health = ConnectorHealth(instance=SITE, executor=bench.desk.executors[SITE], healthy=healthy, seen_at=bench.now)
        seen = Sweep(health=health, began_at=bench.now, owned=owned)
        return (await bench.write(lambda tx: compare(tx, bench.desk, seen, bench.now))).remove

    strange = elements | {"fl-lost": {"action": "network.block_ip"}}
    removed = [await swept(strange), await swept(strange), await swept({}, healthy=False), await swept(strange)]
    assert removed == [("fl-lost",), ("fl-lost",), (), ("fl-lost",)]
    assert [entry.body["owner"] for entry in bench.entries("orphan.found")] == ["fl-lost"]
    await swept(elements)
    await swept(strange)
    assert len(bench.entries("orphan.found")) == 2
