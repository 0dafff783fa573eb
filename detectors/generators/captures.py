"""Made-up packets and captures: every layer, link type and container that the reader must understand.

Nothing here checks lengths: tests break what they like by slicing the bytes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from struct import pack
from typing import Literal

Order = Literal["<", ">"]

ETHERNET, RAW, COOKED, COOKED_V2, NULL, LOOP = 1, 101, 113, 276, 0, 108
UDP, TCP = 17, 6
FIN, SYN, PSH, ACK = 1, 2, 8, 16
NO_MACS = bytes(12)


@dataclass(frozen=True, slots=True)
class Ends:
    """Who speaks to whom; both addresses of one family."""

    source: str = "192.0.2.7"
    source_port: int = 40_000
    destination: str = "192.0.2.53"
    destination_port: int = 53

    def back(self) -> "Ends":
        """The other direction."""
        return Ends(self.destination, self.destination_port, self.source, self.source_port)


@dataclass(frozen=True, slots=True)
class Captured:
    """A packet as a capture holds it: nanoseconds, bytes, how much of them was kept, and on which interface."""

    time: int
    data: bytes
    kept: int | None = None
    interface: int = 0

    @property
    def held(self) -> bytes:
        """What the capture kept."""
        return self.data[: self.kept]


def udp(ends: Ends, payload: bytes) -> bytes:
    """A UDP datagram in an IP packet."""
    ports = pack(">HHHH", ends.source_port, ends.destination_port, 8 + len(payload), 0)
    return internet(ends, UDP, ports + payload)


def tcp(ends: Ends, seq: int, payload: bytes = b"", flags: int = ACK | PSH) -> bytes:
    """A TCP segment in an IP packet; `seq` is the number of its SYN or of its first byte."""
    header = pack(">HHIIBBHHH", ends.source_port, ends.destination_port, seq % (1 << 32), 0, 5 << 4, flags, 8192, 0, 0)
    return internet(ends, TCP, header + payload)


def internet(ends: Ends, protocol: int, body: bytes, *, fragment: int = 0, extensions: bytes = b"") -> bytes:
    """An IP packet. `fragment` is IPv4's flags-and-offset field; `extensions` are IPv6 headers already chained, the
    first byte of the chain being `protocol`.
    """
    source, destination = ip_address(ends.source), ip_address(ends.destination)
    if isinstance(source, IPv4Address):
        start = pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 1, fragment, 64, protocol, 0)
        return start + source.packed + destination.packed + body
    start = pack(">IHBB", 6 << 28, len(extensions) + len(body), protocol, 64)
    return start + source.packed + destination.packed + extensions + body


def ethernet(packet: bytes, *tags: int) -> bytes:
    """An Ethernet frame; each of `tags` is the EtherType of one VLAN tag, outermost first."""
    kind = 0x0800 if packet[0] >> 4 == 4 else 0x86DD
    return NO_MACS + b"".join(pack(">HH", tag, 7) for tag in tags) + pack(">H", kind) + packet


def linked(link: int, packet: bytes, order: Order = "<") -> bytes:
    """A packet under the header of a link type."""
    v4 = packet[0] >> 4 == 4
    kind = 0x0800 if v4 else 0x86DD
    match link:
        case 1:
            return ethernet(packet)
        case 113:
            return pack(">HHH8sH", 0, 1, 6, bytes(8), kind) + packet
        case 276:
            return pack(">HHIHBB8s", kind, 0, 2, 1, 0, 6, bytes(8)) + packet
        case 0:
            return pack(f"{order}I", 2 if v4 else 30) + packet
        case 108:
            return pack(">I", 2 if v4 else 24) + packet
        case _:
            return packet


def pcap(packets: Iterable[Captured], link: int = ETHERNET, order: Order = "<", *, nanoseconds: bool = False) -> bytes:
    """A classic capture file."""
    magic, tick = (0xA1B23C4D, 1) if nanoseconds else (0xA1B2C3D4, 1000)
    parts = [pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 1 << 18, link)]
    for packet in packets:
        seconds, rest = divmod(packet.time, 1_000_000_000)
        parts.append(pack(f"{order}IIII", seconds, rest // tick, len(packet.held), len(packet.data)) + packet.held)
    return b"".join(parts)


def pcapng(packets: Iterable[Captured], links: Sequence[int] = (ETHERNET,), order: Order = "<") -> bytes:
    """One section of a pcapng file with an interface of nanosecond clock for each of `links`."""
    resolution = pack(f"{order}HHB3xHH", 9, 1, 9, 0, 0)
    parts = [block(0x0A0D0D0A, pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)]
    parts += [block(1, pack(f"{order}HHI", link, 0, 1 << 18) + resolution, order) for link in links]
    for packet in packets:
        time, held = packet.time, packet.held
        head = pack(f"{order}IIIII", packet.interface, time >> 32, time & 0xFFFFFFFF, len(held), len(packet.data))
        parts.append(block(6, head + held + bytes(-len(held) % 4), order))
    return b"".join(parts)


def block(kind: int, body: bytes, order: Order = "<") -> bytes:
    """One pcapng block around a padded body."""
    size = pack(f"{order}I", len(body) + 12)
    return pack(f"{order}I", kind) + size + body + size


def prefixed(message: bytes) -> bytes:
    """A message as DNS over TCP carries it."""
    return len(message).to_bytes(2, "big") + message
