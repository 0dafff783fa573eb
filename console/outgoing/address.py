"""Where a message may go: the addresses behind a host are looked at once, and the connection goes to one of those.

Rules: 1. Where a cloud answers with the keys of this machine is never spoken to: link-local addresses, and those that
some clouds have elsewhere; nor are multicast and unspecified ones. 2. A name never leads to this host or into reserved
space: whoever owns the name would have us speak to what listens here without a login. An address that the settings
spell out is meant. 3. One address of a name that is out of bounds puts the whole name out of bounds. 4. What hides in
a mapped or translated address counts. 5. A resolver that does not answer holds up names and nothing else.
"""

import asyncio
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from engine.errors import TargetRefused, TargetUnavailable

Address = IPv4Address | IPv6Address
TRANSLATED = IPv6Network("64:ff9b::/96")
"""NAT64 (RFC 6052): the last four bytes are the IPv4 address that is meant."""
NAMES = ThreadPoolExecutor(4, thread_name_prefix="names")
"""Rule 5: a look-up cannot be called off, and would keep a thread that reads and writes need."""

OF_CLOUDS = frozenset(map(ip_address, ("fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192")))
"""Of Amazon, Alibaba, Azure and Oracle, for machines there."""


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, all of them within bounds; raise `TargetRefused` where one is not."""
    addresses = [host] if _is_address(host) else await _looked_up(host, port)
    require_within_bounds(host, addresses)
    return addresses


async def _looked_up(host: str, port: int) -> list[str]:
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        found = await asyncio.get_running_loop().run_in_executor(NAMES, look_up)
    except (OSError, UnicodeError) as error:
        raise TargetUnavailable(f"{host} has no address: {type(error).__name__}") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def require_within_bounds(host: str, addresses: Iterable[str]) -> None:
    """Raise `TargetRefused` where one of these is out of bounds for this host as it is written."""
    for text in addresses:
        address = ip_address(text.partition("%")[0])
        if any(_is_out_of_bounds(one, is_spelled_out=_is_address(host)) for one in (address, _meant(address))):
            raise TargetRefused(f"{host} leads to {text}, where no message of ours belongs")


def _is_out_of_bounds(address: Address, *, is_spelled_out: bool) -> bool:
    if address in OF_CLOUDS or address.is_link_local or address.is_multicast or address.is_unspecified:
        return True
    return not is_spelled_out and (address.is_loopback or address.is_reserved)


def _meant(address: Address) -> Address:
    """Rule 4."""
    if isinstance(address, IPv4Address):
        return address
    if address in TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
