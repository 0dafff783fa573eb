"""What we see and are reached through is never cut off, flagged or not."""

from collections.abc import Callable

import pytest

from engine.model.action import Impact
from engine.ports import Context, Subject
from policies.checks.own_path import OwnPath

Make = Callable[..., Subject]


@pytest.mark.parametrize(
    ("action", "target", "params", "outcome"),
    [
        ("host.isolate", "siem-01", {}, "block"),
        ("host.contain_ports", "siem-01", {}, "block"),
        ("host.isolate", "tap-01", {}, "block"),
        ("network.block_ip", "10.9.2.30", {}, "block"),
        ("network.block_ip", "10.9.2.30", {"host": "10.9.1.21", "port": 22}, "pass"),
        ("network.block_segment", "10.9.2.0/24", {}, "block"),
        ("network.block_segment", "10.9.9.0/24", {}, "block"),
        ("network.block_segment", "10.9.9.128/25", {}, "block"),
        ("network.block_segment", "10.9.3.0/24", {}, "pass"),
        ("network.block_ip", "10.9.9.7", {}, "pass"),
        ("host.isolate", "ws-01", {}, "pass"),
        ("notify", "siem-01", {}, "pass"),
        ("identity.disable_account", "j.doe", {}, "pass"),
    ],
)
def test_outcome_even_when_approved_at_tier_4(
    make: Make, hazardous: Context, action: str, target: str, params: dict[str, object], outcome: str
) -> None:
    asked = {"params": params, "context": hazardous, "tier": 4, "state": "authorised", "approved": True}
    assert OwnPath().run(make(action, target, **asked)).outcome == outcome


def test_what_changes_nothing_in_the_management_segment_passes(make: Make, hazardous: Context) -> None:
    subject = make("network.block_segment", "10.9.9.0/24", context=hazardous, spec={"impact": Impact.NONE})
    assert OwnPath().run(subject).outcome == "pass"


@pytest.mark.parametrize(
    ("action", "target", "summary"),
    [
        ("host.isolate", "siem-01", "siem-01: what tells us of attacks, or what people answer and stop us through; "
         "instead act on what talks to it, or have its owner act by hand"),
        ("network.block_segment", "10.9.9.0/24", "10.9.9.0/24: the segment that everything is managed through; instead "
         "act on what talks to it, or have its owner act by hand"),
    ],
)  # fmt: skip
def test_it_names_the_fact_and_the_remedy(
    make: Make, hazardous: Context, action: str, target: str, summary: str
) -> None:
    assert OwnPath().run(make(action, target, context=hazardous)).summary == summary
