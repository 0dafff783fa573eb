"""One UTC day's lines of traffic as columns: summed up, sorted by their ends, and kept in a file that is mapped.

A row is a line (source, destination, port, protocol) with the number of its flows, their bytes, and when the first and
the last of them ended. Ends stand once, sorted, in `high` and `low` (the halves of a 128-bit address); rows name them
by their place. So a network is a range of places, and a range of places is a range of rows.
"""

import mmap
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput

U1, U2, U4, U8 = np.uint8, np.uint16, np.uint32, np.uint64
Bytes1 = npt.NDArray[np.uint8]
Bytes2 = npt.NDArray[np.uint16]
Bytes4 = npt.NDArray[np.uint32]
Bytes8 = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

_MAGIC = b"FLFLOW1\n"
_HEADER = struct.Struct("<8sIIQQ")
_HALF = (1 << 64) - 1


@dataclass(frozen=True)
class Columns:
    """The rows of one day; `day` counts from 1970."""

    day: int
    high: Bytes8
    low: Bytes8
    source: Bytes4
    destination: Bytes4
    port: Bytes2
    protocol: Bytes1
    count: Bytes4
    size: Bytes8
    first: Bytes4
    last: Bytes4

    @property
    def rows(self) -> int:
        """How many lines there are."""
        return len(self.source)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """The places of all ends from one address to another, as a half-open range."""
        return self._place(first), self._place(last + 1)

    def end(self, place: int) -> int:
        """The address at a place."""
        return int(self.high[place]) << 64 | int(self.low[place])

    def _place(self, address: int) -> int:
        """Where the first end not below an address stands."""
        high, low = address >> 64, address & _HALF
        if high > _HALF:
            return len(self.high)
        start = int(np.searchsorted(self.high, U8(high)))
        stop = int(np.searchsorted(self.high, U8(high), side="right"))
        return start + int(np.searchsorted(self.low[start:stop], U8(low)))


def merged(parts: list[Columns]) -> Columns:
    """The same traffic as one day's columns, sorted, each line once; the parts may be in any order."""
    high, low, renamed = _ends(parts)
    source = np.concatenate([names[part.source] for names, part in zip(renamed, parts, strict=True)])
    destination = np.concatenate([names[part.destination] for names, part in zip(renamed, parts, strict=True)])
    service = np.concatenate([part.port.astype(U4) << U4(8) | part.protocol for part in parts])
    order = np.lexsort((service, destination, source))
    source, destination, service = source[order], destination[order], service[order]
    new = np.ones(len(order), bool)
    new[1:] = (np.diff(source) != 0) | (np.diff(destination) != 0) | (np.diff(service) != 0)
    starts = np.flatnonzero(new)
    counts = np.add.reduceat(_joined(parts, "count")[order].astype(U8), starts)
    return Columns(
        day=parts[0].day,
        high=high,
        low=low,
        source=source[starts],
        destination=destination[starts],
        port=(service[starts] >> U4(8)).astype(U2),
        protocol=(service[starts] & U4(255)).astype(U1),
        count=np.minimum(counts, np.iinfo(U4).max).astype(U4),
        size=np.add.reduceat(_joined(parts, "size")[order], starts),
        first=np.minimum.reduceat(_joined(parts, "first")[order], starts),
        last=np.maximum.reduceat(_joined(parts, "last")[order], starts),
    )


def _joined(parts: list[Columns], name: str) -> npt.NDArray[np.uint32] | npt.NDArray[np.uint64]:
    found: npt.NDArray[np.uint32] = np.concatenate([getattr(part, name) for part in parts])
    return found


def _ends(parts: list[Columns]) -> tuple[Bytes8, Bytes8, list[Bytes4]]:
    """All ends once, sorted, and for each part the new place of each of its ends."""
    high, low = (np.concatenate([getattr(part, half) for part in parts]) for half in ("high", "low"))
    order = np.lexsort((low, high))
    high, low = high[order], low[order]
    new = np.ones(len(order), bool)
    new[1:] = (np.diff(high) != 0) | (np.diff(low) != 0)
    places = np.empty(len(order), U4)
    places[order] = (np.cumsum(new) - 1).astype(U4)
    renamed = np.split(places, np.cumsum([len(part.high) for part in parts])[:-1])
    return high[new], low[new], renamed


def _layout(ends: int, rows: int) -> list[tuple[str, type[np.unsignedinteger], int]]:
    """The columns in the order of the file, the widest first, so that each is aligned."""
    wide = [("high", U8, ends), ("low", U8, ends), ("size", U8, rows)]
    middle = [(name, U4, rows) for name in ("source", "destination", "count", "first", "last")]
    return [*wide, *middle, ("port", U2, rows), ("protocol", U1, rows)]


def write(path: Path, columns: Columns) -> int:
    """Write and sync a new file; how many bytes it has."""
    layout = _layout(len(columns.high), columns.rows)
    bodies = [np.ascontiguousarray(getattr(columns, name), kind).data.cast("B") for name, kind, _ in layout]
    digest = 0
    for body in bodies:
        digest = zlib.crc32(body, digest)
    with path.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(_HEADER.pack(_MAGIC, columns.day, digest, len(columns.high), columns.rows))
        file.writelines(bodies)
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


def opened(path: Path) -> Columns:
    """The columns of a file, mapped; raise `InvalidInput` where it is not what was written.

    Where it is gone, that is `FileNotFoundError`: a writer may have merged it into another one.
    """
    try:
        with path.open("rb") as file:
            mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        magic, day, digest, ends, rows = _HEADER.unpack_from(mapped)
        body = mapped[_HEADER.size :]
        layout = _layout(ends, rows)
        if magic != _MAGIC or len(body) != sum(np.dtype(kind).itemsize * n for _, kind, n in layout):
            raise InvalidInput("is damaged: import its flows again", file=str(path))
    except FileNotFoundError:
        raise
    except (OSError, ValueError, struct.error) as error:
        raise InvalidInput(f"cannot be read: {error}", file=str(path)) from error
    if zlib.crc32(body) != digest:
        raise InvalidInput("is damaged: import its flows again", file=str(path))
    return Columns(day, **_views(body, layout))


def _views(
    body: memoryview, layout: list[tuple[str, type[np.unsignedinteger], int]]
) -> dict[str, npt.NDArray[np.unsignedinteger]]:
    found, at = {}, 0
    for name, kind, count in layout:
        found[name] = np.frombuffer(body, kind, count, at)
        at += np.dtype(kind).itemsize * count
    return found
