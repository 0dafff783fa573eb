"""Indicators from CSV lists.

Columns: `type` (ip, domain, hash, url, email), `value` (an address or network, a name, …), `origin` (the feed and
list), `owner` (whose observation it is: copies of one feed have one owner), `seen_at` (ISO 8601 with an offset),
`confidence` (0 to 1), and optionally `warnings` (`cdn;shared`).
"""

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from engine.context.parts import Name
from engine.context.places import place
from engine.context.rows import csv_rows, opened
from engine.model.base import AwareDatetime, Model
from engine.model.context import Indicator
from engine.model.finding import ObservableType

COLUMNS = ("type", "value", "origin", "owner", "seen_at", "confidence", "warnings")
REQUIRED = COLUMNS[:6]

Warnings = Annotated[tuple[str, ...], BeforeValidator(lambda text: [one.strip() for one in str(text).split(";")])]


class _Listed(Model):
    type: Literal["ip", "domain", "hash", "url", "email"]
    value: Name
    origin: Name
    owner: Name
    seen_at: AwareDatetime
    confidence: float = Field(ge=0, le=1)
    warnings: Warnings = ()

    @field_validator("value")
    @classmethod
    def _is_what_it_says(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("type") == ObservableType.IP and place(value) is None:
            raise ValueError(f"`{value}` is neither an address nor a network")
        return value


def read_indicators(path: Path) -> Iterator[Indicator]:
    """The indicators of a list in its order; raise `InvalidInput` at the first line that cannot be read."""
    names = {name: name for name in COLUMNS}
    with opened(path) as lines:
        for row in csv_rows(path, lines, COLUMNS, REQUIRED):
            listed = row.read(_Listed, names)
            yield Indicator(**listed.model_dump() | {"seen_at": listed.seen_at.astimezone(UTC)})
