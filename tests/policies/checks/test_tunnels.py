"""Full-tunnel VPNs and proxies: as what many get through, and as the only way to a host."""

from collections.abc import Callable

import pytest

from engine.model.action import Impact
from engine.ports import Context, Subject
from policies.checks.full_tunnel import FullTunnel
from policies.checks.shared_exit import SharedExit

Make = Callable[..., Subject]
YES = {"tier": 4, "state": "authorised", "approved": True}


def spare(*peers: str) -> dict[str, object]:
    return {"spare": [{"peer": peer, "port": 443, "protocol": "tcp"} for peer in peers]}


@pytest.mark.parametrize(
    ("action", "target", "changes", "outcome"),
    [
        ("host.isolate", "vpn-01", {}, "block"),
        ("host.isolate", "vpn-01", {"tier": 3, "approved": True}, "block"),
        ("host.isolate", "vpn-01", {"tier": 4}, "warn"),
        ("host.isolate", "vpn-01", {"tier": 4, "state": "authorised"}, "block"),
        ("host.isolate", "vpn-01", YES, "warn"),
        ("network.block_ip", "10.9.2.70", {}, "block"),
        ("host.isolate", "proxy-01", {}, "block"),
        ("host.isolate", "odd-01", {}, "block"),
        ("host.isolate", "lap-01", {}, "pass"),
        ("network.block_segment", "10.9.2.0/24", {}, "block"),
        ("network.block_segment", "10.9.1.0/24", {}, "pass"),
        ("notify", "vpn-01", {}, "pass"),
    ],
)
def test_what_many_get_through(
    make: Make, hazardous: Context, action: str, target: str, changes: dict[str, object], outcome: str
) -> None:
    assert SharedExit().run(make(action, target, context=hazardous, **changes)).outcome == outcome


REMEDY = "instead end the one session that is meant at the VPN or proxy, or block the address beyond it"


@pytest.mark.parametrize(
    ("target", "changes", "summary"),
    [
        ("vpn-01", {}, f"vpn-01: a VPN or proxy for lap-01, lap-02, and needs tier 4, not 2; {REMEDY}"),
        ("proxy-01", {}, "proxy-01: a VPN or proxy for hosts that nobody has listed, and needs tier 4, not 2; "
         f"{REMEDY}"),
        ("odd-01", YES, "odd-01: a VPN or proxy for lap-03"),
    ],
)  # fmt: skip
def test_who_gets_through_it_is_named(
    make: Make, hazardous: Context, target: str, changes: dict[str, object], summary: str
) -> None:
    assert SharedExit().run(make("host.isolate", target, context=hazardous, **changes)).summary == summary


def test_at_tier_4_people_see_who_gets_through_it(make: Make, hazardous: Context) -> None:
    result = SharedExit().run(make("host.isolate", "vpn-01", context=hazardous, **YES))
    assert result.details == {"hosts": ["lap-01", "lap-02"]}


@pytest.mark.parametrize(
    ("action", "target", "params", "outcome"),
    [
        ("host.isolate", "lap-01", {}, "block"),
        ("host.isolate", "lap-01", spare("files-01"), "block"),
        ("host.isolate", "lap-01", spare("files-01", "vpn-01"), "pass"),
        ("host.isolate", "lap-01", spare("VPN-01"), "pass"),
        ("host.isolate", "lap-01", spare("10.9.2.70"), "pass"),
        ("host.isolate", "lap-02", spare("vpn-01"), "pass"),
        ("host.isolate", "lap-04", {}, "block"),
        ("host.isolate", "lap-04", spare("elsewhere.example"), "pass"),
        ("host.isolate", "ws-01", {}, "pass"),
        ("host.isolate", "nowhere", {}, "pass"),
        ("host.contain_ports", "lap-01", {}, "pass"),
        ("network.block_ip", "10.9.1.101", {}, "pass"),
        ("host.reimage", "lap-01", {}, "pass"),
        ("notify", "lap-01", {}, "pass"),
    ],
)
def test_the_only_way_to_a_host_at_any_tier(
    make: Make, hazardous: Context, action: str, target: str, params: dict[str, object], outcome: str
) -> None:
    assert FullTunnel().run(make(action, target, params=params, context=hazardous)).outcome == outcome
    assert FullTunnel().run(make(action, target, params=params, context=hazardous, **YES)).outcome == outcome


def test_what_changes_nothing_cuts_no_tunnel(make: Make, hazardous: Context) -> None:
    assert (
        FullTunnel().run(make("host.isolate", "lap-01", context=hazardous, spec={"impact": Impact.NONE})).outcome
        == "pass"
    )


def test_the_tunnel_is_named_with_the_remedy(make: Make, hazardous: Context) -> None:
    result = FullTunnel().run(make("host.isolate", "lap-01", context=hazardous))
    assert result.summary == (
        "`lap-01` is reached through its full tunnel to `vpn-01` alone, so no release could reach it; instead spare "
        "that tunnel, or end the session there"
    )
    assert result.details == {"tunnel": "vpn-01"}
