"""What a judge found: faults by kind, and how late the latest release was."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["lost", "doubled", "late", "disagreement"]


@dataclass(frozen=True)
class Span:
    """A stretch of time, in seconds since 1970."""

    start: float
    end: float


@dataclass(frozen=True)
class Fault:
    """One thing that must not be; `subjects` are those whose timeline tells more."""

    kind: Kind
    text: str
    subjects: tuple[str, ...] = ()


@dataclass
class Verdict:
    """All of them."""

    faults: list[Fault] = field(default_factory=list)
    latest_s: float = 0.0

    def add(self, kind: Kind, text: str, *subjects: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(kind, text, subjects))

    def require(self, holds: bool, kind: Kind, text: str, *subjects: str) -> None:
        """Note a fault unless this holds."""
        if not holds:
            self.add(kind, text, *subjects)

    def count(self, kind: Kind) -> int:
        """How many of a kind there are."""
        return sum(fault.kind == kind for fault in self.faults)


def longest_service(since: float, until: float, away: Sequence[Span]) -> float:
    """The longest stretch between two instants in which nothing was away (I3 counts from when both answer again)."""
    longest, start = 0.0, since
    for span in _merged(away):
        if span.end <= since or span.start >= until:
            continue
        longest, start = max(longest, span.start - start), max(start, span.end)
    return max(longest, until - start)


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged
