"""What would be decided: the same answer as the real path, and nothing is left of the question."""

import pytest

from engine.control.hypothetical import parse_params, suppose
from engine.errors import InvalidInput
from engine.model.finding import Finding
from tests.bench import Bench


async def test_it_decides_as_the_path_does(bench: Bench, beacon: Finding) -> None:
    supposed = bench.read(
        lambda tx: suppose(tx, bench.desk, beacon, "network.block_ip", "198.51.100.23", {}, bench.now)
    )
    incident = await bench.feed(beacon)
    real = bench.requests(incident, "network.block_ip")[0]
    assert real.decision is not None
    assert (supposed.decision.tier, supposed.decision.effect) == (real.decision.tier, real.decision.effect)
    assert supposed.decision.rules == real.decision.rules


async def test_nothing_is_left_of_it(bench: Bench, beacon: Finding) -> None:
    bench.read(lambda tx: suppose(tx, bench.desk, beacon, "network.block_ip", "198.51.100.23", {}, bench.now))
    assert bench.read(lambda tx: tx.findings.get(beacon.id)) is None
    assert bench.read(lambda tx: tx.requests.all()) == []
    assert bench.entries("request.requested") == []


async def test_without_a_finding_it_is_a_person_s_question(bench: Bench) -> None:
    seen = bench.read(lambda tx: suppose(tx, bench.desk, None, "network.block_ip", "198.51.100.23", {}, bench.now))
    assert seen.decision.facts["request.person"] is True
    assert seen.decision.tier == 2


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"port": "many"}, "parameter `port`: input should be a valid integer"),
        ({"spare": [{"peer": "x", "port": 0}]}, "parameter `spare.0.port`: input should be greater than"),
        ({"colour": "red"}, "parameter `colour`: extra inputs are not permitted"),
    ],
)
async def test_a_wrong_parameter_is_named_as_it_was_typed(bench: Bench, params: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        parse_params(bench.desk.specs, "network.block_ip", "203.0.113.7", {**params})


async def test_an_address_that_is_none_is_said_in_one_short_line(bench: Bench) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_params(bench.desk.specs, "network.block_ip", "elsewhere", {})
    assert str(refused.value) == "parameter `target`: input is not a valid IPv4 address"
