"""What a file of intelligence comes to, record by record: taken, refused with its place and reason, or passed over."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pydantic import Field

from engine.errors import InvalidInput
from engine.intel.values import canonical
from engine.model.base import Model
from engine.model.context import Indicator
from engine.model.finding import ObservableType
from engine.model.intel import WarningList

LONG_AGO, FAR_OFF = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Times outside these are mistakes of unit or clock."""
SHOWN = 200
"""Characters of a value or pattern that a refusal repeats."""


class Terms(Model):
    """What is known about a file that its records do not say themselves.

    `feed` is where it came from. `owner` and `confidence` stand in where a record names none, `valid_for` where it has
    no end. `one_feed` says that every record is this feed's, whatever the record calls its origin.
    """

    feed: str = Field(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$")
    one_feed: bool = False
    owner: str = Field(default="", max_length=200)
    confidence: float = Field(default=0.0, ge=0, le=1)
    valid_for: timedelta | None = None

    def end(self, seen_at: datetime, given: datetime | None) -> datetime | None:
        """When an indicator ends that says it does so at `given`, or does not say."""
        if given is not None or self.valid_for is None:
            return given
        return seen_at + self.valid_for


@dataclass
class Reading:
    """A whole file, read."""

    format: str
    indicators: list[Indicator] = field(default_factory=list)
    lists: list[WarningList] = field(default_factory=list)
    refused: list[InvalidInput] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


class Lines:
    """Tells line and column, both from 1, of a place in a text."""

    def __init__(self, file: str, text: str) -> None:
        """`file` is what refusals call it."""
        self._file, self._text = file, text
        self._starts: Sequence[int] = ()

    def refuse(self, message: str, offset: int) -> InvalidInput:
        """An error about what stands there."""
        if not self._starts:
            self._starts = [0, *(at + 1 for at, letter in enumerate(self._text) if letter == "\n")]
        line = bisect_right(self._starts, offset)
        return InvalidInput(message, file=self._file, line=line, column=offset - self._starts[line - 1] + 1)


def value_of(kind: ObservableType, text: str) -> str:
    """The canonical value, or `InvalidInput` without a place."""
    try:
        return canonical(kind, text)
    except ValueError as error:
        raise InvalidInput(str(error)) from None


def sane(at: datetime) -> datetime:
    """The instant in UTC; `ValueError` outside the years in which it can have been meant."""
    if not LONG_AGO <= at <= FAR_OFF:
        raise ValueError(f"{at.isoformat()} is not between 1990 and 2100")
    return at.astimezone(UTC)


def shown(text: str) -> str:
    """As much of what was read as a message repeats, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"
