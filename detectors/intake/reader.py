"""Reading an input record by record: every record ends as a finding, as skipped with its reason, or as a dead letter.

Nothing in the input stops the reading, only the input itself: a file that cannot be opened raises `InvalidInput`, one
that breaks off (a damaged archive, an unreadable disk) leaves a dead letter at the place it got to.
"""

import gzip
import io
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from detectors.intake import FORMATS
from detectors.intake.framing import Malformed, Record, pieces
from detectors.intake.window import Readable, Window
from engine.errors import InvalidInput
from engine.model.base import Model
from engine.model.finding import Finding
from engine.model.intake import DeadLetter
from engine.ports import IntakeFormat

STDIN = "-"
"""The path that means standard input."""


class Accepted(Model):
    """An alert, normalised."""

    finding: Finding


class Skipped(Model):
    """A sound record that is no alert; `reason` is what it is instead."""

    reason: str
    line: int


Item = Accepted | Skipped | DeadLetter


def read(
    source: Path | str | Readable,
    format: str = "auto",
    name: str = "<input>",
    known: Sequence[IntakeFormat] = FORMATS,
) -> Iterator[Item]:
    """Every record of a file, of standard input (`-`), or of an open stream that is called `name`.

    `format` is the name of one that is `known`, or `auto` to ask them about every record. Files that end in `.gz` are
    unpacked. Raises `InvalidInput` for an unknown format and for a file that cannot be opened.
    """
    formats = _chosen(format, known)
    if isinstance(source, (Path, str)):
        name = "<stdin>" if str(source) == STDIN else str(source)
    with _opened(source) as stream:
        window = Window(stream)
        try:
            for piece in pieces(window):
                yield _item(piece, formats, name)
        except (OSError, EOFError, zlib.error) as error:
            yield _dead(name, window.line, window.column, f"reading broke off here: {error}", "")


def _chosen(format: str, known: Sequence[IntakeFormat]) -> Sequence[IntakeFormat]:
    chosen = [one for one in known if format in ("auto", one.name)]
    if not chosen:
        names = ", ".join(one.name for one in known)
        raise InvalidInput(f"no format `{format}`; there are: auto, {names}")
    return chosen


def _opened(source: Path | str | Readable) -> AbstractContextManager[Readable]:
    if not isinstance(source, (Path, str)):
        return nullcontext(source)
    if str(source) == STDIN:
        return nullcontext(_standard_input())
    try:
        return gzip.open(source, "rb") if str(source).endswith(".gz") else Path(source).open("rb")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InvalidInput(f"cannot be opened: {reason.lower()}", file=str(source)) from None


def _standard_input() -> Readable:
    stream = sys.stdin.buffer
    if not isinstance(stream, io.BufferedIOBase):
        raise InvalidInput("cannot be opened: no stream of bytes", file="<stdin>")
    return stream


def _item(piece: Record | Malformed, formats: Sequence[IntakeFormat], file: str) -> Item:
    if isinstance(piece, Malformed):
        return _dead(file, piece.line, piece.column, piece.message, piece.raw)
    known = next((known for known in formats if known.recognises(piece.value)), None)
    if known is None:
        return _dead(file, piece.line, piece.column, _unrecognised(piece, formats), piece.raw)
    try:
        finding = known.normalise(piece.value, file, piece.line)
    except InvalidInput as error:
        return _dead(file, piece.line, piece.column, f"{known.name}: {error.message}", piece.raw)
    if finding is None:
        return Skipped(reason=f"{known.name}: {known.kind(piece.value)}", line=piece.line)
    return Accepted(finding=finding)


def _unrecognised(record: Record, formats: Sequence[IntakeFormat]) -> str:
    fields = ", ".join(f"`{field[:40]}`" for field in list(record.value)[:4]) or "none"
    names = " or ".join(known.name for known in formats)
    return f"not recognised as {names}: the first fields are {fields}"


def _dead(file: str, line: int, column: int, message: str, raw: str) -> DeadLetter:
    # What was no UTF-8, or no text at all, is kept readable and storable.
    return DeadLetter(file=file, line=line, column=column, message=_storable(message), raw=_storable(raw))


def _storable(text: str) -> str:
    raw = text.encode("utf-8", "surrogateescape") if _escaped(text) else text.encode("utf-8", "backslashreplace")
    return raw.decode("utf-8", "backslashreplace")


def _escaped(text: str) -> bool:
    return all("\udc80" <= char <= "\udcff" for char in text if "\ud800" <= char <= "\udfff")
