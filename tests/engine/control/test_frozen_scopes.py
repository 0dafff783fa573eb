"""What a freeze of one scope covers, and what it leaves alone."""

import pytest

from engine.errors import InvalidInput
from engine.model.finding import Finding
from engine.model.request import RequestState
from tests.bench import Bench
from tests.engine.control.test_freezing import frozen


@pytest.mark.parametrize(
    ("scope", "state"),
    [
        ("segment:servers", "denied"),
        ("segment:10.20.4.0/24", "denied"),
        ("segment:10.20.0.0/16", "denied"),
        ("segment:offices", "awaiting_approval"),
        ("segment:10.20.5.0/24", "awaiting_approval"),
        ("connector:sim", "denied"),
        ("action:network.block_ip", "denied"),
        ("action:host.isolate", "awaiting_approval"),
    ],
)
async def test_a_scope_covers_what_lies_in_it(bench: Bench, scope: str, state: str) -> None:
    bench.without_check("legitimate-flows")
    await frozen(bench, scope=scope)
    assert (await bench.ask(target="10.20.4.31")).state == state


async def test_a_host_is_in_the_segment_of_its_addresses(bench: Bench) -> None:
    bench.without_check("legitimate-flows")
    await frozen(bench, scope="segment:10.20.4.0/24")
    assert (await bench.ask(action="host.isolate", target="orders-api")).state == "denied"


@pytest.mark.parametrize(
    ("scope", "action", "target"),
    [
        ("target:files-02", "network.block_segment", "10.20.4.0/24"),
        ("target:203.0.113.7", "network.block_segment", "203.0.113.0/24"),
        ("target:203.0.113.0/24", "network.block_ip", "203.0.113.7"),
        ("target:FILES-02.", "network.block_ip", "10.20.4.17"),
        ("target:10.20.4.17", "host.isolate", "files-02"),
    ],
)
async def test_a_frozen_target_is_frozen_by_whichever_name_it_is_reached(
    bench: Bench, scope: str, action: str, target: str
) -> None:
    for check in ("legitimate-flows", "protected", "dependents"):
        bench.without_check(check)
    await frozen(bench, scope=scope)
    assert (await bench.ask(action=action, target=target)).outcome.startswith(f"frozen: {scope}")


async def test_a_frozen_target_leaves_its_neighbours_alone(bench: Bench) -> None:
    await frozen(bench, scope="target:203.0.113.7")
    assert (await bench.ask(target="203.0.113.8")).state is RequestState.AUTHORISED


async def test_a_segment_that_reaches_into_a_frozen_one_is_frozen(bench: Bench) -> None:
    bench.without_check("legitimate-flows")
    await frozen(bench, scope="segment:servers")
    asked = await bench.ask(action="network.block_segment", target="10.20.4.0/22")
    assert "frozen: segment:servers" in asked.outcome


async def test_a_detector_is_frozen_and_people_are_not(bench: Bench, beacon: Finding) -> None:
    await frozen(bench, scope=f"detector:{beacon.detector}")
    incident = await bench.feed(beacon)
    assert {request.state for request in bench.requests(incident, "network.block_ip")} == {RequestState.DENIED}
    assert (await bench.ask(target="203.0.113.99")).state is RequestState.AUTHORISED


@pytest.mark.parametrize("scope", ["segment:", "segment:serverz", "segments:servers"])
async def test_a_segment_nobody_knows_is_refused(bench: Bench, scope: str) -> None:
    with pytest.raises(InvalidInput):
        await frozen(bench, scope=scope)
