"""From packets on port 53 to DNS messages: the pattern of each header as a column, the rest only when asked for."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address

import numpy as np
from numpy.typing import NDArray

from detectors.dns.capture import Batch
from detectors.dns.packets import DNS_PORT, TCP, UDP, Packets, dns_packets
from detectors.dns.skips import Skip
from detectors.dns.streams import HEADER, KEPT, Head, Segment, Streams
from detectors.dns.words import Column, Mask, Words

Patterns = NDArray[np.uint64]
"""Bytes 2 to 7 of each header as one number: flags, QDCOUNT, ANCOUNT. The transaction id is left out."""

PATTERN = np.uint64((1 << 48) - 1)
UDP_HEADER, TCP_HEADER = 8, 20
SYN = 0x02
V4_PAIR, V6_PAIR = 8, 32
"""Bytes of source and destination address together; they stand at 12 and 8 bytes into the IP header."""

Address = IPv4Address | IPv6Address


class Transport(StrEnum):
    """What carried the message."""

    UDP = "udp"
    TCP = "tcp"


@dataclass(frozen=True, slots=True)
class Ends:
    """Sender and receiver of a packet."""

    source: Address
    source_port: int
    destination: Address
    destination_port: int

    @classmethod
    def of(cls, key: bytes) -> "Ends":
        """Decode addresses and ports as they stood in the packet's headers, one behind the other."""
        half = (len(key) - 4) // 2
        address = IPv4Address if half * 2 == V4_PAIR else IPv6Address
        source_port, destination_port = int.from_bytes(key[-4:-2], "big"), int.from_bytes(key[-2:], "big")
        return cls(address(key[:half]), source_port, address(key[half:-4]), destination_port)

    @property
    def to_server(self) -> bool:
        """Whether it goes to port 53."""
        return self.destination_port == DNS_PORT


@dataclass(frozen=True, slots=True)
class Message:
    """One message as evidence: when (ns), between whom, and its first bytes. `assumed`: see `streams`."""

    time: int
    transport: Transport
    ends: Ends
    data: bytes
    assumed: bool = False


class Messages:
    """The messages of one batch; those over UDP stay in the chunk until one is asked for."""

    def __init__(self, words: Words, udp: Packets, flows: Patterns, heads: list[Head]) -> None:
        """`udp` are the packets with a whole header, `flows` their flow numbers, `heads` the messages over TCP."""
        self._words, self._udp, self._heads = words, udp, heads
        over_tcp = np.array([int.from_bytes(head.data[2:HEADER], "big") for head in heads], np.uint64)
        self.patterns: Patterns = np.concatenate([words.u64(udp.transport + UDP_HEADER) & PATTERN, over_tcp])
        self.flows: Patterns = np.concatenate([flows, np.array([head.segment.flow for head in heads], np.uint64)])

    def __len__(self) -> int:
        """Number of messages."""
        return len(self.patterns)

    def message(self, index: int) -> Message:
        """One of them in full."""
        over_tcp = index - len(self._udp)
        if over_tcp >= 0:
            head = self._heads[over_tcp]
            return Message(head.segment.time, Transport.TCP, Ends.of(head.segment.key), head.data, head.assumed)
        at = int(self._udp.transport[index])
        data = self._words.data[at + UDP_HEADER : min(int(self._udp.end[index]), at + UDP_HEADER + KEPT)]
        ends = Ends.of(_keys(self._words, self._udp, index))
        return Message(int(self._udp.time[index]), Transport.UDP, ends, data.tobytes())


class Extractor:
    """Turns the batches of one capture, in order, into messages; counts packets and what was not judged."""

    def __init__(self) -> None:
        """Begin a capture: nothing counted, no stream followed."""
        self.packets = 0
        self.skipped: Counter[str] = Counter()
        self._streams = Streams(self.skipped)

    def messages(self, batch: Batch) -> Messages:
        """The messages whose header this batch brings or completes."""
        self.packets += len(batch)
        packets = dns_packets(batch, self.skipped)
        flows = _flows(batch.words, packets)
        whole = self._whole_udp(batch.words, packets)
        heads = [
            head for segment in self._segments(batch.words, packets, flows) for head in self._streams.accept(segment)
        ]
        return Messages(batch.words, packets.where(whole), flows[whole], heads)

    def finish(self) -> Messages:
        """What the end of the capture lets go."""
        nothing = np.empty(0, np.int64)
        none = Packets(nothing, nothing, nothing, nothing, nothing, nothing, nothing)
        return Messages(Words.of(b""), none, nothing.astype(np.uint64), list(self._streams.finish()))

    def _whole_udp(self, words: Words, packets: Packets) -> Mask:
        """The UDP packets that carry at least the first eight bytes; the others are counted."""
        over_udp = packets.protocol == UDP
        payload = packets.transport + UDP_HEADER
        length = words.u16(packets.transport + 4)
        # A length of 0 stands for a jumbogram (RFC 2675) or an offloaded packet: then IP's own end holds.
        wire = np.where(length < UDP_HEADER, packets.wire, np.minimum(packets.wire, packets.transport + length))
        size = np.maximum(wire - payload, 0)
        captured = np.minimum(size, packets.end - payload)
        self._count(Skip.NO_PAYLOAD, over_udp & (size == 0))
        self._count(Skip.TOO_SHORT, over_udp & (size > 0) & (size < HEADER))
        self._count(Skip.TRUNCATED, over_udp & (size >= HEADER) & (captured < HEADER))
        whole: Mask = over_udp & (captured >= HEADER)
        return whole

    def _segments(self, words: Words, packets: Packets, flows: Patterns) -> Iterator[Segment]:
        """The TCP packets that open a connection or carry data."""
        over_tcp = packets.protocol == TCP
        tcp, flows = packets.where(over_tcp), flows[over_tcp]
        header = (words.u8(np.minimum(tcp.transport + 12, tcp.end)) >> 4) * 4
        payload = tcp.transport + header
        whole = (tcp.transport + TCP_HEADER <= tcp.end) & (header >= TCP_HEADER) & (payload <= tcp.end)
        self._count(Skip.TRUNCATED, ~whole)
        flags = words.u8(np.minimum(tcp.transport + 13, tcp.end))
        syn = flags & SYN != 0
        used = whole & (syn | (tcp.wire > payload))
        self._count(Skip.NO_PAYLOAD, whole & ~used)
        for row in np.flatnonzero(used).tolist():
            yield _segment(words, tcp, row, int(payload[row]), bool(syn[row]), int(flows[row]))

    def _count(self, reason: Skip, which: Mask) -> None:
        if number := int(which.sum()):
            self.skipped[reason] += number


def _segment(words: Words, tcp: Packets, row: int, payload: int, syn: bool, flow: int) -> Segment:
    at, end = int(tcp.transport[row]), int(tcp.end[row])
    data = words.data[at:end].tobytes()
    return Segment(
        key=_keys(words, tcp, row),
        flow=flow,
        time=int(tcp.time[row]),
        seq=(int.from_bytes(data[4:8], "big") + syn) % (1 << 32),
        data=data[payload - at :],
        size=int(tcp.wire[row]) - payload,
        syn=syn,
        to_server=int.from_bytes(data[2:4], "big") == DNS_PORT,
    )


def _keys(words: Words, packets: Packets, row: int) -> bytes:
    """Addresses and ports of one packet as they stand in its headers."""
    size = V4_PAIR if packets.version[row] == 4 else V6_PAIR
    addresses = int(packets.ip[row]) + (12 if size == V4_PAIR else 8)
    ports = int(packets.transport[row])
    return words.data[addresses : addresses + size].tobytes() + words.data[ports : ports + 4].tobytes()


def _flows(words: Words, packets: Packets) -> Patterns:
    """One number per flow, the same for both directions; for counting only, so that collisions do no harm."""
    ports = words.u32(packets.transport)
    v4 = packets.version == 4
    source, destination = packets.ip + np.where(v4, 12, 8), packets.ip + np.where(v4, 16, 24)
    ends = _end(words, source, v4, ports >> 16) + _end(words, destination, v4, ports & 0xFFFF)
    return _mix(ends ^ packets.protocol.astype(np.uint64))


def _end(words: Words, address: Column, v4: Mask, port: Column) -> Patterns:
    low = words.u64(np.where(v4, address, address + 8))
    number = np.where(v4, low >> np.uint64(32), low ^ _mix(words.u64(address)))
    return _mix(number ^ _mix(port.astype(np.uint64)))


def _mix(number: Patterns) -> Patterns:
    """Spread a number over 64 bits (the finaliser of splitmix64)."""
    number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return number ^ (number >> np.uint64(31))
