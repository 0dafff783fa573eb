"""Counting what became of the records of one intake run."""

from collections import Counter

from detectors.intake.reader import Accepted, Item, Skipped
from engine.model.base import Model
from engine.model.intake import DeadLetter

REASONS = 100
"""Reasons counted apart; the rest is counted together."""

_REST = "other records that are no alerts"


class Summary(Model):
    """How many files and records were read, and what became of them; `findings` counts each new finding once."""

    files: int
    records: int
    findings: int
    duplicates: int
    skipped: dict[str, int]
    dead_letters: int


class Tally:
    """Counts items as they pass; remembers 64 bits of every id, so a million findings take some 100 MB."""

    def __init__(self) -> None:
        """Everything is zero."""
        self._files = 0
        self._records = 0
        self._duplicates = 0
        self._known = 0
        self._dead_letters = 0
        self._ids: set[str] = set()
        self._skipped: Counter[str] = Counter()

    def count_file(self) -> None:
        """Count one more file; one that could not be opened is none."""
        self._files += 1

    def known_already(self, count: int) -> None:
        """So many of the findings that were new in this run are none to who got them."""
        self._known += count

    def add(self, item: Item) -> bool:
        """Count one item; True where it is a finding seen for the first time in this run."""
        self._records += 1
        match item:
            case Accepted(finding=finding):
                return self._is_new(finding.id)
            case Skipped(reason=reason):
                known = reason in self._skipped or len(self._skipped) < REASONS
                self._skipped[reason if known else _REST] += 1
            case DeadLetter():
                self._dead_letters += 1
        return False

    def _is_new(self, finding_id: str) -> bool:
        if finding_id in self._ids:
            self._duplicates += 1
            return False
        self._ids.add(finding_id)
        return True

    def summary(self) -> Summary:
        """The counts so far, reasons in alphabetical order."""
        return Summary(
            files=self._files,
            records=self._records,
            findings=len(self._ids) - self._known,
            duplicates=self._duplicates + self._known,
            skipped=dict(sorted(self._skipped.items())),
            dead_letters=self._dead_letters,
        )
