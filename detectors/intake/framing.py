"""Cutting an input into records: JSON lines, arrays, pretty-printed or not, one object, or objects behind each other.

Rules: 1. One record at a time is in memory; an array is never loaded whole. 2. Every broken place is reported once with
its exact line and column, and reading goes on (`recovery`). 3. A record over `LIMIT` characters is broken. 4. Nothing
inside a broken line is searched for records: a log line that quotes an alert is not an alert.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from detectors.intake.recovery import skip_line, skip_record
from detectors.intake.strict_json import Flaw, Parsed, parse
from detectors.intake.window import Window
from engine.model.base import Json

LIMIT = 1 << 20
"""Characters a record may have."""

EXCERPT = 2048
"""Characters kept of a broken record."""

_RETRIES = 16
"""Fresh starts inside a region that already failed, before it is given up; bounds the work a hostile input can ask."""

_BLANK = re.compile(r"[ \t\r\n]*")

# What may stand next, as the characters that may begin it.
_OUTSIDE = "{["
_FIRST = "{]"
_NEXT = "{"
_AFTER = ",]"
_LOOSE = "{,]"


@dataclass(frozen=True, slots=True)
class Record:
    """A whole object, the place of its first character, and the beginning of its text."""

    value: Json
    line: int
    column: int
    raw: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """A broken place and the beginning of the text that was given up for it."""

    message: str
    line: int
    column: int
    raw: str


def pieces(window: Window) -> Iterator[Record | Malformed]:
    """Every record of the input and every broken place, in order. Errors of the stream itself pass through."""
    framer = _Framer(window)
    while framer.seek():
        piece = framer.step()
        if piece is not None:
            yield piece
    if framer.in_array:
        yield Malformed("the input ends inside an array", window.line, window.column, "")


class _Framer:
    """Where we are in the input: between records, or between the elements of an array."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._expected = _OUTSIDE
        self._reach = -1
        self._retries = 0

    @property
    def in_array(self) -> bool:
        return self._expected != _OUTSIDE

    def seek(self) -> bool:
        """Move over blanks to the next character; False at the end of the input."""
        window = self._window
        while True:
            blank = _BLANK.match(window.text, window.at)
            window.advance(blank.end() if blank else window.at)
            if window.size:
                return True
            if not window.fill():
                return False

    def step(self) -> Record | Malformed | None:
        """Take what begins at the cursor."""
        char = self._window.text[self._window.at]
        if char not in self._expected:
            return self._unexpected(char)
        match char:
            case "{":
                return self._record()
            case "[":
                return self._open()
            case "]":
                self._enter(_OUTSIDE)
            case _:
                self._enter(_NEXT)
        return None

    def _enter(self, expected: str) -> None:
        """Step over one character of punctuation."""
        self._window.advance(self._window.at + 1)
        self._expected = expected

    def _open(self) -> Malformed | None:
        """Enter an array of objects; a line that begins otherwise (`[2026-11-21] …`) is no JSON of ours."""
        window = self._window
        while (inside := self._behind_bracket()) == "" and window.size < LIMIT:
            if not window.fill():
                break
        if inside and inside not in "{]":
            return self._stray()
        self._enter(_FIRST)
        return None

    def _behind_bracket(self) -> str:
        """The first character behind `[` that is not blank, or nothing where the text at hand ends before it."""
        window = self._window
        blank = _BLANK.match(window.text, window.at + 1)
        return window.text[blank.end() : blank.end() + 1] if blank else ""

    def _unexpected(self, char: str) -> Record | Malformed:
        if not self.in_array:
            return self._stray()
        if char not in _LOOSE:
            return self._record()
        message = "expected `,` or `]`" if self._expected == _AFTER else "expected an object"
        self._expected = _LOOSE
        return Malformed(message, self._window.line, self._window.column, "")

    def _stray(self) -> Malformed:
        window = self._window
        line, column = window.line, window.column
        raw = window.text[window.at : window.at + EXCERPT].partition("\n")[0]
        skip_line(window)
        return Malformed("expected a JSON object or an array of them", line, column, raw.rstrip())

    def _record(self) -> Record | Malformed:
        window = self._window
        parsed = self._parse()
        if isinstance(parsed, Flaw):
            return self._broken(parsed)
        line, column = window.line, window.column
        raw = window.text[window.at : min(parsed.end, window.at + EXCERPT)]
        window.advance(parsed.end)
        self._expected = _AFTER if self.in_array else _OUTSIDE
        if isinstance(parsed.value, dict):
            return Record(parsed.value, line, column, raw)
        return Malformed("expected an object", line, column, raw)

    def _parse(self) -> Parsed | Flaw:
        """Parse at the cursor, reading on while the text may only be cut."""
        window = self._window
        while True:
            parsed = parse(window.text, window.at)
            if isinstance(parsed, Parsed) and parsed.end - window.at <= LIMIT:
                return parsed
            if isinstance(parsed, Parsed) or (parsed.cut and window.size > LIMIT):
                return Flaw(window.at, f"record over {LIMIT} characters")
            if not parsed.cut or not window.fill():
                return parsed

    def _broken(self, flaw: Flaw) -> Malformed:
        window = self._window
        start = window.offset
        line, column = window.place(flaw.at)
        raw = window.text[window.at : window.at + EXCERPT]
        if raw[0] == "{":
            skip_record(window, self._floor(start + flaw.at - window.at, flaw.deep))
        else:
            skip_line(window)
        self._expected = _LOOSE if self.in_array else _OUTSIDE
        return Malformed(flaw.message, line, column, raw[: window.offset - start].rstrip())

    def _floor(self, reached: int, deep: bool) -> int:
        """The offset to resume at or behind: 0, or where parsing got to in a region that is not worth another try."""
        self._retries = self._retries + 1 if self._window.offset < self._reach else 0
        self._reach = max(self._reach, reached)
        return self._reach if deep or self._retries > _RETRIES else 0
