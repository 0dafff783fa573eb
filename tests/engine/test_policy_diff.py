"""What two policies say differently: every clause and value, and whether more can be allowed by it."""

from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from engine.model.policy import PolicyDocument
from engine.policy_diff import Change, compare
from engine.policy_file import parse_policy

FOLDER = Path(__file__).parents[2] / "policies"
BASELINE = (FOLDER / "baseline.yaml").read_text()
DEMO = (FOLDER / "demo.yaml").read_text()


def document(text: str) -> PolicyDocument:
    return parse_policy(text, "mine.yaml", ActionSpecs()).document


def changes(old: str, new: str, text: str = BASELINE) -> list[Change]:
    assert old in text
    return [*compare(document(text), document(text.replace(old, new, 1)))]


def test_the_same_says_the_same_whatever_its_layout() -> None:
    assert changes("# Mail.", "# About mail.") == []


@pytest.mark.parametrize(
    ("old", "new", "place", "more"),
    [
        ("default: observe", "default: enforce", "enforcement.default", True),
        ("tier: 1\n    because: bounded", "tier: 2\n    because: bounded", "matrix.evidence.tier", False),
        ("tier: 1\n    because: bounded", "tier: 0\n    because: bounded", "matrix.evidence.tier", True),
        ("lease: 7d", "lease: 8d", "matrix.mail.lease", True),
        ("lease: 7d", "lease: 6d", "matrix.mail.lease", False),
        ("target.count > 200", "target.count > 100", "matrix.mail-many-or-executive.when", True),
        ("quorum: 2\n    groups: [identity-owners]", "quorum: 3\n    groups: [identity-owners]",
         "matrix.disable-privileged.quorum", False),
        ("quorum: 2\n    decide_in: 60m", "decide_in: 60m", "matrix.for-good.quorum", True),
        ("because: it changes nothing", "because: nothing happens", "matrix.look.because", False),
        ("actions: [host.isolate, identity.disable_account]\n    when: target.prot",
         "actions: [host.isolate]\n    when: target.prot", "rules.never-protected.actions", True),
        ("actions: [identity.disable_account]\n    when: identity.break", "when: identity.break",
         "rules.break-glass.actions", False),
        ("to: 3", "to: 4", "rules.learning.to", False),
        ("to: 3", "to: 2", "rules.learning.to", True),
        ("enabled: false", "enabled: true", "rules.extremely-sure.enabled", True),
        ("floor: 2", "floor: 1", "rules.extremely-sure.floor", False),
        ("act: 0.90", "act: 0.91", "confidence.act", False),
        ("unproven_at_most: 0.89", "unproven_at_most: 0.9", "confidence.unproven_at_most", True),
        ("points_hour: 60", "points_hour: 61", "budgets.site.points_hour", True),
        ("high: 8", "high: 9", "budgets.points.high", False),
        ("hour: 200", "hour: 100", "budgets.rows.mail.hour", False),
        ("hour: 200", "day: 200, hour: 200".replace(", ", "\n      "), "budgets.rows.mail.day", False),
        ("exception: 0.99", "exception: 0.98", "autonomy.exception", True),
        ("harmful: 2", "harmful: 3", "autonomy.demotion.harmful", True),
        ("at_least: 21d", "at_least: 20d", "learning.at_least", True),
        ("quorum: 1, decide", "quorum: 2, decide", "tiers.ask.quorum", False),
        ("enforcement:\n", "governance: {quorum: 1}\nenforcement:\n", "governance.quorum", True),
        ("enforcement:\n", "governance: {quorum: 3}\nenforcement:\n", "governance.quorum", False),
        ("enforcement:\n", "governance: {rollback: 2}\nenforcement:\n", "governance.rollback", False),
        ("enforcement:\n", "governance: {groups: [lead]}\nenforcement:\n", "governance.groups", True),
    ],
)  # fmt: skip
def test_one_change_is_one_line(old: str, new: str, place: str, more: bool) -> None:
    [change] = changes(old, new)
    assert (change.place, change.what, change.can_allow_more) == (place, "changed", more)


@pytest.mark.parametrize(
    ("old", "new", "place", "more"),
    [
        ("enabled: true", "enabled: false", "rules.extremely-sure.enabled", False),
        ("floor: 2", "floor: 1", "rules.extremely-sure.floor", True),
        ("      - intel.fresh_origins >= 2\n", "", "rules.extremely-sure.conditions", True),
        ("conditions:\n", "conditions:\n      - time.hour > 8\n", "rules.extremely-sure.conditions", False),
        ("tier: 2\n    trusts", "tier: 1\n    trusts", "grants.demo-suricata.tier", False),
        (
            "actions: [identity.revoke_sessions, network.block_ip]\n    tier",
            "tier",
            "grants.demo-takeover.actions",
            True,
        ),
        ("expires_at: 2046", "expires_at: 2047", "grants.demo-suricata.expires_at", True),
        ("mode: enforce", "mode: observe", "enforcement.scopes.simulated-site.mode", False),
        ("right: 41", "right: 42", "history.0.right", True),
    ],
)
def test_exceptions_grants_and_scopes(old: str, new: str, place: str, more: bool) -> None:
    [change] = changes(old, new, DEMO)
    assert (change.place, change.can_allow_more) == (place, more)


RULE = "rules:\n  - {{id: new, kind: {}, because: it is new}}\n"
SURE = "exception, floor: 2, confidence: 0.9, conditions: ['true'], veto: 1m, lease: 1m"


@pytest.mark.parametrize(
    ("section", "more"),
    [
        (RULE.format("forbid, when: 'true'"), False),
        (RULE.format("raise, to: 3, when: 'true'"), False),
        (RULE.format("observe, when: 'true'"), False),
        (RULE.format(f"{SURE}, enabled: true"), True),
        (RULE.format(SURE), False),
    ],
)
def test_of_rules_only_an_exception_that_is_on_can_allow_more(section: str, more: bool) -> None:
    [added] = changes("rules:\n", section)
    [removed] = compare(document(BASELINE.replace("rules:\n", section)), document(BASELINE))
    assert (added.place, added.what, added.can_allow_more) == ("rules.new", "added", more)
    assert (removed.what, removed.can_allow_more) == ("removed", "exception" not in section)


@pytest.mark.parametrize(("tier", "more"), [(1, True), (3, True), (4, False)])
def test_a_row_can_lower_a_tier_unless_it_is_the_highest(tier: int, more: bool) -> None:
    row = f"matrix:\n  - {{id: new, actions: [notify], tier: {tier}, because: new}}\n"
    [added] = changes("matrix:\n", row)
    assert (added.what, added.can_allow_more) == ("added", more)


def test_another_kind_of_rule_is_another_rule() -> None:
    new = "kind: observe\n    when: target.untouchable"
    removed, added = changes("kind: forbid\n    when: target.untouchable", new)
    assert [(removed.what, removed.can_allow_more), (added.what, added.can_allow_more)] == [
        ("removed", True),
        ("added", False),
    ]


def test_a_budget_that_is_charged_instead_of_another_can_allow_more() -> None:
    """Lowered under what is charged beside it, it lifts that one's other limits."""
    [change] = changes("hour: 10\n      day: 40", "hour: 0\n      day: 40")
    assert (change.place, change.can_allow_more) == ("budgets.rows.disable-standard.hour", True)
    [lower] = changes("hour: 10\n      day: 40", "hour: 5\n      day: 40")
    assert not lower.can_allow_more


def test_it_is_said_in_one_line() -> None:
    [change] = changes("lease: 7d", "lease: 8d")
    assert str(change) == "can allow more  matrix.mail.lease changed 7 days, 0:00:00 -> 8 days, 0:00:00"
