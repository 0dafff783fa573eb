"""What commands print: JSON for programs, aligned lines for a pipe, colour only for a terminal.

A command shows each result once through `Output`, which knows for whom it is. Errors and notes go to stderr, so
that stdout under `--json` holds JSON and nothing else.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

Row = Sequence[str]
Shown = Mapping[str, object] | BaseModel
"""A JSON object, or models of ours that become one."""


@dataclass(frozen=True)
class Output:
    """Where one command's results go; `json` is its `--json`."""

    json: bool = False

    def show(self, value: Shown, lines: Iterable[str]) -> None:
        """One result: `value` for a program, `lines` for a person."""
        if self.json:
            print(as_json(value), flush=True)
            return
        for line in lines:
            print(printable(line), flush=True)

    def table(self, value: Shown, columns: Row, rows: Iterable[Row], *, empty: str) -> None:
        """A list: `value` for a program, a table for a person, and what to say where it is empty."""
        if self.json:
            print(as_json(value))
            return
        found = [[printable(cell) for cell in row] for row in rows]
        if not found:
            note(empty)
        elif sys.stdout.isatty():
            _draw(columns, found)
        else:
            _align([columns, *found])


def as_json(value: Shown) -> str:
    """One line of JSON; text stays readable."""
    return json.dumps(value, ensure_ascii=False, default=to_jsonable_python)


def note(line: str) -> None:
    """Say something beside the result, on stderr."""
    print(printable(line), file=sys.stderr)


def printable(text: str) -> str:
    """`text` without anything that a terminal would obey: what came from outside must not move its cursor."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _align(rows: Sequence[Row]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def _draw(columns: Row, rows: Iterable[Row]) -> None:
    # Imported here, because most commands write to a pipe or print lines.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        # Text, not str: what came from outside must not be read as markup.
        table.add_row(*map(Text, row))
    Console().print(table)
