"""One flow record, whoever wrote it, and how the values of any format are read.

A record is told by its ends' addresses as numbers (IPv4 in its IPv4-mapped form, RFC 4291 2.5.5.2), the port of the
service, the IANA number of the protocol, and when it ended. Readers raise `Unreadable` with the field that is wrong.
"""

from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple, Protocol

from engine.context.places import Place, bounds

MAPPED = 0xFFFF << 32
"""What precedes an IPv4 address in its IPv6 form."""
_MILLISECONDS = 1e11
"""A number of seconds this large would be the year 5138: it counts milliseconds."""
_LARGEST = 2**50
"""Bytes of one flow; a petabyte is a mistake, or somebody's wish to overflow a sum."""
_LONGEST = 60
"""Letters of an address, a zone behind `%` included; what is remembered of hostile files stays small."""
_LAST = 2**32 - 1

PROTOCOLS = {
    "icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "gre": 47, "esp": 50, "ah": 51, "ipv6-icmp": 58, "ospf": 89, "sctp": 132,
}  # fmt: skip
"""IANA protocol numbers by the names that sensors write."""
_SYNONYMS = {"icmp6": "ipv6-icmp", "icmpv6": "ipv6-icmp", "icmp-ipv6": "ipv6-icmp", "rtp": "udp", "rtcp": "udp"}
_NAMES = {number: name for name, number in PROTOCOLS.items()}
PORTLESS = frozenset({1, 2, 47, 50, 51, 58, 89})
"""Protocols whose ports, where a sensor writes some, are types and codes."""


class Record(NamedTuple):
    """A flow of `size` bytes, both directions together, that ended at `at` (seconds since 1970)."""

    source: int
    destination: int
    port: int
    protocol: int
    size: int
    at: int


class Unreadable(ValueError):
    """A value that is none; `field` names it as the file does."""

    def __init__(self, why: str, field: str = "") -> None:
        """Say what is wrong with the value of `field`."""
        super().__init__(why)
        self.field = field


class LineReader(Protocol):
    """Reads one file's lines in their order."""

    def read(self, line: str) -> Record | str:
        """The record in this line, or why it holds none of ours (empty for what is no record at all)."""


@lru_cache(maxsize=1 << 17)
def end(text: str, field: str) -> int:
    """An address as a number."""
    try:
        found = ip_address(text if len(text) <= _LONGEST else "")
    except ValueError:
        raise Unreadable(f"`{text[:60]}` is no address", field) from None
    return MAPPED | int(found) if isinstance(found, IPv4Address) else int(found)


def ends(found: Place) -> tuple[int, int]:
    """First and last of an address or network, as `end` counts them."""
    first, last = bounds(found)
    return (MAPPED | first, MAPPED | last) if found.version == 4 else (first, last)


def spelled(number: int) -> str:
    """The address that a number stands for, as everything is compared."""
    return str(IPv4Address(number & 0xFFFFFFFF) if number >> 32 == 0xFFFF else IPv6Address(number))


def amount(text: str, field: str) -> int:
    """A number of bytes or packets."""
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) > _LARGEST:
        raise Unreadable(f"`{text[:60]}` is no count", field)
    return int(text)


def port(text: str, field: str) -> int:
    """A port's number."""
    number = amount(text, field)
    if number > 65535:
        raise Unreadable(f"`{text}` is no port", field)
    return number


def protocol(text: str, field: str) -> int | None:
    """A protocol's number; None for what does not run over IP, such as ARP."""
    if text.isascii() and text.isdigit() and len(text) < 4 and int(text) < 256:
        return int(text)
    name = text.lower()
    if not name or len(name) > 30:
        raise Unreadable(f"`{text[:60]}` is no protocol", field)
    return PROTOCOLS.get(_SYNONYMS.get(name, name))


def protocol_name(number: int) -> str:
    """How a protocol is called."""
    return _NAMES.get(number, str(number))


def moment(text: str, field: str) -> int:
    """Seconds since 1970: as a number, in milliseconds too, or ISO 8601, in UTC where it says nothing else."""
    try:
        number = float(text) if text[:5].replace(".", "").isdigit() and "-" not in text else _instant(text)
        whole = int(number / 1000 if number > _MILLISECONDS else number)
    except (ValueError, OverflowError):
        raise Unreadable(f"`{text[:60]}` is no time", field) from None
    if not 0 <= whole <= _LAST:
        raise Unreadable(f"`{text[:60]}` is no time of ours", field)
    return whole


def _instant(text: str) -> float:
    found = datetime.fromisoformat(text.replace("/", "-"))
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
