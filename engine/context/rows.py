"""Records of line-based files, each with its place, so that whatever is wrong with one is told there."""

import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

from pydantic import BaseModel, ValidationError

from engine.errors import InvalidInput

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Row:
    """One line's values by field; the line itself, its fields in order and what parts them tell where a value stands.

    Without a separator the line is a JSON object.
    """

    file: str
    line: int
    values: Mapping[str, object]
    raw: str
    fields: Sequence[str] = ()
    separator: str = ""

    def refuse(self, message: str, field: str = "") -> InvalidInput:
        """An error about this line, or about one field of it."""
        return InvalidInput(message, file=self.file, line=self.line, column=self._column(field))

    def read(self, model: type[M], names: Mapping[str, str]) -> M:
        """This row as a model, whose fields `names` finds in the row; raise `InvalidInput` at the first wrong one."""
        try:
            return model.model_validate(
                {ours: self.values[name] for ours, name in names.items() if name in self.values}
            )
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            name = names[str(first["loc"][0])]
            text = first["msg"].removeprefix("Value error, ")
            message = "is missing" if first["type"] == "missing" else f"{text[:1].lower()}{text[1:]}"
            raise self.refuse(f"`{name}`: {message}", name) from error

    def _column(self, field: str) -> int:
        if not self.separator:
            return self.raw.find(f'"{field}"') + 1
        if field not in self.fields or '"' in self.raw:
            return 0
        before = self.raw.split(self.separator)[: self.fields.index(field)]
        return sum(len(value) + len(self.separator) for value in before) + 1


@contextmanager
def opened(path: Path) -> Iterator[IO[str]]:
    """The text of a file, gzipped or not; raise `InvalidInput` if it cannot be read."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as text:
            yield text
    except UnicodeDecodeError as error:
        raise InvalidInput("is not UTF-8 text", file=str(path)) from error
    except (OSError, EOFError, zlib.error) as error:
        why = error.strerror if isinstance(error, OSError) else None
        raise InvalidInput(f"cannot be read: {why or error}", file=str(path)) from error


def csv_rows(path: Path, lines: Iterator[str], columns: Sequence[str], required: Sequence[str]) -> Iterator[Row]:
    """Rows of a CSV file: a header of known columns, then one record a line; empty cells are left out."""
    file = str(path)
    header: Sequence[str] = ()
    for number, text in enumerate(lines, 1):
        line = text.rstrip("\r\n")
        cells = _cells(file, number, line)
        if not header:
            header = _header([cell.strip() for cell in cells], columns, required, file)
        elif cells:
            yield _row(file, number, line, header, cells)


def _cells(file: str, number: int, line: str) -> Sequence[str]:
    try:
        return next(csv.reader((line,), strict=True), [])
    except csv.Error as error:
        raise InvalidInput(f"is no CSV: {error}", file=file, line=number) from error


def _row(file: str, number: int, line: str, header: Sequence[str], cells: Sequence[str]) -> Row:
    if len(cells) != len(header):
        raise InvalidInput(f"{len(cells)} cells, but {len(header)} columns", file=file, line=number)
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}
    return Row(file, number, values, line, header, ",")


def _header(found: Sequence[str], columns: Sequence[str], required: Sequence[str], file: str) -> Sequence[str]:
    if set(required) <= set(found) <= set(columns) and len(set(found)) == len(found):
        return found
    expected = ", ".join(name if name in required else f"[{name}]" for name in columns)
    message = f"the first line must name the columns {expected}; it is `{','.join(found)[:200]}`"
    raise InvalidInput(message, file=file, line=1, column=1)
