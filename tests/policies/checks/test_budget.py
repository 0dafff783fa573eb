"""A budget of the policy is never overdrawn, and a part of the site's is kept for what people approve (I6)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from engine.model.budget import BudgetLimits, Usage
from engine.ports import Subject
from policies.checks.budget import Budget

Make = Callable[..., Subject]

EARLY = 0.7
APPROVED = {"tier": 3, "state": "authorised", "approved": True}
COUNTED = ["hour", "day", "in_force"]


@pytest.mark.parametrize("window", COUNTED)
@pytest.mark.parametrize(
    ("limit", "used", "outcome"),
    [
        (10, 0, "pass"),
        (10, 6, "pass"),  # one below what warns
        (10, 7, "warn"),
        (10, 8, "warn"),
        (10, 9, "warn"),  # the last that fits
        (10, 10, "block"),
        (10, 11, "block"),
        (1, 0, "pass"),
        (1, 1, "block"),
        (0, 0, "block"),
        (None, 999, "pass"),
    ],
)
def test_a_count_at_its_edges(make: Make, window: str, limit: int | None, used: int, outcome: str) -> None:
    limits = replace(BudgetLimits(warn_at=EARLY), **{window: limit})  # type: ignore[arg-type]
    subject = make(limits=limits, usage=replace(Usage(), **{window: used}))
    assert Budget().run(subject).outcome == outcome


@pytest.mark.parametrize(("warn_at", "outcome"), [(0.0, "warn"), (0.5, "warn"), (0.51, "pass"), (1.0, "pass")])
def test_the_policy_says_from_when_to_warn(make: Make, warn_at: float, outcome: str) -> None:
    subject = make(limits=BudgetLimits(hour=10, warn_at=warn_at), usage=Usage(hour=5))
    assert Budget().run(subject).outcome == outcome


@pytest.mark.parametrize("window", COUNTED)
def test_the_tightest_of_the_counts_decides(make: Make, window: str) -> None:
    limits, usage = BudgetLimits(hour=9, day=9, in_force=9), Usage(hour=1, day=1, in_force=1)
    assert Budget().run(make(limits=limits, usage=usage)).outcome == "pass"
    assert Budget().run(make(limits=limits, usage=replace(usage, **{window: 9}))).outcome == "block"


@pytest.mark.parametrize("cost", [1, 20])
@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        ({"tier": 1}, 30),
        ({"tier": 2}, 30),
        ({"tier": 2, "state": "authorised"}, 30),
        ({"tier": 3, "state": "authorised"}, 30),  # asked, but nobody approved it: silence is not consent
        ({"tier": 3}, 60),  # planned: people will have to approve it
        ({"tier": 4}, 60),
        (APPROVED, 60),
        ({**APPROVED, "tier": 1}, 60),
    ],
)
@pytest.mark.parametrize(("left", "fits"), [(1, True), (0, True), (-1, False)])
def test_points_at_their_edge(
    make: Make, changes: dict[str, object], limit: int, cost: int, left: int, fits: bool
) -> None:
    limits = BudgetLimits(points=cost, site_points=60, automatic_points=30)
    used = limit - cost - left
    subject = make(limits=limits, usage=Usage(points_hour=used, points_hour_automatic=used), **changes)
    assert (Budget().run(subject).outcome != "block") is fits


@pytest.mark.parametrize(
    ("changes", "usage", "outcome"),
    [
        ({"tier": 2}, Usage(points_hour=40, points_hour_automatic=0), "pass"),
        ({"tier": 2}, Usage(points_hour=41, points_hour_automatic=0), "block"),  # people spent what was left
        (APPROVED, Usage(points_hour=30, points_hour_automatic=30), "pass"),
        (APPROVED, Usage(points_hour=40, points_hour_automatic=30), "pass"),
        (APPROVED, Usage(points_hour=41, points_hour_automatic=30), "block"),
        (APPROVED, Usage(points_hour=0, points_hour_automatic=0), "pass"),
    ],
)
def test_what_people_approve_uses_the_kept_part_and_no_more_than_all(
    make: Make, changes: dict[str, object], usage: Usage, outcome: str
) -> None:
    limits = BudgetLimits(points=20, site_points=60, automatic_points=30)
    assert Budget().run(make(limits=limits, usage=usage, **changes)).outcome == outcome


@pytest.mark.parametrize(
    ("changes", "usage", "outcome"),
    [
        ({"tier": 2}, Usage(points_hour=20, points_hour_automatic=20), "pass"),
        ({"tier": 2}, Usage(points_hour=21, points_hour_automatic=21), "warn"),
        ({"tier": 2}, Usage(points_hour=42, points_hour_automatic=0), "warn"),
        (APPROVED, Usage(points_hour=41, points_hour_automatic=30), "pass"),
        (APPROVED, Usage(points_hour=42, points_hour_automatic=30), "warn"),
    ],
)
def test_points_warn_too(make: Make, changes: dict[str, object], usage: Usage, outcome: str) -> None:
    limits = BudgetLimits(points=1, site_points=60, automatic_points=30, warn_at=EARLY)
    assert Budget().run(make(limits=limits, usage=usage, **changes)).outcome == outcome


ALONE = [
    ("detector_points_hour", "detector_points", "detector"),
    ("segment_points_hour", "segment_points", "segment"),
    ("segment_hour", "segment_hour", "segment"),
    ("segment_day", "segment_day", "segment"),
    ("segment_in_force", "segment_in_force", "segment"),
]


@pytest.mark.parametrize(("used", "limit", "kind"), ALONE)
@pytest.mark.parametrize(("changes", "outcome"), [({"tier": 1}, "block"), ({"tier": 3}, "pass"), (APPROVED, "pass")])
def test_a_detector_version_and_a_segment_bind_what_nobody_approves(
    make: Make, used: str, limit: str, kind: str, changes: dict[str, object], outcome: str
) -> None:
    limits = replace(BudgetLimits(points=1), **{limit: 4})
    last, full = (replace(Usage(), **{used: count}) for count in (3, 4))
    assert Budget().run(make(**changes, limits=limits, usage=last)).outcome == "pass"
    found = Budget().run(make(**changes, limits=limits, usage=full))
    assert (found.outcome, found.details) == (outcome, {"over": [kind]} if outcome == "block" else {})


@pytest.mark.parametrize(("network", "outcome"), [("10.20.4.0/24", "block"), ("10.20.4.0/32", "pass")])
def test_a_network_takes_the_place_of_all_that_stands_in_it(make: Make, network: str, outcome: str) -> None:
    subject = make("network.block_segment", network, tier=1, limits=BudgetLimits(segment_in_force=1))
    assert Budget().run(subject).outcome == outcome


def test_a_network_in_which_nothing_known_stands_takes_one_place(make: Make) -> None:
    limits, full = BudgetLimits(segment_in_force=1), Usage(segment_in_force=1)
    subject = make("network.block_segment", "198.51.100.0/24", tier=1, limits=limits)
    assert Budget().run(subject).outcome == "pass"
    assert Budget().run(replace(subject, usage=full)).outcome == "block"


def test_what_is_overdrawn_is_named_for_whoever_trips_it(make: Make) -> None:
    limits = BudgetLimits(hour=1, points=2, site_points=9, automatic_points=1, detector_points=1, segment_hour=0)
    found = Budget().run(make(tier=1, limits=limits, usage=Usage(hour=1)))
    assert found.details == {"over": ["detector", "key", "segment", "site"]}


def test_a_site_budget_that_names_no_automatic_part_has_none(make: Make) -> None:
    limits = BudgetLimits(points=1, site_points=60)
    assert Budget().run(make(tier=1, limits=limits)).outcome == "block"
    assert Budget().run(make(**APPROVED, limits=limits)).outcome == "pass"


def test_every_spent_limit_is_named(make: Make) -> None:
    subject = make(limits=BudgetLimits(hour=5, day=9, in_force=1), usage=Usage(hour=5, day=9, in_force=0))
    assert Budget().run(subject).summary == "budget spent: this hour 5 of 5, today 9 of 9"


def test_a_notice_costs_nothing(make: Make) -> None:
    assert Budget().run(make("notify", "files-02", limits=BudgetLimits(hour=0))).outcome == "pass"


@pytest.mark.parametrize(("shares", "outcome"), [(False, "block"), (True, "pass")])
@pytest.mark.parametrize("window", ["in_force", "segment_in_force"])
@pytest.mark.parametrize("used", [1, 2])
def test_what_shares_an_effect_takes_no_place_beside_it(
    make: Make, window: str, used: int, shares: bool, outcome: str
) -> None:
    limits, usage = replace(BudgetLimits(), **{window: 1}), replace(Usage(), **{window: used})
    subject = make(tier=1, shares=shares, limits=limits, usage=usage)
    assert Budget().run(subject).outcome == outcome


def test_what_shares_an_effect_counts_in_its_windows(make: Make) -> None:
    subject = make(shares=True, limits=BudgetLimits(hour=1), usage=Usage(hour=1))
    assert Budget().run(subject).outcome == "block"
