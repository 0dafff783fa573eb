"""Obligations: what a tier brings with it, what a row says more exactly, and budgets."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.decide import budget_for
from engine.model.base import Json
from engine.model.decision import Decision, OnExpiry
from engine.policy_file import Policy

MakeFacts = Callable[..., Json]
MakePolicy = Callable[..., Policy]
Decided = Callable[..., Decision]

BLOCK, ISOLATE = "network.block_ip", "host.isolate"
CRITICAL: Json = {"target.criticality": "critical", "target.value": "files-02"}
BUDGETS = """\
budgets:
  site: {points_hour: 61, kept_for_people: 0.5, detector_share: 0.25, warn_at: 0.7}
  points: {low: 1, standard: 2, high: 8, critical: 20}
  rows:
    - {id: out, actions: [network.block_ip], when: target.zone == "outside", hour: 60, day: 300, in_force: 1000}
    - id: some
      actions: [host.isolate]
      when: target.criticality == "low"
      hour: 5
      share: 0.01
      at_least: 2
      at_most: 9
    - {id: wide, actions: [host.isolate], hour: 50}
    - {id: odd, actions: [notify], when: 'finding.tags[0] == "x"', hour: 1}
"""


def texts(decision: Decision) -> list[str]:
    return [f"{reason.rule}: {reason.text}" for reason in decision.reasons]


def test_a_row_says_more_exactly_what_its_tier_brings(decided: Decided) -> None:
    wanted = decided(CRITICAL, ISOLATE).obligations
    assert (wanted.lease, wanted.ceiling) == (timedelta(minutes=10), timedelta(hours=4))
    assert (wanted.quorum, wanted.groups, wanted.decide_in) == (2, ("db-owners",), timedelta(minutes=12))
    assert (wanted.on_expiry, wanted.tell) == (OnExpiry.HOLD, ("lead",))
    [interim] = wanted.interim
    assert (interim.action, interim.target) == (BLOCK, "203.0.113.44")
    assert interim.params == {"host": None, "port": 443}


def test_without_an_owner_the_tiers_own_group_is_asked(decided: Decided) -> None:
    assert decided({**CRITICAL, "target.owner": ""}, ISOLATE).obligations.groups == ("responders",)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("", "critical: no interim network.block_ip: `target`: `finding.destination.ip` has no value here"),
        ("not an address", "critical: no interim network.block_ip: `target`: input is not a valid IPv4 address"),
        ("= finding.id", "critical: no interim network.block_ip: `target`: `finding.destination.ip` begins with `=`"),
    ],
)
def test_an_interim_whose_target_is_no_target_is_left_out_and_told(address: str, why: str, decided: Decided) -> None:
    decision = decided({**CRITICAL, "finding.destination.ip": address}, ISOLATE)
    assert decision.obligations.interim == ()
    assert why in texts(decision)


def test_a_lifted_tier_keeps_the_shorter_lease(decided: Decided) -> None:
    wanted = decided({"source.learning": True}).obligations
    assert (wanted.lease, wanted.quorum, wanted.decide_in) == (timedelta(hours=1), 1, timedelta(minutes=15))


def test_of_two_winning_rows_the_stricter_terms_count(make_policy: MakePolicy, matrix: str, decided: Decided) -> None:
    rows = """
      - {id: a, actions: [notify], tier: 3, because: a, lease: 20m, quorum: 2, on_expiry: hold, groups: [x], tell: [p]}
      - {id: b, actions: [notify], tier: 3, because: b, lease: 30m, decide_in: 5m, groups: [y], tell: [q]}
    """
    wanted = decided({}, "notify", make_policy(rows)).obligations
    assert (wanted.lease, wanted.quorum, wanted.decide_in) == (timedelta(minutes=20), 2, timedelta(minutes=5))
    assert (wanted.on_expiry, wanted.groups, wanted.tell) == (OnExpiry.DENY, ("x", "y"), ("p", "q"))


def test_what_executes_at_once_asks_nobody(decided: Decided) -> None:
    wanted = decided().obligations
    assert (wanted.quorum, wanted.groups, wanted.decide_in, wanted.interim) == (0, (), None, ())


@pytest.mark.parametrize(
    ("changes", "key", "hour", "in_force", "points"),
    [
        ({"action.id": BLOCK}, "out", 60, 1000, 1),
        ({"action.id": BLOCK, "target.zone": "inside"}, BLOCK, None, None, 1),
        ({"action.id": ISOLATE, "budget.class_size": 450}, "some", 5, 4, 1),
        ({"action.id": ISOLATE, "budget.class_size": 5000}, "some", 5, 9, 1),
        ({"action.id": ISOLATE, "budget.class_size": -1}, "some", 5, 2, 1),
        ({"action.id": ISOLATE, "target.criticality": "critical"}, "wide", 50, None, 20),
        ({"action.id": ISOLATE, "target.criticality": "protected"}, "wide", 50, None, 20),
        ({"action.id": ISOLATE, "target.criticality": "nonsense"}, "wide", 50, None, 20),
        ({"action.id": "notify", "action.impact": 0}, "odd", 1, None, 0),
        ({"action.id": "never.heard"}, "never.heard", None, None, 1),
    ],
)
def test_the_tightest_fitting_budget_is_charged(
    changes: Json, key: str, hour: int | None, in_force: int | None, points: int, make_policy: MakePolicy,
    make_facts: MakeFacts,
) -> None:  # fmt: skip
    charged = budget_for(make_policy(budgets=BUDGETS), make_facts(changes))
    assert (charged.key, charged.limits.hour, charged.limits.in_force, charged.limits.points) == (
        key,
        hour,
        in_force,
        points,
    )
    assert (charged.limits.site_points, charged.limits.automatic_points, charged.limits.warn_at) == (61, 30, 0.7)


@pytest.mark.parametrize(
    ("segment", "size", "limit"),
    [
        ("share: 0.05", 100, 5),
        ("share: 0.05", 119, 5),
        ("share: 0.05, at_least: 2", 10, 2),
        ("share: 0.05, at_most: 30", 5000, 30),
        ("share: 0.05, at_least: 2", 0, 2),  # nobody knows how many there are
        ("share: 0.05", -1, 1),
        ("hour: 9", 100, None),
    ],
)
def test_the_share_of_a_segment_is_of_the_hosts_known_there(
    segment: str, size: int, limit: int | None, make_policy: MakePolicy, make_facts: MakeFacts
) -> None:
    policy = make_policy(budgets=BUDGETS.replace("budgets:\n", f"budgets:\n  segment: {{{segment}}}\n"))
    facts = make_facts({"action.id": ISOLATE, "target.segment": "lab", "budget.segment_size": size})
    assert budget_for(policy, facts).limits.segment_in_force == limit
    assert budget_for(policy, {**facts, "target.segment": ""}).limits.segment_in_force is None


@pytest.mark.parametrize(
    ("site", "share", "automatic", "in_force"),
    [
        (60, 0.5, 30, 500),
        (10, 0.9, 1, 900),
        (100, 0.29, 71, 290),
        (100, 0.07, 93, 70),
        (60, 0.0, 60, 2),
        (60, 1.0, 0, 1000),
    ],
)
def test_a_share_is_what_its_decimals_say(
    site: int, share: float, automatic: int, in_force: int, make_policy: MakePolicy, make_facts: MakeFacts
) -> None:
    text = BUDGETS.replace("points_hour: 61, kept_for_people: 0.5", f"points_hour: {site}, kept_for_people: {share}")
    text = text.replace("share: 0.01", f"share: {share}").replace("at_most: 9", "at_most: 1000")
    charged = budget_for(make_policy(budgets=text), make_facts({"action.id": ISOLATE, "budget.class_size": 1000}))
    assert (charged.limits.automatic_points, charged.limits.in_force) == (automatic, in_force)
