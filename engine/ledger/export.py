"""The ledger as a file: JSON lines that anybody can verify offline with nothing but the public keys.

The first line is the header, then come the entries in their order, `{"entry":{…},"hash":"…"}` with the canonical bytes
of the entry and its leaf hash, and between them the signed checkpoints, `{"checkpoint":"…"}`, each after the last entry
it covers; the last line is the checkpoint over the whole export. Every line is canonical JSON and ends with a newline.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, Literal

from pydantic import ValidationError

from engine.digest import canonical, decode, parse
from engine.errors import InvalidInput
from engine.ledger.merkle import leaf_hash
from engine.ledger.note import Checkpoint, peek
from engine.model.base import Model

LINE_LIMIT = 64 * 1024 * 1024
"""Bytes of a line that are read at once, so that a file without newlines does not fill the memory."""
ENTRY = re.compile(rb'\{"entry":(\{.*\}),"hash":"([0-9a-f]{64})"\}\n', re.DOTALL)
CHECKPOINT = b'{"checkpoint":"'
RECORDS = (b'{"entry":', CHECKPOINT)
"""How the lines after the header begin."""


class Header(Model):
    """The first line: what this is, of which ledger, and how many entries and checkpoints follow."""

    format: Literal["fireline-ledger-export/1"] = "fireline-ledger-export/1"
    origin: str
    entries: int
    checkpoints: int

    def render(self) -> bytes:
        """The line."""
        return canonical(self.model_dump(mode="json")) + b"\n"


def write_export(entries: Iterable[bytes], checkpoints: Sequence[str], to: BinaryIO) -> int:
    """Write the entries that the last checkpoint covers, with the checkpoints at their places; return how many.

    `checkpoints` are in the order of their sizes, and at least one. It writes what it is given: to judge it is the
    verifier's part. Raise `InvalidInput` where no checkpoint was given or one cannot be read at all.
    """
    claims = [_claim(note, number) for number, note in enumerate(checkpoints, 1)]
    if not claims:
        raise InvalidInput("an export ends with a checkpoint, and the ledger has none yet: seal it first")
    last = claims[-1]
    to.write(Header(origin=last.origin, entries=last.size, checkpoints=len(claims)).render())
    waiting = list(zip(claims, checkpoints, strict=True))
    written = 0
    for data in entries:
        waiting = _write_checkpoints(waiting, written, to)
        if written >= last.size:
            break
        to.write(b'{"entry":' + data + b',"hash":"' + leaf_hash(data).hex().encode() + b'"}\n')
        written += 1
    _write_checkpoints(waiting, last.size, to)
    return written


def _claim(note: str, number: int) -> Checkpoint:
    try:
        return peek(note)
    except InvalidInput as error:
        raise InvalidInput(f"stored checkpoint {number} cannot be exported: {error.message}") from None


def _write_checkpoints(waiting: list[tuple[Checkpoint, str]], size: int, to: BinaryIO) -> list[tuple[Checkpoint, str]]:
    """Write those over at most `size` entries and return the others."""
    for claim, note in waiting:
        if claim.size <= size:
            to.write(canonical({"checkpoint": note}) + b"\n")
    return [each for each in waiting if each[0].size > size]


def read_lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file opened in binary mode; an endless one comes in pieces, which are no lines of an export."""
    while line := file.readline(LINE_LIMIT):
        yield line


def read_header(line: bytes) -> Header:
    """The header in this line; raise `InvalidInput` for any other bytes."""
    try:
        header = Header.model_validate(decode(line))
    except ValidationError:
        raise InvalidInput("not the header of a ledger export") from None
    if header.render() != line:
        raise InvalidInput("not the canonical form of this header")
    return header


def read_entry(line: bytes) -> tuple[bytes, str] | None:
    """The entry's bytes and recorded hash, None if the line has another form."""
    parts = ENTRY.fullmatch(line)
    return (parts[1], parts[2].decode()) if parts else None


def read_checkpoint(line: bytes) -> str | None:
    """The note in a checkpoint's line, None if the line does not begin as one; `InvalidInput` if it is damaged."""
    if not line.startswith(CHECKPOINT):
        return None
    if not line.endswith(b"\n"):
        raise InvalidInput("the line is cut off")
    match parse(line[:-1]):
        case {"checkpoint": str(note), **rest} if not rest:
            return note
        case _:
            raise InvalidInput("not a checkpoint line")
