"""At three quarters of its time an effect is decided again: kept within its ceiling, asked for, or left to end."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine.control.doors import give_verdict
from engine.control.freezing import freeze
from engine.control.moves import key_of
from engine.control.prolonging import ask_longer
from engine.model.action import ActionSpec
from engine.model.execution import Hold
from engine.model.finding import Finding, VerdictKind
from engine.model.lease import Holder, Lease
from engine.model.request import Request
from engine.policy_file import parse_policy
from tests.bench import Bench

DEMO = Path(__file__).parents[3] / "policies" / "demo.yaml"
SECOND = timedelta(seconds=1)
TERM = 20 * SECOND
CEILING = 300 * SECOND


class NoActions:
    """A catalogue from which every action is gone."""

    def get(self, action: str) -> ActionSpec | None:
        """None, whatever it is."""

    def all(self) -> Iterable[ActionSpec]:
        """Nothing."""
        return ()


def under(bench: Bench, terms: str, *changes: tuple[str, str]) -> None:
    """Have the demo's policy say this about leases."""
    text = DEMO.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    policy = parse_policy(f"{text}\nleases: {{{terms}}}\n", "demo.yaml", bench.desk.specs)
    bench.parts = replace(bench.parts, desk=replace(bench.desk, policy=policy))


@pytest.fixture
async def held(bench: Bench, beacon: Finding) -> Request:
    """A listed address, blocked by itself for 20 s; with the lease decided again after 15."""
    under(bench, "decide_again: 0.75")
    incident = await bench.feed(beacon)
    return bench.requests(incident, "network.block_ip")[0]


def lease_of(bench: Bench, request: Request) -> Lease:
    found = bench.read(lambda tx: tx.leases.latest(key_of(request)))
    assert found is not None
    return found


def share(bench: Bench, request: Request) -> Holder:
    found = bench.read(lambda tx: tx.holders.get(request.id))
    assert found is not None
    return found


async def pass_by(bench: Bench, request: Request, seconds: float) -> Lease:
    await bench.later(seconds * SECOND)
    await bench.carry(key_of(request))
    return lease_of(bench, request)


def answers(bench: Bench) -> list[object]:
    return [entry.body["answer"] for entry in bench.entries("lease.decided_again")]


async def test_the_lease_wakes_for_it_and_is_kept_for_another_term(bench: Bench, held: Request) -> None:
    began = lease_of(bench, held).active_at
    assert began is not None
    assert await bench.carry(key_of(held)) == Hold(until=began + 0.75 * TERM)

    lease = await pass_by(bench, held, 15)

    assert (lease.expires_at, answers(bench)) == (began + 2 * TERM, ["kept"])
    assert await bench.carry(key_of(held)) == Hold(until=began + 1.75 * TERM)


async def test_it_is_kept_up_to_its_ceiling_and_then_people_are_asked_once(bench: Bench, held: Request) -> None:
    began = lease_of(bench, held).active_at
    assert began is not None
    for seconds in (15, *[20] * 15):
        await pass_by(bench, held, seconds)
    assert answers(bench) == [*["kept"] * 14, "asked"]
    [asked] = [r for r in bench.requests(held.incident_id, "network.block_ip") if r.extends == held.id]
    assert asked.decision is not None
    assert (asked.decision.tier, asked.person, asked.decision.obligations.lease) == (3, False, TERM)
    assert share(bench, held).expires_at == began + CEILING
    assert lease_of(bench, held).state == "released"


async def test_without_the_section_everything_ends_as_it_was_decided(bench: Bench, beacon: Finding) -> None:
    incident = await bench.feed(beacon)
    [request] = bench.requests(incident, "network.block_ip")
    await pass_by(bench, request, 16)
    assert (await pass_by(bench, request, 5)).state == "released"
    assert answers(bench) == []


@pytest.mark.parametrize(
    ("kind", "kept"),
    [(VerdictKind.TRUE_POSITIVE, ["kept"]), (VerdictKind.TEST, []), (VerdictKind.FALSE_POSITIVE, [])],
)
async def test_only_what_nobody_refuted_is_kept(
    bench: Bench, held: Request, kind: VerdictKind, kept: list[str]
) -> None:
    anna = bench.person("anna")
    await bench.write(lambda tx: give_verdict(tx, anna, held.incident_id, kind, "looked", bench.now))
    await pass_by(bench, held, 15)
    assert answers(bench) == kept


async def test_what_a_check_stops_now_ends_as_it_was_to_end(bench: Bench, held: Request) -> None:
    who = bench.person("anna")
    await bench.write(
        lambda tx: freeze(tx, bench.desks(tx), who, "action:network.block_ip", "stop", 60 * SECOND, bench.now)
    )
    before = lease_of(bench, held).expires_at
    assert (await pass_by(bench, held, 15)).expires_at == before
    assert answers(bench) == ["ends"]
    assert (await pass_by(bench, held, 6)).state == "released"


async def test_what_no_action_does_any_more_ends_as_it_was_to_end(bench: Bench, held: Request) -> None:
    before = lease_of(bench, held).expires_at
    bench.parts = replace(bench.parts, desk=replace(bench.desk, specs=NoActions()))
    assert (await pass_by(bench, held, 15)).expires_at == before
    assert answers(bench) == ["ends"]
    assert (await pass_by(bench, held, 6)).state == "released"


async def test_at_a_higher_tier_people_are_asked(bench: Bench, held: Request) -> None:
    rule = "rules:\n  - {id: later, kind: raise, when: action.impact > 0, to: 4, because: it got worse}\n"
    under(bench, "decide_again: 0.75", ("rules:\n", rule))
    before = lease_of(bench, held).expires_at
    assert (await pass_by(bench, held, 15)).expires_at == before
    assert answers(bench) == ["asked"]
    [asked] = [r for r in bench.requests(held.incident_id, "network.block_ip") if r.extends == held.id]
    assert asked.decision is not None
    assert (asked.state, asked.decision.tier) == ("awaiting_approval", 4)
    assert "its incident is open" in asked.reason


async def test_what_people_agreed_to_is_never_longer_than_they_were_told(bench: Bench, exfiltration: Finding) -> None:
    under(bench, "decide_again: 0.75, spread: 0.1")
    incident = await bench.feed(exfiltration)
    isolation = bench.requests(incident, "host.isolate")[-1]
    for name in ("anna", "tom"):
        await bench.vote(isolation.id, name, digest=isolation.digest)
    await bench.settle(incident)
    lease, said = lease_of(bench, isolation), isolation.decision
    assert said is not None and lease.active_at is not None and lease.expires_at is not None
    assert lease.expires_at <= lease.active_at + said.obligations.lease

    await pass_by(bench, isolation, 12)

    assert lease_of(bench, isolation).expires_at == lease.expires_at
    assert answers(bench) == ["asked"]


async def test_what_a_person_wanted_for_so_long_ends_then(bench: Bench) -> None:
    under(bench, "decide_again: 0.75")
    request = await bench.ask(lease=TERM)
    await bench.respond(request.incident_id)
    await pass_by(bench, request, 16)
    assert (await pass_by(bench, request, 5)).state == "released"
    assert answers(bench) == []


async def test_nobody_is_asked_twice(bench: Bench, held: Request) -> None:
    lease, tom = lease_of(bench, held).id, bench.person("tom")
    rule = "rules:\n  - {id: later, kind: raise, when: action.impact > 0, to: 3, because: it got worse}\n"
    under(bench, "decide_again: 0.75", ("rules:\n", rule))
    await bench.write(lambda tx: ask_longer(tx, bench.desks(tx), tom, lease, 60 * SECOND, "not over", bench.now))
    await pass_by(bench, held, 15)
    assert answers(bench) == []
    assert len([r for r in bench.requests(held.incident_id, "network.block_ip") if r.extends]) == 1


async def test_ends_are_spread_within_the_ceiling_where_nobody_named_a_length(bench: Bench) -> None:
    under(bench, "spread: 0.25")
    lasting = []
    for number in range(1, 9):
        request = await bench.ask(target=f"203.0.113.{number}")
        await bench.respond(request.incident_id)
        lease = lease_of(bench, request)
        assert lease.expires_at is not None and lease.active_at is not None
        lasting.append((lease.expires_at - lease.active_at) / TERM)
    assert len(set(lasting)) == 8
    assert 0.75 <= min(lasting) < 1 < max(lasting) <= 1.25
