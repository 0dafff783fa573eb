"""From captured packets to the ones on port 53: IPv4 and IPv6 headers read as columns.

Rules: 1. no field counts before the packet is known to reach behind it; 2. the length in IP's own header bounds the
payload, so that Ethernet padding is never taken for data; 3. only a first fragment has ports, later ones are counted
and left; 4. what is dropped is counted under its reason. Sources: RFC 791, 8200, 4302, 768, 9293.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from detectors.dns.capture import Batch
from detectors.dns.links import IPV4, IPV6, LINKS
from detectors.dns.skips import Skip
from detectors.dns.words import Column, Mask, Words

DNS_PORT = 53
TCP, UDP = 6, 17
HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, OPTIONS = 0, 43, 44, 51, 60
EXTENSIONS = (HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, OPTIONS, 135, 139, 140)
"""The headers that may stand between IPv6 and its transport; the last three are mobility, HIP and shim6."""
MOST_EXTENSIONS = 8
SHORTEST_V4, V6_HEADER, PORTS = 20, 40, 4


@dataclass(frozen=True, slots=True)
class Packets:
    """IP packets as columns of offsets into the chunk: the IP header, the transport header, where the capture of the
    packet ends, and where the packet ended on the wire.
    """

    time: Column
    version: Column
    ip: Column
    protocol: Column
    transport: Column
    end: Column
    wire: Column

    def __len__(self) -> int:
        """Number of packets."""
        return len(self.time)

    def where(self, mask: Mask) -> "Packets":
        """Only the packets that `mask` names."""
        return self if mask.all() else Packets(*(getattr(self, column.name)[mask] for column in fields(self)))


def dns_packets(batch: Batch, skipped: Counter[str]) -> Packets:
    """The UDP and TCP packets from or to port 53; one flow's stay in order. All others are counted in `skipped`."""
    parts = list(_internet(batch, skipped))
    columns = ([getattr(part, column.name) for part in parts] for column in fields(Packets))
    packets = Packets(*(np.concatenate(column) if column else np.empty(0, np.int64) for column in columns))
    return _on_port(batch.words, packets, skipped)


def _internet(batch: Batch, skipped: Counter[str]) -> Iterator[Packets]:
    """IP packets of each link type and version."""
    for link in np.unique(batch.link).tolist():
        rows = np.flatnonzero(batch.link == link)
        if link not in LINKS:
            skipped[Skip.UNSUPPORTED_LINK] += len(rows)
            continue
        start = batch.start[rows]
        end = start + batch.length[rows]
        kind, at = LINKS[link](batch.words, start, end)
        v4, v6 = (kind == IPV4) & (at < end), (kind == IPV6) & (at < end)
        skipped[Skip.NOT_IP] += int((~(v4 | v6)).sum())
        yield _ipv4(batch.words, batch.time[rows[v4]], at[v4], end[v4], skipped)
        yield _ipv6(batch.words, batch.time[rows[v6]], at[v6], end[v6], skipped)


def _ipv4(words: Words, time: Column, ip: Column, end: Column, skipped: Counter[str]) -> Packets:
    first, total = words.u8(ip), words.u16(ip + 2)
    header = (first & 15) * 4
    good = (first >> 4 == 4) & (header >= SHORTEST_V4) & (ip + header <= end)
    # Segmentation offload leaves a total length of 0: then the capture's own end is all there is to go by.
    wire = np.where(total == 0, end, ip + total)
    good &= ip + header <= wire
    later = good & (words.u16(ip + 6) & 0x1FFF != 0)
    skipped[Skip.BAD_IP] += int((~good).sum())
    skipped[Skip.LATER_FRAGMENT] += int(later.sum())
    version = np.full(len(ip), 4, np.int64)
    packets = Packets(time, version, ip, words.u8(ip + 9), ip + header, np.minimum(end, wire), wire)
    return packets.where(good & ~later)


def _ipv6(words: Words, time: Column, ip: Column, end: Column, skipped: Counter[str]) -> Packets:
    good = (words.u8(ip) >> 4 == 6) & (ip + V6_HEADER <= end)
    payload = words.u16(ip + 4)
    wire = np.where(payload == 0, end, ip + V6_HEADER + payload)
    end = np.minimum(end, wire)
    protocol, transport, later = _step_over(words, words.u8(ip + 6), ip + V6_HEADER, end)
    skipped[Skip.BAD_IP] += int((~good).sum())
    skipped[Skip.LATER_FRAGMENT] += int((good & later).sum())
    version = np.full(len(ip), 6, np.int64)
    return Packets(time, version, ip, protocol, transport, end, wire).where(good & ~later)


def _step_over(words: Words, protocol: Column, at: Column, end: Column) -> tuple[Column, Column, Mask]:
    """Follow IPv6 extension headers; also say which packets are later fragments."""
    later = np.zeros(len(at), np.bool_)
    for _ in range(MOST_EXTENSIONS):
        rows = np.flatnonzero(np.isin(protocol, EXTENSIONS) & (at + 8 <= end) & ~later)
        if not len(rows):
            break
        kind, here = protocol[rows], at[rows]
        later[rows] = (kind == FRAGMENT) & (words.u16(here + 2) >> 3 != 0)
        units = words.u8(here + 1)
        size = np.select([kind == FRAGMENT, kind == AUTHENTICATION], [8, (units + 2) * 4], (units + 1) * 8)
        protocol[rows], at[rows] = words.u8(here), here + size
    return protocol, at, later


def _on_port(words: Words, packets: Packets, skipped: Counter[str]) -> Packets:
    carried = (packets.protocol == UDP) | (packets.protocol == TCP)
    reached = packets.transport + PORTS <= packets.end
    skipped[Skip.TRUNCATED] += int((carried & ~reached).sum())
    ports = words.u32(np.minimum(packets.transport, packets.end))
    ours = carried & reached & ((ports >> 16 == DNS_PORT) | (ports & 0xFFFF == DNS_PORT))
    skipped[Skip.NOT_PORT_53] += int((~ours & (reached | ~carried)).sum())
    return packets.where(ours)
