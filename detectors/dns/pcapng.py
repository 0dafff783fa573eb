"""Reads pcapng: several sections, byte orders, interfaces, link types and clock resolutions in one file.

Source: draft-ietf-opsawg-pcapng. A block is type, length, body, length again; packets stand in Enhanced (6),
Simple (3) and the old Packet blocks (2); an Interface Description (1) gives link type and clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import unpack_from
from typing import BinaryIO

import numpy as np

from detectors.dns.capture import MAX_RECORD, Batch, Chunks
from detectors.dns.words import Column, Order, Words

SECTION = 0x0A0D0D0A
ORDERS: dict[bytes, Order] = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
INTERFACE, OLD_PACKET, SIMPLE, ENHANCED = 1, 2, 3, 6
PACKETS = frozenset({OLD_PACKET, SIMPLE, ENHANCED})
SMALLEST_BLOCK = 12
RESOLUTION, TIME_OFFSET = 9, 14
SECOND = 1_000_000_000
LATEST_SECOND = 9_000_000_000
"""Clocks beyond this (year 2255) are nonsense; they are held here so that nanoseconds stay 64 bits."""


@dataclass(frozen=True, slots=True)
class Interface:
    """One capturing interface: its link type, and its clock in ticks a second from `offset` seconds."""

    link: int
    ticks: int = 1_000_000
    offset: int = 0


UNDESCRIBED = Interface(link=-1)
"""Stands for an interface that packets name and no block describes."""


def recognise(head: bytes) -> bool:
    """Whether a file that begins so is pcapng."""
    return int.from_bytes(head[:4], "big") == SECTION and head[8:12] in ORDERS


def read_pcapng(file: BinaryIO, name: str, head: bytes) -> Iterator[Batch]:
    """Packets of a pcapng file that begins with `head`; raise `DamagedCapture` behind the last good one."""
    chunks = Chunks(file, name, head)
    reader = _Reader()
    for data in chunks:
        yield from reader.batches(data)
        if reader.problem:
            raise chunks.damaged(reader.problem, reader.used)
        chunks.keep(reader.used)


class _Reader:
    """Walks blocks; keeps the section's byte order and interfaces from one piece to the next."""

    def __init__(self) -> None:
        self.used = 0
        self.problem = ""
        self._order: Order = "<"
        self._interfaces: list[Interface] = []

    def batches(self, data: bytes) -> Iterator[Batch]:
        """Packets of this piece, one batch a section; then `used` tells where to go on, `problem` why not."""
        at, end, starts = 0, len(data), list[int]()
        while at + SMALLEST_BLOCK <= end:
            kind, length = unpack_from(f"{self._order}II", data, at)
            if kind == SECTION:
                yield from self._flush(data, starts)
                starts, length = [], self._begin_section(data, at)
            if self._broken(length) or at + length > end:
                break
            if kind in PACKETS:
                starts.append(at)
            elif kind == INTERFACE:
                self._interfaces.append(_interface(data[at : at + length], self._order))
            at += length
        self.used = at
        yield from self._flush(data, starts)

    def _begin_section(self, data: bytes, at: int) -> int:
        """Take up the new byte order, forget the interfaces, return the block's length (0 is refused)."""
        self._interfaces = []
        order = ORDERS.get(data[at + 8 : at + 12])
        if order is None:
            return 0
        self._order = order
        return int(unpack_from(f"{order}I", data, at + 4)[0])

    def _broken(self, length: int) -> bool:
        if length < SMALLEST_BLOCK or length % 4 or length > MAX_RECORD:
            self.problem = f"a block of {length} bytes"
        return bool(self.problem)

    def _flush(self, data: bytes, starts: list[int]) -> Iterator[Batch]:
        if starts:
            yield _batch(data, np.array(starts, np.int64), self._order, [*self._interfaces, UNDESCRIBED])


def _interface(block: bytes, order: Order) -> Interface:
    """An Interface Description Block; options that do not fit are left out."""
    ticks, offset = 1_000_000, 0
    at, end = 16, len(block) - 4
    while at + 4 <= end:
        code, length = unpack_from(f"{order}HH", block, at)
        value = block[at + 4 : min(at + 4 + length, end)]
        if code == RESOLUTION and len(value) == 1:
            ticks = 1 << min(value[0] & 0x7F, 62) if value[0] & 0x80 else 10 ** min(value[0], 18)
        elif code == TIME_OFFSET and len(value) == 8:
            offset = int(unpack_from(f"{order}q", value)[0])
        at += 4 + length + -length % 4
    link = int(unpack_from(f"{order}H", block, 8)[0]) if end >= 10 else UNDESCRIBED.link
    return Interface(link, ticks, max(-LATEST_SECOND, min(offset, LATEST_SECOND)))


def _batch(data: bytes, block: Column, order: Order, interfaces: list[Interface]) -> Batch:
    words = Words.of(data)
    fields = words.ordered(order)
    kind = fields.u32(block)
    simple = kind == SIMPLE
    number = np.where(kind == OLD_PACKET, fields.u16(block + 8), fields.u32(block + 8))
    which = np.minimum(np.where(simple, 0, number), len(interfaces) - 1)
    start = block + np.where(simple, 12, 28)
    room = fields.u32(block + 4) - (start - block) - 4
    captured = fields.u32(block + np.where(simple, 8, 20))
    link = np.array([interface.link for interface in interfaces], np.int64)[which]
    time = np.where(simple, 0, _nanoseconds(fields, block, which, interfaces))
    return Batch(words, start, np.clip(captured, 0, np.maximum(room, 0)), time, link)


def _nanoseconds(fields: Words, block: Column, which: Column, interfaces: list[Interface]) -> Column:
    ticks = np.array([interface.ticks for interface in interfaces], np.uint64)[which]
    offset = np.array([interface.offset for interface in interfaces], np.int64)[which]
    stamp = fields.u32(block + 12).astype(np.uint64) << np.uint64(32) | fields.u32(block + 16).astype(np.uint64)
    seconds = np.minimum(stamp // ticks, np.uint64(LATEST_SECOND)).astype(np.int64) + offset
    part = np.rint((stamp % ticks) / ticks * SECOND).astype(np.int64)
    whole: Column = np.clip(seconds, -LATEST_SECOND, LATEST_SECOND) * SECOND
    return whole + part
