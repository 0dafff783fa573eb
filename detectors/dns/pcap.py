"""Reads the classic capture format: both byte orders, micro- and nanoseconds.

Source: draft-ietf-opsawg-pcap. A record is time (8 bytes), captured length, original length, packet.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import BinaryIO

import numpy as np

from detectors.dns.capture import MAX_RECORD, Batch, Chunks
from detectors.dns.words import Column, Order, Words

FILE_HEADER = 24
RECORD_HEADER = 16
NANOSECONDS_PER_TICK = {0xA1B2C3D4: 1000, 0xA1B23C4D: 1}
"""Nanoseconds in one unit of the sub-second field, by the file's magic number."""


@dataclass(frozen=True, slots=True)
class Format:
    """What the file header says of all its records."""

    order: Order
    tick: int
    link: int


def recognise(head: bytes) -> Format | None:
    """The format this file header announces, or None if it is no pcap."""
    orders: tuple[Order, ...] = ("<", ">")
    for order in orders:
        magic = int.from_bytes(head[:4], "little" if order == "<" else "big")
        if len(head) == FILE_HEADER and magic in NANOSECONDS_PER_TICK:
            link = int(Struct(f"{order}I").unpack_from(head, 20)[0]) & 0xFFFF
            return Format(order, NANOSECONDS_PER_TICK[magic], link)
    return None


def read_pcap(file: BinaryIO, name: str, form: Format) -> Iterator[Batch]:
    """Packets of a pcap whose file header is already read; raise `DamagedCapture` behind the last good one."""
    chunks = Chunks(file, name)
    chunks.offset = FILE_HEADER
    for data in chunks:
        starts, used = _chain(data, form.order)
        if starts:
            yield _batch(data, np.array(starts, np.int64), form)
        _require_sane(chunks, data, used, form.order)
        chunks.keep(used)


def _chain(data: bytes, order: str) -> tuple[list[int], int]:
    """Offsets of the complete records and of the first byte behind them.

    The one loop over every packet: each length is needed to find the next, so nothing here can be a column.
    """
    captured = Struct(f"{order}I").unpack_from
    starts: list[int] = []
    add = starts.append
    at, end = 0, len(data)
    while at + RECORD_HEADER <= end:
        following = at + RECORD_HEADER + captured(data, at + 8)[0]
        if following > end:
            break
        add(at)
        at = following
    return starts, at


def _require_sane(chunks: Chunks, data: bytes, at: int, order: str) -> None:
    if len(data) - at < RECORD_HEADER:
        return
    captured = int(Struct(f"{order}I").unpack_from(data, at + 8)[0])
    if captured > MAX_RECORD:
        raise chunks.damaged(f"a packet of {captured} bytes", at)


def _batch(data: bytes, record: Column, form: Format) -> Batch:
    words = Words.of(data)
    fields = words.ordered(form.order)
    time = fields.u32(record) * 1_000_000_000 + fields.u32(record + 4) * form.tick
    length = fields.u32(record + 8)
    return Batch(words, record + RECORD_HEADER, length, time, np.full(len(record), form.link, np.int64))
