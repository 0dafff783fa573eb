"""People see what else would go down, and whose it is."""

from collections.abc import Callable

import pytest

from engine.ports import Subject
from policies.checks.dependents import Dependents

Make = Callable[..., Subject]


@pytest.mark.parametrize(
    ("action", "target", "outcome"),
    [
        ("host.isolate", "files-02", "warn"),
        ("network.block_ip", "10.20.4.17", "warn"),
        ("network.block_segment", "10.20.4.0/24", "warn"),
        ("network.block_segment", "10.20.64.0/24", "pass"),
        ("host.isolate", "ws-114", "pass"),
        ("network.block_ip", "203.0.113.44", "pass"),
        ("identity.disable_account", "j.baker", "pass"),
        ("notify", "files-02", "pass"),
    ],
)
def test_outcome(make: Make, action: str, target: str, outcome: str) -> None:
    assert Dependents().run(make(action, target)).outcome == outcome


def test_services_owners_and_share_are_told(make: Make) -> None:
    result = Dependents().run(make())
    assert result.summary == "would cut off billing, orders-api (owners: db-owners, finance, orders-owners)"
    assert result.details == {
        "services": ["invoices", "orders", "orders-db"],
        "owners": ["db-owners", "finance", "orders-owners"],
        "dependents": ["billing", "orders-api"],
        "share": {"hosts": 1, "of": 19},
    }


def test_what_is_cut_off_anyway_is_no_dependent(make: Make) -> None:
    result = Dependents().run(make("network.block_segment", "10.20.4.0/24"))
    assert result.details["dependents"] == ["ws-114", "ws-127"]
