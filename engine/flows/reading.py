"""Reading a file of flow records as a stream, whatever its size, and counting what becomes of each line.

Rules: 1. A line that cannot be read is counted and told at its place; the lines around it count. 2. No line takes more
memory than `LONGEST`, and of what is wrong at most `TOLD` lines are told. 3. Where more than a tenth of the lines
cannot be read this is no flow log of that format: nothing of it counts.
"""

import gzip
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from engine.errors import InvalidFile, InvalidInput
from engine.flows.formats import READERS, FlowFormat, recognised
from engine.flows.records import Record, Unreadable

LONGEST = 65536
"""Bytes of a line."""
TOLD = 20
BROKEN_SHARE = 0.1


@dataclass
class Reading:
    """What became of one file's lines so far."""

    file: str
    format: FlowFormat | None = None
    lines: int = 0
    unended: bool = False
    """Whether the line now read is the last one, and nothing ends it: it may still be written."""
    records: int = 0
    broken: int = 0
    cut_off: int = 0
    passed: Counter[str] = field(default_factory=Counter)
    problems: list[InvalidInput] = field(default_factory=list)

    @property
    def whole_lines(self) -> int:
        """The lines that are done with, however the file may grow."""
        return self.lines - self.cut_off

    def refuse(self, why: str, column: int = 0) -> None:
        """Count a line that cannot be read (rule 1); one that is still being written waits for the next time."""
        if self.unended:
            self.cut_off = 1
            return
        self.broken += 1
        if len(self.problems) < TOLD:
            self.problems.append(InvalidInput(why, file=self.file, line=self.lines, column=column))

    def judge(self) -> None:
        """Raise `InvalidFile` where too much of the file could not be read (rule 3)."""
        if self.broken > BROKEN_SHARE * (self.broken + self.records + self.passed.total()):
            raise InvalidFile(tuple(self.problems))


def read_records(path: Path, reading: Reading, wanted: FlowFormat | None = None, after: int = 0) -> Iterator[Record]:
    """The records of a file after its first `after` lines; raise `InvalidInput` where the file is none of ours."""
    with _opened(path) as stream:
        lines = _lines(stream, reading)
        first = next(lines, None)
        if first is None:
            return
        reading.format = wanted or recognised(first, reading.file)
        reader = READERS[reading.format]()
        line: str | None = first
        while line is not None:
            try:
                found = reader.read(line)
            except Unreadable as error:
                reading.refuse(_told(error), _column(line, error.field, reading.format))
            else:
                if isinstance(found, Record):
                    reading.records += 1
                    if reading.lines > after:
                        yield found
                elif found:
                    reading.passed[found] += 1
            line = next(lines, None)


def _lines(stream: IO[bytes], reading: Reading) -> Iterator[str]:
    """The lines that hold something, each within bounds (rule 2)."""
    while raw := stream.readline(LONGEST + 1):
        reading.lines += 1
        reading.unended = not raw.endswith(b"\n") and len(raw) <= LONGEST
        if len(raw) > LONGEST and not raw.endswith(b"\n"):
            while rest := stream.readline(LONGEST):
                if rest.endswith(b"\n"):
                    break
            reading.refuse(f"is longer than {LONGEST} bytes")
            continue
        try:
            text = raw.decode("utf-8").strip("\r\n\ufeff")
        except UnicodeDecodeError:
            reading.refuse("is not UTF-8 text")
            continue
        if text.strip():
            yield text


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            yield cast(IO[bytes], stream)  # both read bytes; typeshed does not say so of `GzipFile`
    except (OSError, EOFError, zlib.error) as error:
        why = error.strerror if isinstance(error, OSError) else None
        raise InvalidInput(f"cannot be read: {why or error}", file=str(path)) from error


def _told(error: Unreadable) -> str:
    return f"`{error.field}`: {error}" if error.field else str(error)


def _column(line: str, name: str, kind: FlowFormat) -> int:
    """Where a JSON field stands in its line; 0 where the line is no JSON."""
    json = kind in (FlowFormat.EVE, FlowFormat.ZEEK_JSON)
    return line.find(f'"{name}":') + 1 if json and name else 0
