"""JSON as RFC 8259 means it, refusing what readers disagree about, with the place of the first flaw.

Refused beyond malformed text: 1. a name twice in one object (readers keep the first or the last); 2. NaN, Infinity and
numbers that only fit as infinity; 3. nesting deeper than `DEPTH`; 4. halves of surrogate pairs, which no database and
no digest can hold; 5. bytes that are not UTF-8. The fast path is the standard library's scanner; only a record in which
it finds such a flaw, or might have, is walked again to name the place.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import NoReturn

from pydantic import JsonValue

DEPTH = 64
"""Levels of nesting that a record may have."""

_TAIL = 16
"""A syntax error this close to the end of the text may only mean that the text goes on."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_TOKEN = re.compile(
    r"""(?P<key>"(?:[^"\\]|\\.)*"(?=[ \t\r\n]*:)) | (?P<text>"(?:[^"\\]|\\.)*")
    | (?P<open>[{\[]) | (?P<close>[}\]]) | (?P<constant>NaN|-?Infinity) | (?P<number>-?[0-9][0-9.eE+-]*)""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A whole value, and the index behind it."""

    value: JsonValue
    end: int


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong, where. `cut`: more text might mend it. `deep`: too deep to look for records inside of it."""

    at: int
    message: str
    cut: bool = False
    deep: bool = False


def parse(text: str, start: int) -> Parsed | Flaw:
    """The value that begins at `text[start]`."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text) - _TAIL or error.msg.startswith("Unterminated")
        message = error.msg.removesuffix(" at").removesuffix(" starting")
        return Flaw(error.pos, f"malformed JSON: {message[0].lower()}{message[1:]}", cut)
    except (ValueError, RecursionError):
        return _first_flaw(text, start, len(text)) or Flaw(start, "malformed JSON")
    return (_doubtful(text[start:end]) and _first_flaw(text, start, end)) or Parsed(value, end)


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name twice")
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise ValueError(number)
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)


def _doubtful(text: str) -> bool:
    """Whether a parsed text may break rules 3 to 5; True costs a walk, no more."""
    if not text.isascii() and _SURROGATE.search(text):
        return True
    if "\\ud" in text or "\\uD" in text:
        return True
    return text.count("{") + text.count("[") > DEPTH


def _first_flaw(text: str, start: int, end: int) -> Flaw | None:
    """Walk the tokens of a text that is well-formed up to its first flaw."""
    names: list[set[str]] = []
    for token in _TOKEN.finditer(text, start, end):
        flaw = _flaw_of(token, names)
        if flaw:
            return flaw
        if not names:
            return None
    return None


def _flaw_of(token: re.Match[str], names: list[set[str]]) -> Flaw | None:
    """Check one token and keep `names`, the names seen in every object that is open here."""
    match token.lastgroup:
        case "open":
            names.append(set())
            deep = len(names) > DEPTH
            return Flaw(token.start(), f"nested deeper than {DEPTH} levels", deep=True) if deep else None
        case "close":
            names.pop()
        case "key" | "text":
            return _text_flaw(token) or (_name_flaw(token, names[-1]) if token.lastgroup == "key" else None)
        case "constant":
            return Flaw(token.start(), f"`{token[0]}` is not JSON")
        case "number":
            return _number_flaw(token)
    return None


def _text_flaw(token: re.Match[str]) -> Flaw | None:
    raw = _SURROGATE.search(token[0])
    if raw:
        byte = ord(raw[0]) - 0xDC00
        return Flaw(token.start() + raw.start(), f"byte 0x{byte:02x} is not UTF-8")
    if _SURROGATE.search(json.loads(token[0])):
        return Flaw(token.start(), "half of a surrogate pair in text")
    return None


def _name_flaw(token: re.Match[str], seen: set[str]) -> Flaw | None:
    name = json.loads(token[0])
    if name in seen:
        return Flaw(token.start(), f"name `{name[:80]}` stands twice in one object")
    seen.add(name)
    return None


def _number_flaw(token: re.Match[str]) -> Flaw | None:
    if math.isinf(float(token[0])):
        return Flaw(token.start(), f"number `{token[0][:40]}` is out of range")
    return None
