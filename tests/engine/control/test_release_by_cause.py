"""Releasing what one cause put in force: what is shown goes in order, and what others hold stays."""

from collections.abc import Collection
from datetime import timedelta

import pytest

from actions.simulators.faults import FaultKind
from console.cli.simulation import SITE
from engine.control.causes import parse_cause
from engine.control.doors import extend_lease
from engine.control.drain import drain
from engine.control.moves import key_of
from engine.control.release_by_cause import Preview, preview, release_by_cause
from engine.errors import Denied, FirelineError, InvalidInput
from engine.model.execution import Hold
from engine.model.finding import Finding
from engine.model.lease import Lease
from tests.bench import Bench

SECOND = timedelta(seconds=1)


def shown(bench: Bench, cause: str) -> Preview:
    return bench.read(lambda tx: preview(tx, bench.desks(tx), parse_cause(cause)))


async def released(
    bench: Bench, cause: str, requests: Collection[str] | None = None, by: str = "tom", reason: str = "a bad model"
) -> Preview:
    seen = shown(bench, cause).requests if requests is None else requests
    who, named = bench.person(by), parse_cause(cause)
    return await bench.write(lambda tx: release_by_cause(tx, bench.desks(tx), who, named, seen, reason, bench.now))


def lease_on(bench: Bench, target: str) -> Lease:
    [found] = [lease for lease in bench.read(lambda tx: tx.leases.all()) if lease.target == target]
    return found


async def test_a_cause_is_found_by_each_of_its_names(bench: Bench, beacon: Finding) -> None:
    incident = await bench.feed(beacon)
    [request] = bench.requests(incident, "network.block_ip")
    assert request.decision is not None
    run = bench.read(lambda tx: tx.runs.get(request.run_id or ""))
    assert run is not None
    names = (
        f"detector:{beacon.detector}", f"detector:{beacon.detector}@{beacon.detector_version}",
        f"playbook:{run.playbook}", f"playbook:{run.signature}", f"policy:{request.decision.policy}",
        f"policy:{request.decision.policy_digest[:8]}", f"policy:{request.decision.rules[0]}",
        f"indicator:{request.target}", f"incident:{incident}",
    )  # fmt: skip
    assert {name: request.id in shown(bench, name).requests for name in names} == dict.fromkeys(names, True)
    others = (
        f"detector:{beacon.detector}@0", "detector:dns.tunnel", "playbook:other", f"playbook:{run.playbook}@99",
        "policy:abcdef01", "policy:a", "indicator:198.51.100.1", "incident:INC-9999",
    )  # fmt: skip
    assert {name: shown(bench, name).effects for name in others} == dict.fromkeys(others, ())


@pytest.mark.parametrize("text", ["", "detector", "detector:", "model:x", "detector: "])
def test_what_names_no_cause_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="unknown cause"):
        parse_cause(text)


async def test_a_preview_changes_nothing_and_what_it_shows_is_released(bench: Bench, beacon: Finding) -> None:
    incident = await bench.feed(beacon)
    before = bench.read(lambda tx: tx.leases.live())
    assert [effect.lease_id for effect in shown(bench, f"incident:{incident}").effects] == [one.id for one in before]
    assert bench.read(lambda tx: tx.leases.live()) == before

    await released(bench, f"detector:{beacon.detector}")
    await bench.settle(incident)

    assert await bench.standing() == []
    [entry] = bench.entries("release.by_cause")
    assert (entry.subject, entry.actor) == (f"cause/detector:{beacon.detector}", "tom")


async def test_what_another_incident_holds_stays(bench: Bench) -> None:
    first, second = await bench.ask("tom", target="203.0.113.7"), await bench.ask("anna", target="203.0.113.7")
    for request in (first, second):
        await bench.respond(request.incident_id)
    [effect] = shown(bench, f"incident:{first.incident_id}").effects
    assert (effect.requests, effect.kept_for) == ((first.id,), (second.incident_id,))

    await released(bench, f"incident:{first.incident_id}")
    await bench.carry(key_of(first))

    assert [bench.request(r.id).state for r in (first, second)] == ["vetoed", "held"]
    assert await bench.standing() == ["network.block_ip"]


async def test_what_came_after_the_preview_stays(bench: Bench) -> None:
    early = await bench.ask(target="203.0.113.1")
    await bench.respond(early.incident_id)
    seen = shown(bench, "policy:demo").requests
    late = await bench.ask(target="203.0.113.2")
    await bench.respond(late.incident_id)

    await released(bench, "policy:demo", seen)
    await bench.settle(early.incident_id)

    assert [bench.request(r.id).state for r in (early, late)] == ["vetoed", "held"]


async def three(bench: Bench) -> list[Lease]:
    """Three effects of one incident, in the order in which they came into force."""
    targets = ("203.0.113.1", "203.0.113.2", "203.0.113.3")
    incident = ""
    for target in targets:
        asked = await bench.ask(target=target)
        incident = incident or asked.incident_id
        await bench.respond(asked.incident_id)
    for lease in bench.read(lambda tx: tx.leases.live()):
        holder = bench.read(lambda tx, lease=lease: tx.holders.of(lease.id))[0]  # type: ignore[misc]
        request = bench.request(holder.request_id).model_copy(update={"incident_id": incident})
        await bench.write(lambda tx, request=request: tx.requests.save(request, request.state))  # type: ignore[misc]
    return [lease_on(bench, target) for target in targets]


async def test_the_latest_goes_first_and_the_others_wait_for_it(bench: Bench) -> None:
    first, second, third = await three(bench)
    order = await released(bench, "policy:demo")
    assert [effect.lease_id for effect in order.effects] == [third.id, second.id, first.id]
    assert [effect.after for effect in order.effects] == [(), (third.id,), (third.id, second.id)]

    assert isinstance(await bench.carry(first.key), Hold)
    assert isinstance(await bench.carry(second.key), Hold)
    assert len(await bench.standing()) == 3
    await bench.carry(third.key)
    assert isinstance(await bench.carry(first.key), Hold)
    await bench.carry(second.key)
    await bench.carry(first.key)
    assert await bench.standing() == []


async def test_those_after_it_are_called_when_it_is_over(bench: Bench) -> None:
    first, _, third = await three(bench)
    await released(bench, "policy:demo")
    await bench.write(lambda tx: tx.outbox.delivered([row[0] for row in tx.outbox.pending(100)]))
    await bench.carry(third.key)
    assert first.key in {row[2] for row in bench.read(lambda tx: tx.outbox.pending(100))}


async def test_one_that_is_stuck_blocks_nothing_else(bench: Bench) -> None:
    first, second, third = await three(bench)
    await released(bench, "policy:demo")
    bench.site.faults.switch_on(FaultKind.RELEASE_FAILS, "network.block_ip")
    await bench.carry(third.key)
    assert lease_on(bench, third.target).state == "stuck"
    bench.site.faults.clear()
    await bench.carry(second.key)
    await bench.carry(first.key)
    assert await bench.standing() == ["network.block_ip"]


async def test_nothing_waits_beyond_its_own_end_nor_for_ever(bench: Bench) -> None:
    first, second, _ = await three(bench)
    await released(bench, "policy:demo")
    hold = await bench.carry(second.key)
    assert isinstance(hold, Hold)
    await bench.later(timedelta(minutes=2))
    await bench.carry(second.key)
    assert lease_on(bench, second.target).state == "released"
    order = await bench.write(lambda tx: drain(tx, bench.desks(tx), SITE, (), bench.now))
    assert first.target in {work.target for work in order.works}


async def test_what_has_leave_and_is_not_in_force_yet_is_stopped(bench: Bench) -> None:
    request = await bench.ask()
    assert request.state == "authorised"
    await released(bench, "policy:demo", [request.id])
    await bench.respond(request.incident_id)
    assert (bench.request(request.id).state, bench.request(request.id).outcome) == ("blocked", "release: a bad model")
    assert await bench.standing() == []


async def test_a_share_released_by_cause_cannot_be_extended_any_more(bench: Bench) -> None:
    request = await bench.ask()
    await bench.respond(request.incident_id)
    await released(bench, "policy:demo")
    lease = lease_on(bench, request.target)
    with pytest.raises(Denied, match="about to be released"):
        await bench.write(lambda tx: extend_lease(tx, bench.person("tom"), lease.id, SECOND, "not over", bench.now))


@pytest.mark.parametrize(
    ("by", "reason", "error", "said"),
    [("lena", "why", Denied, "takes responder"), ("tom", " ", InvalidInput, "a reason is needed")],
)
async def test_it_needs_a_responder_and_a_reason(
    bench: Bench, by: str, reason: str, error: type[FirelineError], said: str
) -> None:
    with pytest.raises(error, match=said):
        await released(bench, "policy:demo", by=by, reason=reason)
