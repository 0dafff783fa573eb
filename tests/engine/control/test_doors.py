"""What people ask for directly, by whom, and what each refusal says."""

from datetime import timedelta

import pytest

from engine.control.doors import extend_lease, give_verdict, release_lease
from engine.control.freezing import freeze, unfreeze
from engine.errors import Denied, FirelineError, InvalidInput, NotFound
from engine.model.finding import Finding, VerdictKind
from engine.model.lease import Lease
from tests.bench import Bench

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def lease(bench: Bench) -> Lease:
    """A block in force for 20 s, asked for by a responder."""
    request = await bench.ask()
    await bench.respond(request.incident_id)
    return bench.read(lambda tx: tx.leases.live())[0]


async def released(bench: Bench, lease: Lease, by: str = "anna", reason: str = "it is ours") -> None:
    await bench.write(lambda tx: release_lease(tx, bench.person(by), lease.id, reason, bench.now))
    await bench.carry(lease.key)


async def extended(bench: Bench, lease: Lease, by: timedelta, reason: str = "not over yet") -> Lease:
    return await bench.write(lambda tx: extend_lease(tx, bench.person("tom"), lease.id, by, reason, bench.now))


async def frozen(bench: Bench, scope: str = "global", lasts: timedelta | None = None, by: str = "anna") -> timedelta:
    """How long it is frozen from now."""
    made = await bench.write(lambda tx: freeze(tx, bench.desk, bench.person(by), scope, "", lasts, bench.now))
    assert made.freeze.until is not None
    return made.freeze.until - bench.now


async def test_a_request_in_person_is_theirs_and_carries_no_confidence(bench: Bench) -> None:
    request = await bench.ask("tom")
    assert (request.requester, request.person, request.finding_id) == ("tom", True, None)
    assert request.decision is not None
    assert request.decision.facts["finding.present"] is False
    assert request.decision.tier == 2


@pytest.mark.parametrize(
    ("by", "action", "target", "lease", "params", "error", "said"),
    [
        ("lena", "network.block_ip", "203.0.113.7", None, {}, Denied, "takes responder"),
        ("tom", "network.blok_ip", "203.0.113.7", None, {}, InvalidInput, "no action `network.blok_ip`"),
        ("tom", "network.block_ip", "elsewhere", None, {}, InvalidInput, "parameter `target`"),
        ("tom", "network.block_ip", "203.0.113.7", None, {"colour": "red"}, InvalidInput, "parameter `colour`"),
        ("tom", "network.block_ip", "203.0.113.7", timedelta(0), {}, InvalidInput, "longer than nothing"),
    ],
)
async def test_a_request_that_cannot_be_is_refused_whole(
    bench: Bench, by: str, action: str, target: str, lease: timedelta | None, params: dict[str, str],
    error: type[FirelineError], said: str,
) -> None:  # fmt: skip
    with pytest.raises(error, match=said):
        await bench.ask(by, action, target, lease, **params)
    assert bench.read(lambda tx: tx.incidents.all()) == []
    assert bench.entries("request.requested") == []


async def test_a_lease_asked_for_longer_than_the_ceiling_ends_at_the_ceiling(bench: Bench) -> None:
    request = await bench.ask(lease=timedelta(days=30))
    await bench.respond(request.incident_id)
    lease = bench.read(lambda tx: tx.leases.live())[0]
    assert lease.expires_at is not None
    assert lease.active_at is not None
    assert lease.expires_at - lease.active_at == 5 * MINUTE


async def test_an_analyst_vetoes_a_tier_two_action(bench: Bench, lease: Lease) -> None:
    await released(bench, lease)
    assert bench.request(lease.committed).state == "vetoed"
    assert bench.read(lambda tx: tx.leases.get(lease.id)).state == "released"  # type: ignore[union-attr]
    assert await bench.standing() == []


async def test_a_release_needs_somebody_a_reason_and_something_in_force(bench: Bench, lease: Lease) -> None:
    with pytest.raises(Denied, match="`lena`"):
        await released(bench, lease, by="lena")
    with pytest.raises(InvalidInput, match="a reason is needed"):
        await released(bench, lease, reason=" ")
    await released(bench, lease)
    with pytest.raises(Denied, match="is released"):
        await released(bench, lease)


async def test_an_extension_moves_the_end_within_the_ceiling(bench: Bench, lease: Lease) -> None:
    assert lease.expires_at is not None
    assert (await extended(bench, lease, MINUTE)).expires_at == lease.expires_at + MINUTE
    with pytest.raises(Denied, match="at the longest"):
        await extended(bench, lease, 5 * MINUTE)
    with pytest.raises(InvalidInput, match="longer than nothing"):
        await extended(bench, lease, timedelta(0))


async def test_what_is_about_to_be_released_cannot_be_extended(bench: Bench, lease: Lease) -> None:
    await bench.write(lambda tx: release_lease(tx, bench.person("anna"), lease.id, "ours", bench.now))
    with pytest.raises(Denied, match="about to be released"):
        await extended(bench, lease, MINUTE)


async def test_what_is_released_cannot_be_extended_and_that_is_said(bench: Bench, lease: Lease) -> None:
    await released(bench, lease)
    with pytest.raises(Denied, match="is released: only an effect in force"):
        await extended(bench, lease, MINUTE)


async def judged(bench: Bench, by: str) -> None:
    incident = bench.read(lambda tx: tx.incidents.all())[0].id
    await bench.write(lambda tx: give_verdict(tx, bench.person(by), incident, VerdictKind.TEST, "seen", bench.now))


@pytest.mark.parametrize("by", ["samir", "lena"])
async def test_an_incident_is_not_judged_by_who_is_no_analyst(bench: Bench, lease: Lease, by: str) -> None:
    with pytest.raises(Denied, match="takes analyst"):
        await judged(bench, by)


@pytest.mark.parametrize("by", ["anna", "admin"])
async def test_an_incident_is_judged_by_analysts_and_the_administrator(bench: Bench, lease: Lease, by: str) -> None:
    await judged(bench, by)
    assert [entry.actor for entry in bench.entries("incident.verdict")] == [by]


async def test_what_does_not_exist_is_not_found(bench: Bench) -> None:
    tom, now = bench.person("tom"), bench.now
    with pytest.raises(NotFound, match="L-9999"):
        await bench.write(lambda tx: extend_lease(tx, tom, "L-9999", MINUTE, "why", now))
    with pytest.raises(NotFound, match="L-9999"):
        await bench.write(lambda tx: release_lease(tx, tom, "L-9999", "why", now))
    with pytest.raises(NotFound, match="INC-9999"):
        await bench.write(lambda tx: give_verdict(tx, tom, "INC-9999", VerdictKind.TEST, "why", now))


async def test_a_false_positive_withdraws_what_is_asked_and_releases_what_is_held(
    bench: Bench, exfiltration: Finding
) -> None:
    incident = await bench.feed(exfiltration)
    assert await bench.standing() == ["network.block_ip"]
    anna, kind = bench.person("anna"), VerdictKind.FALSE_POSITIVE
    await bench.write(lambda tx: give_verdict(tx, anna, incident, kind, "a backup test", bench.now))
    await bench.settle(incident)
    assert {r.state for r in bench.read(lambda tx: tx.requests.of(incident))} == {"denied", "withdrawn"}
    assert await bench.standing() == []


async def test_one_person_freezes_for_an_hour_at_most_and_without_a_reason(bench: Bench) -> None:
    assert await frozen(bench) == 60 * MINUTE
    assert await frozen(bench, "target:files-02", 120 * MINUTE) == 60 * MINUTE
    assert await frozen(bench, "connector:sim", 5 * MINUTE) == 5 * MINUTE


async def test_a_second_freeze_of_a_scope_never_shortens_the_first(bench: Bench) -> None:
    await frozen(bench)
    assert await frozen(bench, lasts=MINUTE, by="tom") == 60 * MINUTE


async def test_one_person_alone_keeps_a_scope_frozen_for_an_hour_however_often_they_freeze_it(bench: Bench) -> None:
    await frozen(bench)
    await bench.later(50 * MINUTE)
    assert await frozen(bench) == 10 * MINUTE
    await bench.later(5 * MINUTE)
    assert await frozen(bench) == 5 * MINUTE
    assert await frozen(bench, by="tom") == 60 * MINUTE


async def test_when_the_hour_is_over_it_takes_somebody_else_or_another_day(bench: Bench) -> None:
    await frozen(bench)
    for _ in range(23):
        await bench.later(60 * MINUTE)
        with pytest.raises(Denied, match="`anna` has frozen `global`, or what reaches into it, alone for an hour"):
            await frozen(bench)
    assert (await bench.ask()).state == "authorised"
    assert await frozen(bench, by="tom") == 60 * MINUTE
    await bench.later(60 * MINUTE)
    assert await frozen(bench) == 60 * MINUTE


async def test_whose_hour_is_over_is_the_second_whom_a_longer_freeze_takes(bench: Bench) -> None:
    await frozen(bench)
    await bench.later(120 * MINUTE)
    await frozen(bench, lasts=240 * MINUTE, by="tom")
    assert await frozen(bench, lasts=240 * MINUTE) == 240 * MINUTE


@pytest.mark.parametrize(
    ("first", "then", "meets"),
    [
        ("global", "target:files-02", True),
        ("connector:sim", "global", True),
        ("segment:10.20.4.0/24", "segment:10.20.0.0/16", True),
        ("target:10.20.4.17", "segment:10.20.4.0/24", True),
        ("target:FILES-02", "target:files-02.", True),
        ("detector:dns@1", "detector:dns", True),
        ("segment:10.20.4.0/24", "segment:10.20.5.0/24", False),
        ("target:files-02", "target:files-03", False),
        ("action:network.block_ip", "action:host.isolate", False),
        ("connector:sim", "target:files-02", False),
    ],
)
async def test_the_hour_is_one_for_all_scopes_that_reach_into_each_other(
    bench: Bench, first: str, then: str, meets: bool
) -> None:
    await frozen(bench, first)
    await bench.later(45 * MINUTE)
    assert await frozen(bench, then) == (15 if meets else 60) * MINUTE


async def test_lifting_a_freeze_in_between_gains_its_setter_no_second_hour_and_loses_them_nothing(bench: Bench) -> None:
    await frozen(bench)
    await bench.later(10 * MINUTE)
    await bench.write(lambda tx: unfreeze(tx, bench.person("anna"), "global", "", bench.now))
    await bench.later(300 * MINUTE)
    assert await frozen(bench) == 50 * MINUTE
    await bench.later(50 * MINUTE)
    with pytest.raises(Denied):
        await frozen(bench)


@pytest.mark.parametrize("scope", ["", "everything", "action:network.blok_ip", "connector:fw-9", "target:", "host:x"])
async def test_a_freeze_that_would_stop_nothing_is_refused(bench: Bench, scope: str) -> None:
    with pytest.raises(InvalidInput):
        await frozen(bench, scope)
    with pytest.raises(InvalidInput, match="longer than nothing"):
        await frozen(bench, lasts=timedelta(0))


async def test_a_freeze_stops_what_has_not_begun_and_no_release(bench: Bench, lease: Lease) -> None:
    waiting = await bench.ask(target="203.0.113.8")
    await frozen(bench)
    await bench.respond(waiting.incident_id)
    assert bench.request(waiting.id).state == "blocked"
    assert (await bench.ask(target="203.0.113.9")).state == "denied"
    await bench.later(MINUTE)
    await bench.carry(lease.key)
    assert await bench.standing() == []


async def test_a_freeze_is_lifted_by_a_responder_once(bench: Bench) -> None:
    await frozen(bench)
    lena, tom, now = bench.person("lena"), bench.person("tom"), bench.now
    with pytest.raises(Denied, match="`lena`"):
        await bench.write(lambda tx: unfreeze(tx, lena, "global", "", now))
    await bench.write(lambda tx: unfreeze(tx, tom, "global", "over", now))
    with pytest.raises(NotFound, match="nothing is frozen"):
        await bench.write(lambda tx: unfreeze(tx, tom, "global", "over", now))
    assert (await bench.ask()).state == "authorised"
