"""An address that several hosts have is not blocked unawares."""

from collections.abc import Callable

import pytest

from engine.context.file import ContextFile
from engine.context.static import StaticContext
from engine.model.action import Impact
from engine.model.context import Asset, Criticality
from engine.ports import Context, Subject
from policies.checks.shared_address import SharedAddress

Make = Callable[..., Subject]
YES = {"tier": 4, "state": "authorised", "approved": True}


@pytest.mark.parametrize(
    ("action", "target", "params", "changes", "outcome"),
    [
        ("network.block_ip", "10.9.2.80", {}, {}, "warn"),
        ("network.block_ip", "10.9.2.80", {}, YES, "warn"),
        ("network.block_ip", "10.9.2.80", {"host": "10.9.1.21", "port": 443}, {}, "pass"),
        ("network.block_ip", "10.9.2.81", {}, {}, "pass"),
        ("network.block_ip", "10.9.2.90", {}, {}, "block"),
        ("network.block_ip", "10.9.2.90", {}, {"tier": 3, "approved": True}, "block"),
        ("network.block_ip", "10.9.2.90", {}, {"tier": 4}, "warn"),
        ("network.block_ip", "10.9.2.90", {}, {"tier": 4, "state": "authorised"}, "block"),
        ("network.block_ip", "10.9.2.90", {}, YES, "warn"),
        ("network.block_ip", "10.9.2.91", {}, YES, "block"),
        ("network.block_ip", "10.9.2.92", {}, YES, "block"),
        ("network.block_ip", "203.0.113.44", {}, {}, "pass"),
        ("host.isolate", "app-01", {}, {}, "pass"),
        ("host.isolate", "10.9.2.80", {}, {}, "pass"),
        ("notify", "10.9.2.80", {}, {}, "pass"),
    ],
)
def test_outcome(
    make: Make, hazardous: Context, action: str, target: str, params: dict[str, object],
    changes: dict[str, object], outcome: str,
) -> None:  # fmt: skip
    subject = make(action, target, params=params, context=hazardous, **changes)
    assert SharedAddress().run(subject).outcome == outcome


def test_what_changes_nothing_at_a_shared_address_is_no_hazard(make: Make, hazardous: Context) -> None:
    subject = make("network.block_ip", "10.9.2.80", context=hazardous, spec={"impact": Impact.NONE})
    assert SharedAddress().run(subject).outcome == "pass"


@pytest.mark.parametrize(
    ("target", "summary"),
    [
        ("10.9.2.80", "app-01, app-02 share this address; better narrow it to one host and port, or isolate the one "
         "host that is meant"),
        ("10.9.2.90", "pay-01, pay-02: share this address, pay-01 is protected and needs tier 4, not 2; instead narrow "
         "it to one host and port, or isolate the one host that is meant"),
        ("10.9.2.91", "key-01, key-02: share this address, and nobody may touch key-01; instead narrow it to one host "
         "and port, or isolate the one host that is meant"),
    ],
)  # fmt: skip
def test_it_names_the_fact_and_the_remedy(make: Make, hazardous: Context, target: str, summary: str) -> None:
    assert SharedAddress().run(make("network.block_ip", target, context=hazardous)).summary == summary


def test_the_hosts_it_warns_of_are_listed(make: Make, hazardous: Context) -> None:
    result = SharedAddress().run(make("network.block_ip", "10.9.2.80", context=hazardous))
    assert result.details == {"hosts": ["app-01", "app-02"]}


def test_a_criticality_nobody_protects_is_left_to_policy(make: Make) -> None:
    assets = [Asset(name=name, shares=("10.9.2.80",), criticality=Criticality.CRITICAL) for name in ("a", "b")]
    context = StaticContext(ContextFile(assets=tuple(assets)), {})
    assert SharedAddress().run(make("network.block_ip", "10.9.2.80", context=context)).outcome == "warn"
