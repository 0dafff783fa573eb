"""Numbers at any byte offset of a chunk, for whole columns of packets at once."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Column = NDArray[np.int64]
Mask = NDArray[np.bool_]
Unsigned = NDArray[np.unsignedinteger]
Order = Literal["<", ">"]

PADDING = 64
"""Zero bytes behind every chunk: a header's fields may be gathered before its length is checked."""


class Words:
    """A chunk seen as overlapping numbers: `u16(offsets)` gathers one two-byte number per packet."""

    def __init__(self, padded: Bytes, order: Order = ">") -> None:
        """Wrap bytes that end in `PADDING` zeros; offsets given later must not reach behind those."""
        self.data = padded
        self._order = order
        self._views = {size: self._overlapping(size) for size in (2, 4, 8)}

    @classmethod
    def of(cls, data: bytes) -> "Words":
        """A padded copy of `data`, read big-endian as the network writes."""
        return cls(np.frombuffer(data + bytes(PADDING), np.uint8))

    def ordered(self, order: Order) -> "Words":
        """The same bytes read in another byte order."""
        return Words(self.data, order)

    def _overlapping(self, size: int) -> Unsigned:
        """One `size`-byte number for every offset (stride 1); fancy indexing copies only what is asked for."""
        return np.ndarray((len(self.data) - size + 1,), f"{self._order}u{size}", self.data, strides=(1,))

    def u8(self, at: Column) -> Column:
        """The byte at each offset."""
        return self.data[at].astype(np.int64)

    def u16(self, at: Column) -> Column:
        """The two-byte number at each offset."""
        return self._views[2][at].astype(np.int64)

    def u32(self, at: Column) -> Column:
        """The four-byte number at each offset."""
        return self._views[4][at].astype(np.int64)

    def u64(self, at: Column) -> NDArray[np.uint64]:
        """The eight-byte number at each offset."""
        return self._views[8][at].astype(np.uint64)
