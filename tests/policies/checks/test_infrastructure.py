"""Resolvers, domain controllers and DHCP servers: never the last one, any other only with people's yes."""

from collections.abc import Callable

import pytest

from engine.model.check import CheckResult
from engine.ports import Context, Subject
from policies.checks.dhcp import Dhcp
from policies.checks.domain_controller import DomainController
from policies.checks.resolver import Resolver

Make = Callable[..., Subject]
HERE = [
    ("resolver", "ns-01", "10.9.2.53", "ns-02"),
    ("domain-controller", "dc-01", "10.9.2.11", "dc-02"),
    ("dhcp", "dhcp-01", "10.9.2.67", "dhcp-02"),
]


def run(part: str, subject: Subject) -> CheckResult:
    match part:
        case "resolver":
            return Resolver().run(subject)
        case "dhcp":
            return Dhcp().run(subject)
        case _:
            return DomainController().run(subject)


@pytest.mark.parametrize(("part", "host", "address", "other"), HERE)
@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"tier": 2}, "block"),
        ({"tier": 3}, "block"),
        ({"tier": 3, "approved": True}, "block"),
        ({"tier": 4}, "warn"),
        ({"tier": 4, "state": "authorised"}, "block"),
        ({"tier": 4, "state": "authorised", "approved": True}, "warn"),
    ],
)
def test_one_of_two_takes_two_people(
    make: Make, hazardous: Context, part: str, host: str, address: str, other: str,
    changes: dict[str, object], outcome: str,
) -> None:  # fmt: skip
    assert run(part, make("host.isolate", host, context=hazardous, **changes)).outcome == outcome
    assert run(part, make("network.block_ip", address, context=hazardous, **changes)).outcome == outcome


@pytest.mark.parametrize(("part", "host", "address", "other"), HERE)
def test_the_last_one_is_never_cut_off(
    make: Make, hazardous: Context, part: str, host: str, address: str, other: str
) -> None:
    changes = {"tier": 4, "state": "authorised", "approved": True, "context": hazardous}
    for standing in ({"in_force": (other,)}, {"cut_off": (other,)}):
        last = run(part, make("host.isolate", host, **standing, **changes))
        assert last.outcome == "block"
        assert last.summary.startswith(f"{host}: the last {part}: ")
    assert run(part, make("host.isolate", host, in_force=("ws-01",), **changes)).outcome == "warn"
    assert run(part, make("network.block_segment", "10.9.0.0/16", **changes)).outcome == "block"


@pytest.mark.parametrize(
    ("part", "action", "target", "params", "outcome"),
    [
        ("resolver", "network.block_segment", "10.9.2.0/24", {}, "block"),
        ("resolver", "network.block_segment", "10.9.3.0/24", {}, "pass"),
        ("resolver", "host.isolate", "ws-01", {}, "pass"),
        ("resolver", "host.contain_ports", "ns-01", {}, "pass"),
        ("resolver", "host.contain_ports", "ns-01", {"ports": [53]}, "block"),
        ("resolver", "host.contain_ports", "ns-01", {"ports": [80, 853]}, "block"),
        ("domain-controller", "host.contain_ports", "dc-01", {}, "block"),
        ("domain-controller", "host.contain_ports", "dc-01", {"ports": [3389]}, "pass"),
        *(("domain-controller", "host.contain_ports", "dc-01", {"ports": [port]}, "block")
          for port in (53, 88, 135, 389, 445, 464, 636, 3268, 3269)),
        ("dhcp", "host.contain_ports", "dhcp-01", {}, "pass"),
        ("dhcp", "host.contain_ports", "dhcp-01", {"ports": [67]}, "block"),
        ("dhcp", "host.contain_ports", "dhcp-01", {"ports": [547]}, "block"),
        ("resolver", "network.block_ip", "10.9.2.53", {"host": "10.9.1.21", "port": 53}, "pass"),
        ("resolver", "network.block_ip", "10.9.2.53", {"host": "10.9.1.21"}, "block"),
        ("resolver", "network.block_ip", "10.9.2.53", {"port": 53}, "block"),
        ("resolver", "network.block_ip", "203.0.113.44", {}, "pass"),
        ("resolver", "notify", "ns-01", {}, "pass"),
        ("resolver", "identity.disable_account", "j.doe", {}, "pass"),
    ],
)  # fmt: skip
def test_only_what_really_stops_it_counts(
    make: Make, hazardous: Context, part: str, action: str, target: str, params: dict[str, object], outcome: str
) -> None:
    assert run(part, make(action, target, params=params, context=hazardous)).outcome == outcome


@pytest.mark.parametrize(
    ("part", "host", "summary"),
    [
        ("resolver", "ns-01",
         "ns-01: a resolver, and needs tier 4, not 2: whoever asks it resolves no more names; instead block what the "
         "attacker asks it for, or the attacker's own address"),
        ("domain-controller", "dc-01",
         "dc-01: a domain-controller, and needs tier 4, not 2: whoever signs in through it cannot, responders among "
         "them; instead disable the accounts that are abused, or block the attacker's host towards it"),
        ("dhcp", "dhcp-01",
         "dhcp-01: a dhcp, and needs tier 4, not 2: hosts lose their addresses as their leases end, hours after the "
         "block; instead block the attacker's host towards it, or have another server take its ranges first"),
    ],
)  # fmt: skip
def test_it_names_the_fact_and_the_remedy(make: Make, hazardous: Context, part: str, host: str, summary: str) -> None:
    result = run(part, make("host.isolate", host, context=hazardous))
    assert (result.summary, result.details) == (summary, {"hosts": [host]})


def test_at_tier_4_people_are_told(make: Make, hazardous: Context) -> None:
    result = Resolver().run(make("host.isolate", "ns-01", tier=4, context=hazardous))
    assert result.summary == "ns-01: a resolver: whoever asks it resolves no more names"
    assert result.details == {"hosts": ["ns-01"]}
    unheard = Resolver().run(make("host.isolate", "ns-01", tier=4, state="authorised", context=hazardous))
    assert "nobody approved it" in unheard.summary
