"""Wanting an effect with other parameters: decided anew on the union, which comes into force beside what stands."""

from datetime import timedelta

import pytest

from actions.host_isolate import IsolateParams
from actions.network_block_ip import BlockIpParams
from engine.control.moves import key_of
from engine.model.base import Json
from engine.model.lease import Lease, LeaseState
from engine.model.request import Request
from tests.bench import Bench

TARGET = "203.0.113.7"
SECOND = timedelta(seconds=1)


async def asked(bench: Bench, by: str = "tom", lease: timedelta = 20 * SECOND, **params: str | int) -> Request:
    """A request, carried on as far as it goes by itself; as it was last asked."""
    request = await bench.ask(by, "network.block_ip", TARGET, lease, **params)
    await bench.respond(request.incident_id)
    await bench.respond(request.incident_id)
    return bench.requests(request.incident_id, "network.block_ip")[-1]


def live(bench: Bench) -> list[Lease]:
    return list(bench.read(lambda tx: tx.leases.live()))


async def test_the_union_is_decided_and_stands_beside_what_stood(bench: Bench) -> None:
    narrow = await asked(bench, port=443)
    [first] = live(bench)
    wide = await asked(bench, "anna", port=22)

    [stopped, again] = bench.requests(wide.incident_id, "network.block_ip")
    assert (stopped.state, "decided anew on both" in stopped.outcome) == ("blocked", True)
    assert (again.supersedes, again.widens, again.state) == (stopped.id, first.id, "held")
    assert (again.params["port"], again.params["target"]) == (None, TARGET)
    assert again.difference == (f"{first.id} is in force with other parameters: decided anew on both together",)
    assert [lease.params["port"] for lease in live(bench)] == [443, None]
    assert bench.request(narrow.id).state == "held"
    assert len(await bench.standing()) == 2


async def test_each_ends_with_its_own_holders(bench: Bench) -> None:
    narrow = await asked(bench, lease=60 * SECOND, port=443)
    wide = await asked(bench, "anna", lease=10 * SECOND)
    await bench.later(11 * SECOND)
    for request in (narrow, wide):
        await bench.carry(key_of(request))
    assert [bench.request(r.id).state for r in (narrow, wide)] == ["held", "ended"]
    assert [lease.params["port"] for lease in live(bench)] == [443]
    await bench.later(60 * SECOND)
    await bench.carry(key_of(narrow))
    assert await bench.standing() == []


async def test_what_the_effect_covers_already_is_joined_after_its_own_decision(bench: Bench) -> None:
    await asked(bench)
    joined = await asked(bench, "anna", port=443)
    [lease] = live(bench)
    assert (joined.state, joined.widens, joined.params, joined.lease_id) == ("held", None, lease.params, lease.id)
    assert len(bench.entries("request.cleared")) == 2


async def test_a_third_joins_the_wider_one(bench: Bench) -> None:
    await asked(bench, port=443)
    second, third = await asked(bench, "anna", port=22), await asked(bench, "tom", port=80)
    assert (second.state, third.state) == ("held", "held")
    assert second.lease_id == third.lease_id
    assert len(live(bench)) == 2


async def test_a_wider_effect_that_takes_approval_waits_for_it(bench: Bench) -> None:
    inside = "10.20.16.114"
    narrow = await bench.ask("tom", target=inside, host="10.20.16.127", port=443)
    await bench.respond(narrow.incident_id)
    wide = await bench.ask("anna", target=inside, host="10.20.16.127", port=22)
    await bench.respond(wide.incident_id)
    again = bench.requests(wide.incident_id, "network.block_ip")[-1]
    assert again.decision is not None
    assert (again.state, again.decision.tier, again.params["port"]) == ("awaiting_approval", 3, None)
    assert [lease.params["port"] for lease in live(bench)] == [443]


async def test_where_no_union_is_known_it_fails_and_says_so(bench: Bench) -> None:
    narrow = await asked(bench, port=443)
    [lease] = live(bench)
    other = lease.model_copy(update={"action_version": "0"})
    await bench.write(lambda tx: tx.leases.save(other, LeaseState.ACTIVE))
    failed = await asked(bench, "anna", port=22)
    assert (failed.state, "no effect is known that would cover both" in failed.outcome) == ("failed", True)
    assert bench.request(narrow.id).state == "held"


SPARE: Json = {"peer": "10.0.0.1", "port": 53, "protocol": "udp"}


@pytest.mark.parametrize(
    ("one", "other", "union"),
    [
        ({"port": 443}, {"port": 443}, {"port": 443}),
        ({"port": 443}, {"port": 22}, {}),
        ({"port": 53}, {"port": 53, "protocol": "udp"}, {}),
        ({"host": "10.0.0.1", "port": 22}, {"host": "10.0.0.1"}, {"host": "10.0.0.1"}),
        ({"host": "10.0.0.1"}, {"host": "10.0.0.2"}, {}),
        ({"spare": [SPARE]}, {}, {}),
        ({"spare": [SPARE]}, {"spare": [SPARE], "port": 22}, {"spare": [SPARE]}),
    ],
)
def test_the_union_of_two_blocks(one: Json, other: Json, union: Json) -> None:
    first, second, both = (BlockIpParams.model_validate({"target": TARGET, **params}) for params in (one, other, union))
    assert first.union(second) == both
    assert second.union(first) == both


def test_the_union_of_two_isolations_spares_what_both_spare() -> None:
    one = IsolateParams.model_validate({"target": "ws-1", "spare": [SPARE, {**SPARE, "port": 54}]})
    other = IsolateParams.model_validate({"target": "ws-1", "spare": [SPARE]})
    assert one.union(other) == other
    assert one.union(other.model_copy(update={"target": "ws-2"})) is None
