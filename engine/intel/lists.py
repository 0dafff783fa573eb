"""Indicators from CSV lists.

Columns: `type` (ip, domain, hash, url, email), `value` (an address or network, a name, …), `origin` (the feed and
list), `owner` (whose observation it is: copies of one feed have one owner), `seen_at` (ISO 8601 with an offset),
`confidence` (0 to 1), and optionally `warnings` (`cdn;shared`), `valid_until`, `tlp`, `pap` and `id` (the record's own,
kept in every copy of it). A list that is imported may leave out what the terms of its import say instead.
"""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from engine.context.parts import Name
from engine.context.places import place
from engine.context.rows import Row, csv_rows, opened
from engine.errors import InvalidInput
from engine.intel.markings import limits
from engine.intel.records import Reading, Terms, sane, value_of
from engine.model.base import AwareDatetime, Model
from engine.model.context import Indicator, Pap, Tlp
from engine.model.finding import ObservableType

COLUMNS = (
    "type", "value", "origin", "owner", "seen_at", "confidence", "warnings", "valid_until", "tlp", "pap", "id",
)  # fmt: skip
REQUIRED = COLUMNS[:6]
"""What a list of the context file must have; who imports one answers for the rest."""
NEEDED = ("type", "value", "seen_at")
"""What a list that is imported must have."""
NAMES = {name: name for name in COLUMNS}

Warnings = Annotated[tuple[str, ...], BeforeValidator(lambda text: [one.strip() for one in str(text).split(";")])]


class _Row(Model):
    type: Literal["ip", "domain", "hash", "url", "email"]
    value: Name
    origin: Name | None = None
    owner: Name | None = None
    seen_at: AwareDatetime
    confidence: float | None = Field(default=None, ge=0, le=1)
    warnings: Warnings = ()
    valid_until: AwareDatetime | None = None
    tlp: Tlp | None = None
    pap: Pap | None = None
    id: str = ""

    @field_validator("tlp", "pap", mode="before")
    @classmethod
    def _is_a_limit(cls, value: str, info: ValidationInfo) -> str:
        system = str(info.field_name)
        colour = value.lower().removeprefix(f"{system}:").strip()
        found = limits([f"{system}:{colour}"])
        return str(found[0] or found[1])


class _Listed(_Row):
    origin: Name
    owner: Name
    confidence: float = Field(ge=0, le=1)

    @field_validator("value")
    @classmethod
    def _is_what_it_says(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("type") == ObservableType.IP and place(value) is None:
            raise ValueError(f"`{value}` is neither an address nor a network")
        return value


def read_indicators(path: Path) -> Iterator[Indicator]:
    """The indicators of a list in its order; raise `InvalidInput` at the first line that cannot be read."""
    with opened(path) as lines:
        for row in csv_rows(path, lines, COLUMNS, REQUIRED):
            listed = row.read(_Listed, NAMES)
            yield _indicator(listed, listed.value, listed.origin, listed.owner, listed.confidence, listed.valid_until)


def read_csv(file: str, text: str, terms: Terms) -> Reading:
    """A list to import; a line that cannot be read is refused, the rest taken. Raise `InvalidInput` for the header."""
    reading, lines = Reading("csv"), [line.rstrip("\r") for line in text.split("\n")]
    header = _header(file, lines)
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        try:
            reading.indicators.append(_imported(_row(file, number, line, header), terms))
        except InvalidInput as error:
            reading.refused.append(error)
    return reading


def _imported(row: Row, terms: Terms) -> Indicator:
    listed = row.read(_Row, NAMES)
    try:
        value = value_of(ObservableType(listed.type), listed.value)
        seen_at = sane(listed.seen_at)
    except (InvalidInput, ValueError) as error:
        raise row.refuse(str(error), "value" if isinstance(error, InvalidInput) else "seen_at") from None
    origin = terms.feed if terms.one_feed or listed.origin is None else listed.origin
    confidence = terms.confidence if listed.confidence is None else listed.confidence
    end = terms.end(seen_at, listed.valid_until)
    return _indicator(listed, value, origin, listed.owner or terms.owner, confidence, end)


def _indicator(listed: _Row, value: str, origin: str, owner: str, confidence: float, end: datetime | None) -> Indicator:
    return Indicator(
        type=listed.type,
        value=value,
        origin=origin,
        owner=owner,
        seen_at=listed.seen_at.astimezone(UTC),
        confidence=confidence,
        warnings=listed.warnings,
        valid_until=None if end is None else end.astimezone(UTC),
        tlp=listed.tlp,
        pap=listed.pap,
        source_id=listed.id,
    )


def _header(file: str, lines: Sequence[str]) -> Sequence[str]:
    """The names of the columns, which `csv_rows` judges."""
    first = "".join(lines[:1])
    list(csv_rows(Path(file), iter([first]), COLUMNS, NEEDED))
    return [name.strip() for name in next(csv.reader([first]), [])]


def _row(file: str, number: int, line: str, header: Sequence[str]) -> Row:
    try:
        cells = next(csv.reader((line,), strict=True), [])
    except csv.Error as error:
        raise InvalidInput(f"is no CSV: {error}", file=file, line=number) from None
    if len(cells) != len(header):
        raise InvalidInput(f"{len(cells)} cells, but {len(header)} columns", file=file, line=number)
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}
    return Row(file, number, values, line, header, ",")
