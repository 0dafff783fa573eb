"""Captured packets as columns, and the error that says where a capture is broken."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from detectors.dns.words import Column, Words
from engine.errors import InvalidInput

CHUNK = 1 << 20
"""Bytes read at a time: bounds memory whatever the size of the capture; larger ones were no faster."""

MAX_RECORD = 1 << 20
"""A longer packet or block than this is damage, not data."""


class DamagedCapture(InvalidInput):
    """A capture cannot be read on from byte `offset`; all before it was handed out."""

    def __init__(self, message: str, *, file: str, offset: int) -> None:
        """Say what is wrong and at which byte of the file (0-based)."""
        super().__init__(f"damaged capture at byte {offset}: {message}", file=file)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Batch:
    """The packets of one chunk: offset of each packet's first byte, bytes captured, time in ns, link type."""

    words: Words
    start: Column
    length: Column
    time: Column
    link: Column

    def __len__(self) -> int:
        """Number of packets."""
        return len(self.start)


class Chunks:
    """A file in bounded pieces; what a piece leaves unread is prepended to the next."""

    def __init__(self, file: BinaryIO, name: str, head: bytes = b"") -> None:
        """Read `file` on behind `head`, the bytes already taken from it; `name` is for errors."""
        self.name = name
        self.offset = 0
        self._file = file
        self._data = head

    def __iter__(self) -> Iterator[bytes]:
        """Each piece in turn; the consumer says by `keep` how much of it was used."""
        while fresh := self._file.read(CHUNK):
            self._data += fresh
            yield self._data
        if self._data:
            raise self.damaged("cut short in the middle of a record", 0)

    def keep(self, used: int) -> None:
        """Forget the first `used` bytes of the current piece."""
        self.offset += used
        self._data = self._data[used:]

    def damaged(self, message: str, at: int) -> DamagedCapture:
        """The error for offset `at` of the current piece."""
        return DamagedCapture(message, file=self.name, offset=self.offset + at)
