"""What a verification found, each problem at its place, and no flood of them."""

from dataclasses import dataclass, field

from engine.model.base import Model

LISTED = 20
"""Problems told in full; the first ones say where it began."""


class Problem(Model):
    """One thing that does not hold. `line` is that of the export, where there is one (1-based)."""

    place: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        """As people read it: `line 19: entry 17 (request/AR-0004 #3): …`."""
        where = f"line {self.line}"
        return ": ".join(([] if self.line is None or self.place == where else [where]) + [self.place, self.message])


class Report(Model):
    """The answer: how many entries were read, how many of them a checkpoint that holds covers, and what is wrong.

    The first problem is where the record first differs from what was signed, as exactly as that can be known.
    """

    entries: int
    sealed: int
    verified: bool
    problems: tuple[Problem, ...] = ()


@dataclass
class Findings:
    """Collects problems up to the limit and counts the rest."""

    problems: list[Problem] = field(default_factory=list)
    unlisted: int = 0

    def add(self, place: str, message: str, line: int | None = None) -> None:
        """Note one problem."""
        if len(self.problems) < LISTED:
            self.problems.append(Problem(place=place, message=message, line=line))
        else:
            self.unlisted += 1

    def report(self, entries: int, sealed: int) -> Report:
        """The report over all that was added; the last problem says how many are not listed."""
        problems = tuple(self.problems)
        if self.unlisted:
            problems += (Problem(place="ledger", message=f"{self.unlisted} more problems are not listed"),)
        return Report(entries=entries, sealed=sealed, verified=not problems, problems=problems)
