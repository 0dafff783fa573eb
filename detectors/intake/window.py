"""A sliding view of decoded text that knows its line and column, so that inputs of any size take little memory."""

import codecs
from typing import Protocol

CHUNK = 1 << 16
"""Bytes read at once; a record that does not fit doubles it."""


class Readable(Protocol):
    """An open file in binary mode, as far as intake needs one; every buffered file of Python is."""

    def read1(self, size: int, /) -> bytes:
        """What there is, at most `size` bytes, waiting only for the first; nothing at the end."""


class Window:
    """Text from a cursor on, with the cursor's place. Columns count characters; line and column begin at 1.

    Bytes that are not UTF-8 become lone surrogates (PEP 383), so that their place survives until they are reported.
    A byte order mark at the very beginning is dropped.
    """

    def __init__(self, stream: Readable) -> None:
        """Nothing is read before the first `fill`."""
        self.text = ""
        self.at = 0
        self.line = 1
        self.column = 1
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._dropped = 0
        self._fresh = True
        self._ended = False

    @property
    def offset(self) -> int:
        """Characters before the cursor since the beginning of the input."""
        return self._dropped + self.at

    @property
    def size(self) -> int:
        """Characters at hand from the cursor on."""
        return len(self.text) - self.at

    def fill(self) -> bool:
        """Read more and forget what is before the cursor, so that indexes into `text` change; False at the end."""
        if self._ended:
            return False
        data = self._stream.read1(max(CHUNK, self.size))
        more = self._decoder.decode(data, final=not data)
        self._ended = not data
        if not more:
            return not self._ended
        self._dropped += self.at
        self.text, self.at = self.text[self.at :] + (more.removeprefix("\ufeff") if self._fresh else more), 0
        self._fresh = False
        return True

    def place(self, index: int) -> tuple[int, int]:
        """Line and column of `text[index]`, at or after the cursor."""
        newlines = self.text.count("\n", self.at, index)
        if not newlines:
            return self.line, self.column + index - self.at
        return self.line + newlines, index - self.text.rfind("\n", self.at, index)

    def advance(self, index: int) -> None:
        """Move the cursor forward to `text[index]`."""
        self.line, self.column = self.place(index)
        self.at = index
