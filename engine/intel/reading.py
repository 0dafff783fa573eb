"""Reading a file of intelligence, whatever of the known formats it is in."""

import gzip
import io
import zlib
from collections.abc import Iterator, Sequence

from engine.errors import InvalidInput
from engine.intel import misp, stix, warning_lists
from engine.intel.json_parts import Part, parts
from engine.intel.lists import read_csv
from engine.intel.records import Lines, Reading, Terms

LARGEST = 64 * 2**20
"""Bytes of a file, packed or not. It is read at once: its makers and markings may stand behind its indicators."""
RESPONSE = ("response",)
"""Where an answer of MISP keeps its events, each with `Event` around it."""
_GZIP = b"\x1f\x8b"
_ARRAYS = frozenset({stix.OBJECTS, warning_lists.ENTRIES, RESPONSE, *misp.ARRAYS})


def read(file: str, data: bytes, terms: Terms) -> Reading:
    """Every record of the file; raise `InvalidInput` where it is none of ours as a whole."""
    text = _text(file, data)
    if text.lstrip()[:1] not in ("{", "["):
        return read_csv(file, text, terms)
    lines = Lines(file, text)
    return _json([*parts(text, lines, _ARRAYS)], lines, terms)


def _json(found: Sequence[Part], lines: Lines, terms: Terms) -> Reading:
    """Told apart by what stands in them."""
    names = {part.path[0] for part in found if part.path}
    if "objects" in names or any(part.path == ("type",) and part.value == "bundle" for part in found):
        return stix.read_bundle(found, lines, terms)
    if names & {"Event", "Attribute", "Object"}:
        return misp.read_event(found, lines, terms)
    if "response" in names:
        return _response(found, lines, terms)
    if {"list", "name"} <= names:
        return warning_lists.read_list(found, lines)
    raise lines.refuse("is no STIX bundle, MISP event or MISP warning list, and no CSV", 0)


def _response(found: Sequence[Part], lines: Lines, terms: Terms) -> Reading:
    """The events of an answer, one after the other."""
    whole = Reading("misp")
    for part in found:
        if part.path == RESPONSE:
            event = misp.read_event(_members(part), lines, terms)
            whole.indicators += event.indicators
            whole.refused += event.refused
            whole.skipped += event.skipped
    return whole


def _members(part: Part) -> Iterator[Part]:
    """An event in an answer, part by part; all of them stand where it does."""
    event = part.value.get("Event") if isinstance(part.value, dict) else None
    for name, value in (event if isinstance(event, dict) else {}).items():
        if name in ("Attribute", "Object") and isinstance(value, list):
            yield from (Part((name,), part.offset, one) for one in value)
        else:
            yield Part((name,), part.offset, value)


def _text(file: str, data: bytes) -> str:
    try:
        plain = _unpacked(data) if data.startswith(_GZIP) else data
        if len(plain) > LARGEST:
            raise InvalidInput(f"is larger than {LARGEST // 2**20} MiB: split it", file=file)
        return plain.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"is not UTF-8 text at byte {error.start}", file=file) from None
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInput(f"cannot be unpacked: {error}", file=file) from None


def _unpacked(data: bytes) -> bytes:
    # One byte more than is allowed tells that there is more, whatever a hostile archive would come to.
    with gzip.open(io.BytesIO(data)) as packed:
        return packed.read(LARGEST + 1)
