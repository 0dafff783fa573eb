"""Intelligence as it is taken in: warning lists, and the record of each import."""

from enum import StrEnum

from pydantic import Field

from engine.model.base import AwareDatetime, Model, Text
from engine.model.context import WarningKind
from engine.model.finding import ObservableType


class Matching(StrEnum):
    """How a warning list's entries match a value (MISP's words)."""

    STRING = "string"
    SUBSTRING = "substring"
    HOSTNAME = "hostname"
    CIDR = "cidr"
    REGEX = "regex"


class WarningList(Model):
    """A list of well-known values; `types` are the kinds of observable it speaks of, none for all."""

    name: str = Field(min_length=1, max_length=200)
    version: int
    kind: WarningKind
    matching: Matching
    types: tuple[ObservableType, ...] = ()
    entries: tuple[str, ...]


class ImportCounts(Model):
    """What became of a file's records. `expired` are indicators and entries that no longer hold."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    expired: int = 0
    refused: int = 0


class IntelImport(Model):
    """One file taken in: what it was, by whom, and what became of it. `lists` are the warning lists in it."""

    id: str
    at: AwareDatetime
    by: str
    file: Text
    sha256: str
    format: str
    feed: str
    lists: tuple[str, ...] = ()
    counts: ImportCounts
    skipped: dict[str, int] = Field(default_factory=dict)
    problems: tuple[Text, ...] = ()
