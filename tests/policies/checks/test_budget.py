"""A budget is never overdrawn, and half of the site's is kept for what people approve."""

from collections.abc import Callable

import pytest

from engine.ports import BudgetLimits, Subject, Usage
from policies.checks.budget import Budget

Make = Callable[..., Subject]

SITE = BudgetLimits(points=20, site_points=60)


@pytest.mark.parametrize(
    ("limits", "usage", "outcome"),
    [
        (BudgetLimits(), Usage(hour=999, points_hour=999), "pass"),
        (BudgetLimits(hour=5), Usage(), "pass"),
        (BudgetLimits(hour=5), Usage(hour=3), "pass"),
        (BudgetLimits(hour=5), Usage(hour=4), "warn"),
        (BudgetLimits(hour=5), Usage(hour=5), "block"),
        (BudgetLimits(hour=1), Usage(), "pass"),
        (BudgetLimits(hour=0), Usage(), "block"),
        (BudgetLimits(day=20), Usage(day=14), "warn"),
        (BudgetLimits(day=20), Usage(day=20), "block"),
        (BudgetLimits(in_force=2), Usage(in_force=2), "block"),
        (BudgetLimits(hour=5, day=20, in_force=2), Usage(hour=1, day=1, in_force=1), "pass"),
    ],
)
def test_counts(make: Make, limits: BudgetLimits, usage: Usage, outcome: str) -> None:
    assert Budget().run(make(limits=limits, usage=usage)).outcome == outcome


@pytest.mark.parametrize(
    ("changes", "usage", "outcome"),
    [
        ({"tier": 2}, Usage(points_hour=10, points_hour_automatic=10), "pass"),
        ({"tier": 2}, Usage(points_hour=11, points_hour_automatic=11), "block"),
        ({"tier": 2}, Usage(points_hour=41, points_hour_automatic=0), "block"),
        ({"tier": 3}, Usage(points_hour=30, points_hour_automatic=30), "pass"),
        ({"tier": 3, "state": "authorised"}, Usage(points_hour=30, points_hour_automatic=30), "block"),
        ({"tier": 3, "state": "authorised", "approved": True}, Usage(points_hour=40), "pass"),
        ({"tier": 3, "state": "authorised", "approved": True}, Usage(points_hour=41), "block"),
    ],
)
def test_points(make: Make, changes: dict[str, object], usage: Usage, outcome: str) -> None:
    assert Budget().run(make(limits=SITE, usage=usage, **changes)).outcome == outcome


def test_every_spent_limit_is_named(make: Make) -> None:
    subject = make(limits=BudgetLimits(hour=5, day=9, in_force=1), usage=Usage(hour=5, day=9, in_force=0))
    assert Budget().run(subject).summary == "budget spent: this hour 5 of 5, today 9 of 9"


def test_a_notice_costs_nothing(make: Make) -> None:
    assert Budget().run(make("notify", "files-02", limits=BudgetLimits(hour=0))).outcome == "pass"
