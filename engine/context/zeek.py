"""Zeek's logs: tab-separated with a header of `#` lines, or one JSON object a line.

Format: https://docs.zeek.org/en/master/log-formats.html. Logs joined together are read: each `#fields` line holds for
what follows it.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.context.rows import Row
from engine.errors import InvalidInput

_SEPARATOR = "#separator "


def rows(path: Path, lines: Iterator[str]) -> Iterator[Row]:
    """One row a record; unset and empty fields are left out."""
    header = _Header(str(path))
    for number, text in enumerate(lines, 1):
        line = text.rstrip("\r\n")
        if line.startswith("#"):
            header.read(line, number)
        elif line.startswith("{"):
            yield _json_row(header.file, number, line)
        elif line:
            yield header.row(line, number)


class _Header:
    """What the `#` lines have said so far."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._separator = "\t"
        self._absent = {"-", "(empty)"}
        self._fields: Sequence[str] = ()

    def read(self, line: str, number: int) -> None:
        if line.startswith(_SEPARATOR):
            self._separator = self._unescaped(line.removeprefix(_SEPARATOR), number)
            return
        name, *values = line.split(self._separator)
        if name == "#fields":
            self._fields = values
        elif name in ("#unset_field", "#empty_field") and values:
            self._absent = self._absent | {values[0]}

    def row(self, line: str, number: int) -> Row:
        values = line.split(self._separator)
        if len(values) != len(self._fields):
            why = f"{len(values)} values, {len(self._fields)} fields" if self._fields else "no `#fields` line before"
            raise InvalidInput(why, file=self.file, line=number)
        named = zip(self._fields, values, strict=True)
        present = {name: value for name, value in named if value not in self._absent}
        return Row(self.file, number, present, line, self._fields, self._separator)

    def _unescaped(self, text: str, number: int) -> str:
        try:
            return bytes.fromhex(text.replace("\\x", "")).decode("ascii") if text.startswith("\\x") else text
        except ValueError:
            raise InvalidInput(f"separator `{text}` is none", file=self.file, line=number) from None


def _json_row(file: str, number: int, line: str) -> Row:
    try:
        values = json.loads(line)
    except json.JSONDecodeError as error:
        raise InvalidInput(f"is no JSON: {error.msg.lower()}", file=file, line=number, column=error.colno) from error
    except RecursionError as error:
        raise InvalidInput("is nested too deeply", file=file, line=number) from error
    return Row(file, number, values, line)
