"""What two policies say differently: every clause and value, and whether more can be allowed by it."""

from functools import cache
from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from engine.model.policy import PolicyDocument
from engine.policy_diff import Change, compare
from engine.policy_file import parse_policy

FOLDER = Path(__file__).parents[2] / "policies"
BASELINE = (FOLDER / "baseline.yaml").read_text()
DEMO = (FOLDER / "demo.yaml").read_text()


@cache
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
        ("      hour: 200\n", "      hour: 100\n", "budgets.rows.mail.hour", False),
        ("      hour: 200\n", "      day: 200\n      hour: 200\n", "budgets.rows.mail.day", False),
        ("      counts: things\n      hour: 200\n", "      hour: 200\n", "budgets.rows.mail.counts", True),
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
            "actions: [identity.revoke_sessions, identity.require_mfa, network.block_ip, evidence.capture]\n    tier",
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


SCOPED = """\
exclusions:
  - id: calm
    targets: [files-02, 10.20.7.0/24]
    actions: [host.isolate]
    owner: db-owners
    reason: moves
    expires_at: 2026-12-01T00:00:00Z
protected:
  - {id: payroll, targets: [pay-01], owner: pay, reason: salaries, expires_at: 2026-12-01T00:00:00Z}
authorised_activity:
  - {id: scan, kind: scanner, sources: [scan-01], targets: [lab], owner: lab, reason: r, expires_at: 2026-12-01T00:00Z}
"""


@pytest.mark.parametrize(
    ("old", "new", "place", "more"),
    [
        ("[files-02, 10", "[files-02, db-01, 10", "exclusions.calm.targets", False),
        ("[files-02, 10", "[10", "exclusions.calm.targets", True),
        ("targets: [files-02, 10.20.7.0/24]", "when: 'true'", "exclusions.calm.targets", False),
        ("[host.isolate]", "[host.isolate, network.block_ip]", "exclusions.calm.actions", False),
        ("    actions: [host.isolate]\n", "", "exclusions.calm.actions", False),
        ("[host.isolate]", "[network.block_ip]", "exclusions.calm.actions", True),
        ("moves\n    expires_at: 2026-12-01", "moves\n    expires_at: 2026-12-02", "exclusions.calm.expires_at", False),
        ("moves\n    expires_at: 2026-12-01", "moves\n    expires_at: 2026-11-30", "exclusions.calm.expires_at", True),
        ("owner: db-owners", "owner: others", "exclusions.calm.owner", False),
        ("[pay-01]", "[pay-01, pay-02]", "protected.payroll.targets", False),
        ("[pay-01]", "[pay-02]", "protected.payroll.targets", True),
        ("salaries, expires_at: 2026-12-01T00:00:00Z", "salaries", "protected.payroll.expires_at", False),
        ("salaries, expires_at: 2026-12", "salaries, expires_at: 2026-11", "protected.payroll.expires_at", True),
        ("[scan-01]", "[scan-01, scan-02]", "authorised_activity.scan.sources", True),
        ("[lab]", "[guest]", "authorised_activity.scan.targets", True),
        ("kind: scanner", "kind: patching", "authorised_activity.scan.kind", True),
    ],
)
def test_what_restricts_allows_more_where_it_covers_less(old: str, new: str, place: str, more: bool) -> None:
    assert SCOPED.count(old) == 1
    [change] = compare(document(BASELINE + SCOPED), document(BASELINE + SCOPED.replace(old, new)))
    assert (change.place, change.what, change.can_allow_more) == (place, "changed", more)


def test_of_what_is_scoped_only_authorised_activity_can_allow_more_when_it_comes() -> None:
    added = compare(document(BASELINE), document(BASELINE + SCOPED))
    removed = compare(document(BASELINE + SCOPED), document(BASELINE))
    assert [(change.place, change.what, change.can_allow_more) for change in added] == [
        ("exclusions.calm", "added", False),
        ("protected.payroll", "added", False),
        ("authorised_activity.scan", "added", True),
    ]
    assert all(change.what == "removed" and change.can_allow_more for change in removed)


def test_a_protection_that_gets_an_end_can_allow_more() -> None:
    for_good = BASELINE + SCOPED.replace("salaries, expires_at: 2026-12-01T00:00:00Z", "salaries")
    [change] = compare(document(for_good), document(BASELINE + SCOPED))
    assert (change.place, change.can_allow_more) == ("protected.payroll.expires_at", True)
