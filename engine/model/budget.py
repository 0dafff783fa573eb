"""How much may be changed in an hour, in a day and at once."""

from typing import Annotated

from pydantic import Field

from engine.model.authored import Count, Line, Name, Share
from engine.model.base import Model


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


class SiteBudget(Model):
    """Points of the whole site in an hour; the share kept for people is out of reach for what acts by itself."""

    points_hour: Count
    kept_for_people: Share
    detector_share: Share
    warn_at: Share


class Points(Model):
    """What one effect costs, by the criticality of its target."""

    low: Count
    standard: Count
    high: Count
    critical: Count


class Budgets(Model):
    """All budgets; of several that match, the tightest counts."""

    site: SiteBudget
    points: Points
    rows: tuple[Budget, ...] = ()
