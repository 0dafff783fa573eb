"""How much may be changed in an hour, in a day and at once."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from engine.model.authored import Count, Line, Name, Share
from engine.model.base import Model


@dataclass(frozen=True)
class Charged:
    """What a request counts against besides the site: a budget, a detector version and a segment; empty is none."""

    budget: str
    detector: str = ""
    segment: str = ""


@dataclass(frozen=True)
class Usage:
    """What stands reserved against one budget right now."""

    hour: int = 0
    day: int = 0
    in_force: int = 0
    points_hour: int = 0
    points_hour_automatic: int = 0
    detector_points_hour: int = 0
    """Of the detector version that asks, without approval; so are those of the target's segment."""
    segment_hour: int = 0
    segment_day: int = 0
    segment_points_hour: int = 0
    segment_in_force: int = 0
    """Of the target's segment, with approval or without."""


@dataclass(frozen=True)
class BudgetLimits:
    """What the policy allows for this action and class; None is no limit.

    A request counts as `weight` in its own row and costs the site `points`; without approval `automatic_points` of
    `site_points` may be spent, and from the share `warn_at` of any limit on people are told.
    """

    hour: int | None = None
    day: int | None = None
    in_force: int | None = None
    points: int = 0
    site_points: int | None = None
    automatic_points: int = 0
    warn_at: float = 1.0
    detector_points: int | None = None  # this and what follows: what may be spent without approval
    segment_hour: int | None = None
    segment_day: int | None = None
    segment_points: int | None = None
    segment_in_force: int | None = None
    weight: int = 1


class Counted(StrEnum):
    """What a budget counts of a request: the one effect, or all things that it names (`target.count`)."""

    EFFECTS = "effects"
    THINGS = "things"


class Budget(Model):
    """Blast radius of some actions: in an hour, in a day, in force at once.

    `share` of the class may be in force, but `at_least` and `at_most` so many; it replaces `in_force`.
    """

    id: Name
    actions: Annotated[tuple[Name, ...], Field(min_length=1)]
    when: Line = "true"
    hour: Count | None = None
    day: Count | None = None
    in_force: Count | None = None
    share: Share | None = None
    at_least: Count = 1
    at_most: Count | None = None
    counts: Counted = Counted.EFFECTS


class SiteBudget(Model):
    """Points of the whole site in an hour; the share kept for people is out of reach for what acts by itself.

    Of the points, what one detector version asks for may spend `detector_share` without approval. From
    `detector_findings_hour` findings of one detector version in an hour on, the rest are gathered and not answered.
    """

    points_hour: Count
    kept_for_people: Share
    detector_share: Share
    detector_findings_hour: Annotated[int, Field(ge=1)] | None = None
    warn_at: Share


class SegmentBudget(Model):
    """What may be done in any one segment without approval: effects in an hour, in a day, and their points.

    Of the assets known to stand there `share` may be under effects in force at once, but `at_least` and `at_most` so
    many; those that people approved count in.
    """

    hour: Count | None = None
    day: Count | None = None
    points_hour: Count | None = None
    share: Share | None = None
    at_least: Count = 1
    at_most: Count | None = None


class Points(Model):
    """What one effect costs, by the criticality of its target."""

    low: Count
    standard: Count
    high: Count
    critical: Count


class Budgets(Model):
    """All budgets; of several rows that match, the tightest counts. `segment` holds for every segment by itself."""

    site: SiteBudget
    segment: SegmentBudget = SegmentBudget()
    points: Points
    rows: tuple[Budget, ...] = ()
