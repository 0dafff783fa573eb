"""Addresses, networks and names in the one spelling under which everything is compared."""

from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network

from engine.ports import Address, Network

Place = Address | Network
"""Where something stands: one address, or a network of several."""

_MAPPED_BITS = 96
"""Bits before the IPv4 part of an IPv4-mapped IPv6 address (RFC 4291 2.5.5.2)."""


@lru_cache(maxsize=65536)
def place(text: str) -> Place | None:
    """The address or network that `text` writes, None for a name.

    A network of one address is that address; an IPv4-mapped IPv6 address or network is the IPv4 one it reaches.
    """
    try:
        return _unmapped(ip_address(text))
    except ValueError:
        pass
    try:
        return _network(ip_network(text, strict=False))
    except ValueError:
        return None


@lru_cache(maxsize=65536)
def spelling(text: str) -> str:
    """`text` as it is compared: compressed addresses, lower-case names without a final dot."""
    found = place(text)
    return text.lower().rstrip(".") if found is None else str(found)


def above(name: str) -> list[str]:
    """The domains that a name lies in, nearest first; a top-level domain alone is not among them."""
    labels = name.split(".")
    return [".".join(labels[at:]) for at in range(1, len(labels) - 1)]


def within(inner: Place, outer: Network) -> bool:
    """Whether all of `inner` lies in `outer`."""
    (first, last), (outer_first, outer_last) = bounds(inner), bounds(outer)
    return inner.version == outer.version and first >= outer_first and last <= outer_last


def overlap(one: Place, other: Place) -> bool:
    """Whether they share an address."""
    if isinstance(one, Address) and isinstance(other, Address):
        return one.version == other.version and int(one) == int(other)
    (first, last), (other_first, other_last) = bounds(one), bounds(other)
    return one.version == other.version and first <= other_last and other_first <= last


def bounds(found: Place) -> tuple[int, int]:
    """First and last address as numbers."""
    if isinstance(found, Address):
        return int(found), int(found)
    return int(found.network_address), int(found.broadcast_address)


def _unmapped(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _network(network: Network) -> Place:
    if network.num_addresses == 1:
        return _unmapped(network.network_address)
    if isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED_BITS and network[0].ipv4_mapped:
        return ip_network(f"{network[0].ipv4_mapped}/{network.prefixlen - _MAPPED_BITS}")
    return network
