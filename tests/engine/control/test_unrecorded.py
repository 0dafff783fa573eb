"""Where nobody recorded traffic lately, people are asked what an effect would cut, or nothing is done."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.model.context import FlowCoverage
from engine.model.finding import Finding
from engine.model.request import Request
from engine.policy_file import parse_policy
from tests.bench import Bench

DEMO = Path(__file__).parents[3] / "policies" / "demo.yaml"
RULE = """
rules:
  - id: unrecorded-traffic
    kind: raise
    when: target.unrecorded
    to: 3
    because: nobody recorded lately what it would cut
"""


@pytest.fixture
def asking(bench: Bench) -> None:
    """The demo's policy, with the rule of the baseline."""
    policy = parse_policy(DEMO.read_text().replace("\nrules:\n", RULE, 1), "demo.yaml", bench.desk.specs)
    bench.parts = replace(bench.parts, desk=replace(bench.desk, policy=policy))


@pytest.fixture
def silent(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last flow was recorded three days ago."""

    def coverage(self: object, since: datetime, until: datetime) -> FlowCoverage:
        return FlowCoverage(days=15, recorded=12, newest=until - timedelta(days=3))

    monkeypatch.setattr(type(bench.desk.context), "flow_coverage", coverage)


async def block(bench: Bench, beacon: Finding) -> Request:
    """What becomes of a listed address."""
    incident = await bench.feed(beacon)
    [request] = bench.requests(incident, "network.block_ip")
    return request


async def test_people_are_asked_and_warned(bench: Bench, beacon: Finding, asking: None, silent: None) -> None:
    request = await block(bench, beacon)
    assert request.decision is not None
    assert (request.state, request.decision.tier) == ("awaiting_approval", 3)
    assert request.decision.facts["target.unrecorded"] is True
    [flows] = [check for check in request.checks if check.check == "legitimate-flows"]
    assert (flows.outcome, "nobody knows what it would cut" in flows.summary) == ("warn", True)


async def test_what_nobody_is_asked_about_is_not_done(bench: Bench, beacon: Finding, silent: None) -> None:
    request = await block(bench, beacon)
    assert (request.state, "nobody knows what it would cut" in request.outcome) == ("denied", True)
    assert await bench.standing() == []


async def test_while_traffic_is_recorded_it_acts_by_itself(bench: Bench, beacon: Finding, asking: None) -> None:
    request = await block(bench, beacon)
    assert request.decision is not None
    assert (request.state, request.decision.facts["target.unrecorded"]) == ("held", False)


async def test_what_cuts_nothing_is_not_asked_about(bench: Bench, asking: None, silent: None) -> None:
    request = await bench.ask(action="identity.revoke_sessions", target="jdoe")
    assert request.decision is not None
    assert request.decision.facts["target.unrecorded"] is False
