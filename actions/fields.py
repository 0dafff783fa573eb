"""The types of fields in parameters: whatever passes them is safe to hand to any connector.

Rules: 1. an address or network carries no scope id, for that is free text. 2. A name has a closed alphabet and begins
with a letter or digit, so it is never an option, a path or a quoted string. 3. Text that people read has no control
characters but the line break.
"""

from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from engine.context.places import place, spelling
from engine.model.action import Spare
from engine.model.base import Text
from engine.ports import Address, Network

WIDEST_PREFIX = {4: 8, 6: 32}
"""No block is wider than this, whoever approves it."""

BROADCAST = IPv4Address("255.255.255.255")


def _one_host(address: Address) -> Address:
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise ValueError("an address has no scope here")
    reached = address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
    if reached.is_unspecified or reached.is_loopback or reached.is_multicast or reached == BROADCAST:
        raise ValueError("not the address of one host")
    return reached


def _several_hosts(network: Network) -> Network:
    found = place(str(network))
    if not isinstance(found, Network):
        raise ValueError("one address is no segment")
    if found.prefixlen < WIDEST_PREFIX[found.version]:
        raise ValueError(f"wider than /{WIDEST_PREFIX[found.version]}")
    return found


def _printable(text: str) -> str:
    return "".join(letter if letter == "\n" or letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


class Transport(StrEnum):
    """Protocols that have ports."""

    TCP = "tcp"
    UDP = "udp"


HostAddress = Annotated[IPv4Address | IPv6Address, AfterValidator(_one_host)]
"""The address of one host; an IPv4-mapped IPv6 address is the IPv4 one it reaches."""

Segment = Annotated[IPv4Network | IPv6Network, AfterValidator(_several_hosts)]
"""A network of more than one address, and no wider than `WIDEST_PREFIX`."""

HostName = Annotated[
    str,
    StringConstraints(
        to_lower=True, strip_whitespace=True, pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$"
    ),
]
"""A host as the inventory calls it."""

Peer = Annotated[
    str,
    StringConstraints(to_lower=True, pattern=r"^[A-Za-z0-9:]([A-Za-z0-9.:_-]{0,251}[A-Za-z0-9:])?$"),
    AfterValidator(spelling),
]
"""A host name or an address, in the spelling under which they are compared."""

Account = Annotated[
    str, StringConstraints(to_lower=True, strip_whitespace=True, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.@$+-]{0,254}$")
]
"""An account as the directory calls it; directories do not tell upper from lower case."""

Domain = Annotated[
    str,
    StringConstraints(to_lower=True, strip_whitespace=True, max_length=254),
    AfterValidator(lambda text: text.removesuffix(".")),
    StringConstraints(pattern=r"^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$"),
]
"""A domain of two labels or more (RFC 1035, with the underscore that many use), and no address."""

MessageId = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[!-,.-~][!-~]{0,997}$")]
"""A Message-ID (RFC 5322 3.6.4), whose case matters."""

Port = Annotated[int, Field(ge=1, le=65535)]


class SparedFlow(Spare):
    """A spared flow whose peer and protocol are safe to hand on."""

    peer: Peer
    protocol: Transport = Transport.TCP


Spares = Annotated[tuple[SparedFlow, ...], Field(max_length=64)]
"""Flows left alone; the peer is the other end, seen from the target."""

Ports = Annotated[tuple[Port, ...], Field(min_length=1, max_length=64)]

PlainText = Annotated[Text, AfterValidator(_printable)]
"""Text for people: what does not print is replaced, so that it cannot steer a terminal."""

Subject = Annotated[PlainText, StringConstraints(min_length=1, max_length=512)]
"""What a record is about."""
