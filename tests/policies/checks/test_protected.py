"""Nothing protected is touched below tier 4, or before people approved it."""

from collections.abc import Callable

import pytest

from engine.ports import Subject
from policies.checks.protected import Protected

Make = Callable[..., Subject]


@pytest.mark.parametrize(
    ("action", "target", "changes", "outcome"),
    [
        ("host.isolate", "files-02", {}, "pass"),
        ("host.isolate", "bkp-02", {"tier": 3}, "block"),
        ("host.isolate", "bkp-02", {"tier": 3, "approved": True}, "block"),
        ("host.isolate", "bkp-02", {"tier": 4}, "pass"),
        ("host.isolate", "bkp-02", {"tier": 4, "state": "awaiting_approval"}, "pass"),
        ("host.isolate", "bkp-02", {"tier": 4, "state": "authorised"}, "block"),
        ("host.isolate", "bkp-02", {"tier": 4, "state": "authorised", "approved": True}, "pass"),
        ("network.block_ip", "10.20.1.11", {"tier": 3}, "block"),
        ("network.block_ip", "10.20.16.200", {"tier": 3}, "pass"),
        ("network.block_segment", "10.20.4.0/24", {"tier": 3}, "block"),
        ("network.block_segment", "10.20.4.0/24", {"tier": 4}, "pass"),
        ("network.block_segment", "10.20.64.0/24", {"tier": 3}, "pass"),
        ("identity.disable_account", "glass-01", {"tier": 3}, "block"),
        ("identity.disable_account", "j.baker", {"tier": 2}, "pass"),
        ("notify", "dc-01", {"tier": 0}, "pass"),
    ],
)
def test_outcome(make: Make, action: str, target: str, changes: dict[str, object], outcome: str) -> None:
    assert Protected().run(make(action, target, **changes)).outcome == outcome


def test_what_is_protected_is_named(make: Make) -> None:
    result = Protected().run(make("network.block_segment", "10.20.4.0/24", tier=3))
    assert result.summary == "protected, and tier 3: bkp-02"


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"tier": 3}, "block"),
        ({"tier": 4}, "pass"),
        ({"tier": 4, "state": "authorised"}, "block"),
        ({"tier": 4, "state": "authorised", "approved": True}, "pass"),
    ],
)
def test_what_the_policy_protects_is_protected_too(make: Make, changes: dict[str, object], outcome: str) -> None:
    result = Protected().run(make(**changes, protected=("`payroll` protected by pay: salaries",)))
    assert result.outcome == outcome
    assert "`payroll` protected by pay: salaries" in result.summary
