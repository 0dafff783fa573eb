"""The shipped baseline, row by row: tiers, terms, gates, budgets and bars to start from."""

from datetime import timedelta
from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from engine.decide import budget_for, decide
from engine.facts import absent
from engine.model.action import ActionSpec, Impact, Params, TargetKind
from engine.model.base import Json
from engine.model.decision import Decision, Effect, OnExpiry
from engine.policy_file import Policy, load_policy

PATH = Path(__file__).parents[2] / "policies" / "baseline.yaml"
SPECS = ActionSpecs()
GROUPS = (
    "finding", "incident", "request", "action", "target", "asset", "identity", "intel", "autonomy", "source",
    "activity", "budget", "time",
)  # fmt: skip
KNOWN: Json = {
    "finding.present": True,
    "finding.has_confidence": True,
    "finding.confidence": 0.99,
    "finding.source.ip": "10.20.16.114",
    "finding.source.host": "ws-114",
    "finding.destination.ip": "203.0.113.44",
    "finding.destination.port": 443,
    "finding.destination.host": "dc-01",
    "autonomy.right": 400,
    "autonomy.verdicts": 400,
    "autonomy.bound": 0.985,
    "source.quality": "healthy",
    "action.impact": 1,
    "target.count": 1,
    "target.owner": "db-owners",
    "target.value": "files-02",
    "identity.known": True,
    "budget.class_size": -1,
    "budget.exceptions_hour": -1,
    "identity.other_administrators": 3,
}
"""A finding of a detector that has earned tiers 1 and 2."""


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(PATH, SPECS)


def spec_of(action: str) -> ActionSpec:
    """The action, or one like it where the baseline is ahead of what is built."""
    foreseen = ActionSpec(
        id=action, summary="foreseen", params=Params, target=TargetKind.RECORD, impact=Impact.LOW,
    )  # fmt: skip
    return SPECS.get(action) or foreseen


def facts_of(changes: Json) -> Json:
    nothing = {name: value for group in GROUPS for name, value in absent(group).items()}
    return {**nothing, **KNOWN, **changes}


def decided(policy: Policy, action: str, changes: Json) -> Decision:
    return decide(policy, facts_of({**changes, "action.id": action}), spec_of(action))


def span(text: str) -> timedelta:
    return timedelta(**{{"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[text[-1]]: int(text[:-1])})


OUT: Json = {"target.zone": "outside", "target.criticality": "low", "target.value": "203.0.113.44"}
IN: Json = {"target.zone": "inside", "target.value": "10.20.4.17"}
TWO: Json = {"intel.independent_origins": 2}
ONE: Json = {"intel.independent_origins": 1}
CDN: Json = {"intel.warnings": ["cdn"]}
BLOCK, ISOLATE, CONTAIN, SEGMENT = "network.block_ip", "host.isolate", "host.contain_ports", "network.block_segment"
DISABLE, SESSIONS, MFA, MAIL = (
    "identity.disable_account",
    "identity.revoke_sessions",
    "identity.require_mfa",
    "mail.quarantine",
)


def critical(level: str, **more: bool) -> Json:
    flags: Json = {f"identity.{name}": value for name, value in more.items()}
    return {"target.criticality": level, "asset.criticality": level, "identity.criticality": level, **flags}


@pytest.mark.parametrize(
    ("action", "changes", "tier", "lease", "ceiling"),
    [
        ("enrich", {}, 0, "0s", "0s"),
        ("notify", {}, 0, "0s", "0s"),
        ("ticket", {}, 0, "0s", "0s"),
        ("evidence.capture", {}, 1, "1h", "8h"),
        (MAIL, {}, 1, "7d", "30d"),
        (BLOCK, {**OUT, **TWO}, 1, "24h", "7d"),
        ("dns.sinkhole", {**OUT, **TWO}, 1, "24h", "7d"),
        (BLOCK, {**OUT, **ONE}, 2, "4h", "24h"),
        (BLOCK, OUT, 2, "4h", "24h"),
        (BLOCK, {**OUT, **TWO, "request.person": True}, 2, "4h", "24h"),
        (BLOCK, {**OUT, **CDN, "action.narrowed": True}, 2, "4h", "24h"),
        (BLOCK, {**IN, **critical("critical"), "action.narrowed": True}, 2, "30m", "8h"),
        (SESSIONS, {}, 1, "24h", "24h"),
        (MFA, {}, 1, "24h", "24h"),
        (SESSIONS, {"identity.privileged": True}, 2, "24h", "24h"),
        (SESSIONS, {"identity.known": False}, 2, "24h", "24h"),
        (DISABLE, critical("standard"), 2, "4h", "24h"),
        (ISOLATE, critical("low"), 2, "4h", "24h"),
        (ISOLATE, critical("standard"), 2, "4h", "24h"),
        (CONTAIN, critical("standard"), 1, "1h", "8h"),
        (CONTAIN, critical("high"), 2, "30m", "4h"),
        (CONTAIN, critical("critical"), 2, "30m", "4h"),
    ],
)
def test_what_acts_by_itself(action: str, changes: Json, tier: int, lease: str, ceiling: str, policy: Policy) -> None:
    decision = decided(policy, action, changes)
    assert (decision.tier, decision.effect) == (tier, Effect.OBSERVE)
    wanted = decision.obligations
    assert (wanted.lease, wanted.ceiling, wanted.quorum) == (span(lease), span(ceiling), 0)


HOLD, DENY = OnExpiry.HOLD, OnExpiry.DENY
OWNERS, IDENTITY, RESPONDERS = ("db-owners",), ("identity-owners",), ("responders",)


@pytest.mark.parametrize(
    ("action", "changes", "tier", "terms", "quorum", "groups", "on_expiry", "interim"),
    [
        (MAIL, {"target.count": 201}, 3, "7d 30d 60m", 1, (), HOLD, ()),
        (MAIL, critical("critical"), 3, "7d 30d 60m", 1, (), HOLD, ()),
        (BLOCK, {**OUT, **TWO, **CDN}, 3, "1h 8h 15m", 1, (), DENY, (BLOCK,)),
        (BLOCK, {**IN, **critical("standard")}, 3, "1h 8h 15m", 1, (), DENY, (BLOCK,)),
        (BLOCK, {**IN, **critical("high")}, 3, "1h 8h 15m", 1, (), DENY, (BLOCK,)),
        (BLOCK, {**IN, **critical("critical")}, 4, "1h 8h 20m", 2, RESPONDERS, DENY, (BLOCK,)),
        (BLOCK, {**IN, **critical("high"), "target.zone": "partner"}, 3, "1h 8h 15m", 1, (), DENY, (BLOCK,)),
        (SESSIONS, {"identity.service": True}, 3, "24h 24h 15m", 1, (), DENY, ()),
        (DISABLE, critical("high"), 3, "2h 8h 15m", 1, (), HOLD, (SESSIONS, MFA)),
        (DISABLE, critical("high", privileged=True), 4, "2h 8h 20m", 2, IDENTITY, HOLD, (SESSIONS, MFA)),
        (DISABLE, critical("high", service=True), 4, "2h 8h 20m", 2, IDENTITY, HOLD, ()),
        (ISOLATE, critical("high"), 3, "1h 8h 15m", 1, (), HOLD, (CONTAIN,)),
        (ISOLATE, critical("critical"), 4, "30m 4h 20m", 2, OWNERS, HOLD, (BLOCK,)),
        (ISOLATE, {**critical("critical"), "target.owner": ""}, 4, "30m 4h 20m", 2, RESPONDERS, HOLD, (BLOCK,)),
        (CONTAIN, {**critical("protected"), "target.protected": True}, 4, "15m 2h 20m", 2, OWNERS, DENY, (CONTAIN,)),
        (SEGMENT, {"target.segment": "guest"}, 3, "30m 4h 15m", 1, (), DENY, (ISOLATE,)),
        (SEGMENT, {"target.segment": "lab"}, 3, "30m 4h 15m", 1, (), DENY, (ISOLATE,)),
        (SEGMENT, {"target.segment": "servers"}, 4, "30m 4h 20m", 2, RESPONDERS, DENY, (ISOLATE,)),
        (SEGMENT, {"target.segment": ""}, 4, "30m 4h 20m", 2, RESPONDERS, DENY, (ISOLATE,)),
        ("host.reimage", {}, 4, "0s 4h 60m", 2, RESPONDERS, DENY, ()),
        ("process.kill", {}, 4, "0s 4h 60m", 2, RESPONDERS, DENY, ()),
    ],
)
def test_what_people_are_asked(
    action: str, changes: Json, tier: int, terms: str, quorum: int, groups: tuple[str, ...], on_expiry: OnExpiry,
    interim: tuple[str, ...], policy: Policy,
) -> None:  # fmt: skip
    decision = decided(policy, action, changes)
    wanted = decision.obligations
    assert (decision.tier, wanted.quorum, wanted.groups, wanted.on_expiry) == (tier, quorum, groups, on_expiry)
    assert [wanted.lease, wanted.ceiling, wanted.decide_in] == [span(term) for term in terms.split()]
    assert tuple(step.action for step in wanted.interim) == interim
    assert wanted.interim_lease == wanted.hold_step == timedelta(minutes=30)
    assert wanted.hold_ceiling == timedelta(hours=8)


@pytest.mark.parametrize(
    ("action", "changes", "rule"),
    [
        (ISOLATE, {**critical("protected"), "target.protected": True}, "never-protected"),
        (DISABLE, {**critical("protected"), "target.protected": True}, "never-protected"),
        (DISABLE, {**critical("high", administrator=True), "identity.other_administrators": 0}, "last-administrator"),
        (DISABLE, critical("high", break_glass=True), "break-glass"),
        (BLOCK, {**OUT, **TWO, "target.untouchable": True}, "untouchable"),
    ],
)
def test_what_is_forbidden(action: str, changes: Json, rule: str, policy: Policy) -> None:
    decision = decided(policy, action, changes)
    assert (decision.effect, decision.reasons[-1].rule) == (Effect.DENY, rule)


def test_an_administrator_of_whom_nobody_knows_the_others_is_not_forbidden_but_asked_about(policy: Policy) -> None:
    unknown: Json = {**critical("high", administrator=True, privileged=True), "identity.other_administrators": -1}
    assert decided(policy, DISABLE, unknown).tier == 4


@pytest.mark.parametrize(
    ("changes", "tier"),
    [
        ({"source.learning": True}, 3),
        ({"source.quality": "sick"}, 3),
        ({"source.quality": "unknown"}, 3),
        ({"source.quality": ""}, 3),
        ({"source.quality": "healthy"}, 1),
    ],
)
def test_a_learning_detector_or_a_source_not_known_to_be_healthy_asks(changes: Json, tier: int, policy: Policy) -> None:
    assert decided(policy, BLOCK, {**OUT, **TWO, **changes}).tier == tier
    assert decided(policy, "notify", {**changes, "action.impact": 0}).tier == 0


@pytest.mark.parametrize(
    ("action", "changes", "least"),
    [
        (BLOCK, {**OUT, **TWO}, 0.90),
        (BLOCK, {**OUT, **ONE}, 0.95),
        (BLOCK, {**OUT, **CDN}, 0.60),
        (ISOLATE, critical("critical"), 0.70),
        (BLOCK, {**OUT, **ONE, "request.interim": True}, 0.80),
    ],
)
def test_confidence_gates(action: str, changes: Json, least: float, policy: Policy) -> None:
    sure = decided(policy, action, {**changes, "finding.confidence": least})
    unsure = decided(policy, action, {**changes, "finding.confidence": least - 0.001})
    assert (sure.effect, unsure.effect) == (Effect.OBSERVE, Effect.QUEUE)


def test_a_vendors_score_counts_at_most_0_89_until_30_verdicts(policy: Policy) -> None:
    granted: Json = {**OUT, **TWO, "autonomy.granted_tier": 1, "autonomy.bound": 0.0}
    assert decided(policy, BLOCK, {**granted, "autonomy.verdicts": 29}).effect is Effect.QUEUE
    assert decided(policy, BLOCK, {**granted, "autonomy.verdicts": 30}).effect is Effect.OBSERVE


def test_a_new_detector_asks(policy: Policy) -> None:
    fresh: Json = {"autonomy.bound": 0.0, "autonomy.verdicts": 0, "autonomy.right": 0}
    decision = decided(policy, BLOCK, {**OUT, **TWO, **fresh})
    assert (decision.tier, decision.reasons[-2].rule) == (3, "autonomy")


def test_the_exception_is_there_and_off(policy: Policy) -> None:
    [exception] = [rule for rule in policy.document.rules if rule.kind == "exception"]
    assert (exception.enabled, exception.floor, exception.confidence) == (False, 2, 0.99)
    assert (exception.veto, exception.lease) == (timedelta(seconds=120), timedelta(minutes=15))
    everything: Json = {
        **critical("critical"), "finding.confidence": 1.0, "autonomy.bound": 1.0, "autonomy.bin_bound": 1.0,
        "intel.fresh_origins": 3, "budget.exceptions_hour": 0,
    }  # fmt: skip
    assert decided(policy, ISOLATE, everything).tier == 4


@pytest.mark.parametrize(
    ("action", "changes", "key", "limits"),
    [
        (BLOCK, OUT, "block-outside", (60, 300, 1000)),
        (BLOCK, {**IN, "budget.class_size": 900}, "block-inside", (5, 20, 9)),
        (ISOLATE, {**critical("standard"), "budget.class_size": 50}, "isolate-standard", (5, 20, 2)),
        (ISOLATE, {**critical("standard"), "budget.class_size": 90000}, "isolate-standard", (5, 20, 100)),
        (ISOLATE, {**critical("high"), "budget.class_size": 500}, "isolate-high", (2, 5, 10)),
        (ISOLATE, critical("critical"), "isolate-critical", (1, 2, None)),
        (DISABLE, critical("standard"), "disable-standard", (10, 40, 2)),
        (DISABLE, critical("high", privileged=True), "disable-privileged", (1, 3, None)),
        (SEGMENT, {}, "segments", (None, None, 1)),
        (SESSIONS, {"budget.class_size": 1000}, "sessions", (20, 100, 20)),
        (MAIL, {}, "mail", (200, None, None)),
        (MAIL, {"target.count": 201}, "mail-many", (2000, None, None)),
    ],
)
def test_budgets(
    action: str, changes: Json, key: str, limits: tuple[int | None, int | None, int | None], policy: Policy
) -> None:
    charged = budget_for(policy, facts_of({**changes, "action.id": action}))
    assert (charged.key, (charged.limits.hour, charged.limits.day, charged.limits.in_force)) == (key, limits)
    assert (charged.limits.site_points, charged.limits.automatic_points, charged.limits.warn_at) == (60, 30, 0.7)


@pytest.mark.parametrize(("level", "points"), [("low", 1), ("standard", 2), ("high", 8), ("critical", 20)])
def test_points_weigh_by_criticality(level: str, points: int, policy: Policy) -> None:
    assert budget_for(policy, facts_of({**critical(level), "action.id": ISOLATE})).limits.points == points


def test_a_person_s_request_has_no_source_to_be_asked_about(policy: Policy) -> None:
    person: Json = {"request.person": True, "finding.present": False, "source.quality": "unknown"}
    assert decided(policy, BLOCK, {**OUT, **ONE, **person}).tier == 2


def test_a_detector_version_and_a_segment_have_less_without_approval(policy: Policy) -> None:
    facts = facts_of({"action.id": ISOLATE, "finding.present": True, "request.person": False})
    limits = budget_for(policy, {**facts, "target.segment": "clients"}).limits
    assert (limits.site_points, limits.automatic_points, limits.detector_points) == (60, 30, 15)
    assert (limits.segment_hour, limits.segment_day, limits.segment_points) == (10, 40, 20)
    assert policy.document.budgets.site.detector_findings_hour == 2000
