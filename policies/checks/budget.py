"""Is there blast radius left?"""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.context.reach import places_taken
from engine.model.budget import BudgetLimits, Usage
from engine.model.check import CheckResult
from engine.ports import Subject
from policies.answers import blocked, by_people, harmless, passed, warned


@dataclass(frozen=True)
class Line:
    """One limit: what is used of it now, and what this request would add."""

    kind: str
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

    What stands reserved does not yet hold this request; the place of what it would prolong or share it does.
    """

    id: str = "budget"

    def run(self, subject: Subject) -> CheckResult:
        """Hold every limit against its use."""
        if harmless(subject):
            return passed(self, "changes nothing")
        lines = tuple(_lines(subject))
        over = [str(line) for line in lines if line.over]
        if over:
            kinds = sorted({line.kind for line in lines if line.over})
            return blocked(self, "budget spent: " + ", ".join(over), {"over": [*kinds]})
        near = [str(line) for line in lines if line.used >= subject.limits.warn_at * line.limit]
        return warned(self, "budget nearly spent: " + ", ".join(near)) if near else passed(self, "within budget")


def _lines(subject: Subject) -> Iterator[Line]:
    for kind, name, used, adds, limit in _counted(subject):
        if limit is not None:
            yield Line(kind, name, used, adds, limit)


def _counted(subject: Subject) -> Iterator[tuple[str, str, int, int, int | None]]:
    usage, limits = subject.usage, subject.limits
    yield "key", "this hour", usage.hour, limits.weight, limits.hour
    yield "key", "today", usage.day, limits.weight, limits.day
    if not subject.shares:
        yield "key", "in force", usage.in_force, limits.weight, limits.in_force
    yield "site", "site points this hour", usage.points_hour, limits.points, limits.site_points
    if not by_people(subject):
        yield from _without_approval(usage, limits)
    if not (subject.shares or by_people(subject)):
        hosts = places_taken(subject.context, subject.request.target)
        yield "segment", "in force in its segment", usage.segment_in_force, hosts, limits.segment_in_force


def _without_approval(usage: Usage, limits: BudgetLimits) -> Iterator[tuple[str, str, int, int, int | None]]:
    """What acts by itself has less of the site, and limits for its detector version and segment besides."""
    points, site = limits.points, None if limits.site_points is None else limits.automatic_points
    yield "site", "site points this hour without approval", usage.points_hour_automatic, points, site
    yield "detector", "points of its detector this hour", usage.detector_points_hour, points, limits.detector_points
    yield "segment", "in its segment this hour", usage.segment_hour, 1, limits.segment_hour
    yield "segment", "in its segment today", usage.segment_day, 1, limits.segment_day
    yield "segment", "points of its segment this hour", usage.segment_points_hour, points, limits.segment_points
