"""A JSON file part by part, each with its place: long arrays are taken element by element, everything else whole.

Reading a large file at one stroke would hold up every other thread of the engine for as long as that takes.
"""

import re
from collections.abc import Collection, Iterator
from json import JSONDecodeError, JSONDecoder
from typing import NamedTuple, NoReturn

from pydantic import JsonValue

from engine.intel.records import Lines

Path = tuple[str, ...]
_SPACE = re.compile(r"[ \t\r\n]*")


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"`{text}` is no number of JSON")


_DECODER = JSONDecoder(parse_constant=_no_number)


class Part(NamedTuple):
    """A value, the names that lead to it, and where it stands."""

    path: Path
    offset: int
    value: JsonValue


def parts(text: str, lines: Lines, arrays: Collection[Path]) -> Iterator[Part]:
    """Every member of the top object; those named in `arrays` element by element, with the objects around them opened.

    Raise `InvalidInput` at the first place that is not JSON.
    """
    opened = {path[:length] for path in arrays for length in range(len(path))}
    reader = _Reader(text, lines, frozenset(arrays), frozenset(opened))
    yield from reader.value((), reader.space(0))
    if reader.at != len(text):
        raise lines.refuse("not JSON: something follows its end", reader.at)


class _Reader:
    def __init__(self, text: str, lines: Lines, arrays: frozenset[Path], opened: frozenset[Path]) -> None:
        self._text, self._lines, self._arrays, self._opened = text, lines, arrays, opened
        self.at = 0

    def space(self, at: int) -> int:
        """Go on behind white space."""
        found = _SPACE.match(self._text, at)
        self.at = at if found is None else found.end()
        return self.at

    def value(self, path: Path, at: int) -> Iterator[Part]:
        first = self._text[at : at + 1]
        if first == "{" and path in self._opened:
            yield from self._members(path)
        elif first == "[" and path in self._arrays:
            yield from self._elements(path)
        else:
            yield Part(path, at, self._whole(at))

    def _members(self, path: Path) -> Iterator[Part]:
        more = self._begin("}")
        while more:
            if not self._stands('"'):
                raise self._lines.refuse("not JSON: a name is missing", self.at)
            name = str(self._whole(self.at))
            if not self._stands(":"):
                raise self._lines.refuse("not JSON: `:` is missing", self.at)
            yield from self.value((*path, name), self.space(self.at + 1))
            more = self._another("}")

    def _elements(self, path: Path) -> Iterator[Part]:
        more = self._begin("]")
        while more:
            at = self.at
            yield Part(path, at, self._whole(at))
            more = self._another("]")

    def _begin(self, end: str) -> bool:
        """Step behind the opening sign, and the closing one where nothing is between them."""
        self.space(self.at + 1)
        return not self._stands(end) or self._another(end)

    def _another(self, end: str) -> bool:
        """Step behind the comma or the end; whether it was a comma."""
        if not self._stands(",") and not self._stands(end):
            raise self._lines.refuse(f"not JSON: `,` or `{end}` is missing", self.at)
        comma = self._stands(",")
        self.space(self.at + 1)
        return comma

    def _stands(self, sign: str) -> bool:
        return self._text[self.at : self.at + 1] == sign

    def _whole(self, at: int) -> JsonValue:
        try:
            found, end = _DECODER.raw_decode(self._text, at)
        except JSONDecodeError as error:
            raise self._lines.refuse(f"not JSON: {error.msg.lower()}", error.pos) from None
        except (ValueError, RecursionError) as error:
            why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
            raise self._lines.refuse(f"not JSON: {why}", at) from None
        self.space(end)
        value: JsonValue = found
        return value
