"""Is there blast radius left?"""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.model.check import CheckResult
from engine.ports import Subject
from policies.answers import blocked, by_people, harmless, passed, warned


@dataclass(frozen=True)
class Line:
    """One limit: what is used of it now, and what this request would add."""

    name: str
    used: int
    adds: int
    limit: int

    @property
    def over(self) -> bool:
        """Whether this request does not fit any more (I6)."""
        return self.used + self.adds > self.limit

    def __str__(self) -> str:
        return f"{self.name} {self.used} of {self.limit}"


@dataclass(frozen=True)
class Budget:
    """Blocks what would overdraw a limit of the policy, and warns where the share it names is used already.

    What stands reserved does not yet hold this request.
    """

    id: str = "budget"

    def run(self, subject: Subject) -> CheckResult:
        """Hold every limit against its use."""
        if harmless(subject):
            return passed(self, "changes nothing")
        lines = tuple(_lines(subject))
        over = [str(line) for line in lines if line.over]
        if over:
            return blocked(self, "budget spent: " + ", ".join(over), {"over": [*over]})
        near = [str(line) for line in lines if line.used >= subject.limits.warn_at * line.limit]
        return warned(self, "budget nearly spent: " + ", ".join(near)) if near else passed(self, "within budget")


def _lines(subject: Subject) -> Iterator[Line]:
    usage, limits = subject.usage, subject.limits
    counted = (
        ("this hour", usage.hour, 1, limits.hour),
        ("today", usage.day, 1, limits.day),
        ("in force", usage.in_force, 1, limits.in_force),
        ("site points this hour", usage.points_hour, limits.points, limits.site_points),
    )
    yield from (Line(name, used, adds, limit) for name, used, adds, limit in counted if limit is not None)
    if limits.site_points is not None and not by_people(subject):
        name = "site points this hour without approval"
        yield Line(name, usage.points_hour_automatic, limits.points, limits.automatic_points)
