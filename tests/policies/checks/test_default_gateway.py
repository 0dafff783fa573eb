"""A default gateway is never cut off, but for a blocked segment's own."""

from collections.abc import Callable

import pytest

from engine.ports import Context, Subject
from policies.checks.default_gateway import DefaultGateway

Make = Callable[..., Subject]


@pytest.mark.parametrize(
    ("action", "target", "params", "outcome"),
    [
        ("host.isolate", "core-01", {}, "block"),
        ("network.block_ip", "10.9.2.1", {}, "block"),
        ("network.block_ip", "10.9.4.1", {}, "block"),
        ("network.block_ip", "10.9.4.1", {"host": "10.9.1.21", "port": 22}, "pass"),
        ("network.block_ip", "10.9.4.2", {}, "pass"),
        ("host.isolate", "lab-gw", {}, "block"),
        ("host.isolate", "far-gw", {}, "block"),
        ("host.isolate", "ws-01", {}, "pass"),
        ("network.block_segment", "10.9.3.0/24", {}, "pass"),
        ("network.block_segment", "10.9.2.0/24", {}, "block"),
        ("network.block_segment", "10.9.0.0/16", {}, "pass"),
        ("notify", "core-01", {}, "pass"),
        ("identity.disable_account", "j.doe", {}, "pass"),
    ],
)
def test_outcome_at_any_tier(
    make: Make, hazardous: Context, action: str, target: str, params: dict[str, object], outcome: str
) -> None:
    asked = {"params": params, "context": hazardous, "state": "authorised"}
    assert DefaultGateway().run(make(action, target, tier=4, approved=True, **asked)).outcome == outcome
    assert DefaultGateway().run(make(action, target, tier=2, **asked)).outcome == outcome


@pytest.mark.parametrize(
    ("action", "target", "summary"),
    [
        ("host.isolate", "core-01", "core-01: the default gateway of offices, servers; instead block the address "
         "beyond it, or isolate the host behind it"),
        ("network.block_segment", "10.9.2.0/24", "core-01: the default gateway of others; instead block the address "
         "beyond it, or isolate the host behind it"),
    ],
)  # fmt: skip
def test_it_names_the_fact_and_the_remedy(
    make: Make, hazardous: Context, action: str, target: str, summary: str
) -> None:
    assert DefaultGateway().run(make(action, target, tier=4, context=hazardous)).summary == summary
