"""What merely runs on a host goes down with it."""

from collections.abc import Callable

import pytest

from engine.ports import Context, Subject
from policies.checks.hypervisor import Hypervisor

Make = Callable[..., Subject]
YES = {"tier": 4, "state": "authorised", "approved": True}


@pytest.mark.parametrize(
    ("action", "target", "changes", "outcome"),
    [
        ("host.isolate", "hv-01", {}, "block"),
        ("host.isolate", "hv-01", {"tier": 3, "approved": True}, "block"),
        ("host.isolate", "hv-01", {"tier": 4}, "warn"),
        ("host.isolate", "hv-01", {"tier": 4, "state": "authorised"}, "block"),
        ("host.isolate", "hv-01", YES, "warn"),
        ("network.block_ip", "10.9.2.40", {}, "block"),
        ("host.isolate", "hv-02", YES, "block"),
        ("host.isolate", "hv-04", YES, "block"),
        ("host.isolate", "hv-03", {}, "block"),
        ("host.isolate", "web-01", {}, "pass"),
        ("network.block_segment", "10.9.2.0/24", {}, "block"),
        ("network.block_segment", "10.9.3.0/24", {}, "pass"),
        ("notify", "hv-01", {}, "pass"),
    ],
)
def test_outcome(
    make: Make, hazardous: Context, action: str, target: str, changes: dict[str, object], outcome: str
) -> None:
    assert Hypervisor().run(make(action, target, context=hazardous, **changes)).outcome == outcome


REMEDY = "instead isolate the one machine on it that is meant, or move the others away first"


@pytest.mark.parametrize(
    ("target", "changes", "summary"),
    [
        ("hv-01", {}, f"hv-01: a hypervisor under web-01, web-02, and needs tier 4, not 2; {REMEDY}"),
        ("hv-02", YES, f"hv-02: a hypervisor under vault-01, which nobody may touch; {REMEDY}"),
        ("hv-03", {}, f"hv-03: a hypervisor under machines that nobody has listed, and needs tier 4, not 2; {REMEDY}"),
        ("hv-01", YES, "hv-01: a hypervisor under web-01, web-02"),
    ],
)
def test_it_names_the_fact_and_the_remedy(
    make: Make, hazardous: Context, target: str, changes: dict[str, object], summary: str
) -> None:
    assert Hypervisor().run(make("host.isolate", target, context=hazardous, **changes)).summary == summary


def test_at_tier_4_people_see_what_runs_on_it(make: Make, hazardous: Context) -> None:
    result = Hypervisor().run(make("host.isolate", "hv-01", context=hazardous, **YES))
    assert result.details == {"guests": ["web-01", "web-02"]}
