"""Finding the next place to read on after a broken record, without believing anything the broken one says.

Reading goes on 1. right behind the bracket that closes the broken record, or 2. at the first later line that begins
with a bracket no further right than the broken record itself, whichever comes first. So a cut line of JSON lines costs
that line, a bad value in an array (on one line or pretty-printed) that element. A string never runs over a line's end.
"""

import re

from detectors.intake.window import Window

_PLAIN = re.compile(r'["{}\[\]\n]')
_QUOTED = re.compile(r'(?:\\[^\n])+|["\n]')
_WIDEST = 256
"""Columns of indentation that are looked at."""


def skip_line(window: Window) -> None:
    """Move the cursor to the end of its line."""
    while (end := window.text.find("\n", window.at)) < 0:
        window.advance(len(window.text))
        if not window.fill():
            return
    window.advance(end)


def skip_record(window: Window, floor: int) -> None:
    """Move the cursor from a broken record to where reading goes on, not before the offset `floor`."""
    walk = _Walk(window, floor)
    while walk.step():
        pass


class _Walk:
    """One walk over brackets, aware of strings and lines."""

    def __init__(self, window: Window, floor: int) -> None:
        self._window = window
        self._floor = floor
        self._indent = min(window.column - 1, _WIDEST)
        self._depth = 0
        self._quoted = False
        self._index = window.at

    def step(self) -> bool:
        """Take one token; False where the walk is over."""
        token = (_QUOTED if self._quoted else _PLAIN).search(self._window.text, self._index)
        if token is None:
            return self._refill()
        self._index = token.end()
        match token[0]:
            case "\n":
                return not self._resumes_at_line()
            case '"':
                self._quoted = not self._quoted
            case "{" | "[":
                self._depth += 1
            case "}" | "]":
                return not self._resumes_behind_bracket()
        return True

    def _refill(self) -> bool:
        window = self._window
        # A backslash at the very end belongs to the character that has not been read yet.
        pending = self._quoted and self._index < len(window.text) and window.text.endswith("\\")
        window.advance(len(window.text) - pending)
        more = window.fill()
        self._index = window.at
        if not more:
            window.advance(len(window.text))
        return more

    def _resumes_behind_bracket(self) -> bool:
        self._depth = max(self._depth - 1, 0)
        if self._depth or self._offset() < self._floor:
            return False
        self._window.advance(self._index)
        return True

    def _resumes_at_line(self) -> bool:
        window = self._window
        self._quoted = False
        window.advance(self._index)
        while window.size <= self._indent and window.fill():
            pass
        self._index = window.at
        head = window.text[window.at : window.at + self._indent + 1].lstrip(" \t")
        return head[:1] in ("{", "[", "]") and window.offset >= self._floor

    def _offset(self) -> int:
        return self._window.offset + self._index - self._window.at
