"""Roles of hosts on which others live, and the spellings by which an inventory may name them."""

from collections.abc import Mapping
from enum import StrEnum

from engine.model.context import Asset


class Part(StrEnum):
    """What goes down, for more than itself, where such a host is cut off."""

    GATEWAY = "gateway"
    RESOLVER = "resolver"
    DOMAIN_CONTROLLER = "domain-controller"
    DHCP = "dhcp"
    HYPERVISOR = "hypervisor"
    TUNNEL = "tunnel"
    OWN_PATH = "own-path"


SPELLINGS: Mapping[Part, frozenset[str]] = {
    Part.GATEWAY: frozenset({"gateway", "default-gateway", "router", "firewall"}),
    Part.RESOLVER: frozenset({"resolver", "dns", "dns-server", "dns-resolver"}),
    Part.DOMAIN_CONTROLLER: frozenset({"domain-controller", "dc", "directory-server", "ldap-server", "kdc"}),
    Part.DHCP: frozenset({"dhcp", "dhcp-server"}),
    Part.HYPERVISOR: frozenset({"hypervisor", "virtualisation-host", "virtualization-host", "vm-host"}),
    Part.TUNNEL: frozenset({"vpn", "vpn-gateway", "vpn-concentrator", "proxy", "web-proxy", "forward-proxy"}),
    Part.OWN_PATH: frozenset(
        {"siem", "sensor", "log-collector", "edr-console", "identity-provider", "secret-store", "pager", "chat-server"}
    ),
}
SPARED_LAST = frozenset({Part.RESOLVER, Part.DOMAIN_CONTROLLER, Part.DHCP})
"""Of these the last one is never cut off, so that another one of them frees the others."""
_PARTS = {spelling: part for part, spellings in SPELLINGS.items() for spelling in spellings}


def parts(asset: Asset) -> frozenset[Part]:
    """What this host is for others, by its roles."""
    return frozenset(_PARTS[role] for role in map(_spelled, asset.roles) if role in _PARTS)


def _spelled(role: str) -> str:
    return "-".join(role.lower().replace("_", " ").split())
