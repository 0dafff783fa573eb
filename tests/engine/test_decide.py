"""Decisions, as tables: the matrix, rules, exceptions, gates, enforcement and what a tier brings with it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.decide import budget_for, decide, explain
from engine.model.base import Json
from engine.model.check import CheckOutcome, CheckResult
from engine.model.decision import Decision, Effect, OnExpiry, Tier
from engine.policy_file import Policy
from engine.ports import Specs

MakeFacts = Callable[..., Json]
MakePolicy = Callable[..., Policy]

BLOCK, ISOLATE = "network.block_ip", "host.isolate"

MATRIX = """
  - {id: look, actions: [notify], tier: 0, because: it changes nothing}
  - {id: listed, actions: [network.block_ip], when: intel.independent_origins >= 2, tier: 1, because: two origins}
  - {id: outside, actions: [network.block_ip], when: intel.independent_origins < 2, tier: 2, because: one origin}
  - {id: shared, actions: [network.block_ip], when: size(intel.warnings) > 0, tier: 3, because: shared by others}
  - {id: minor, actions: [host.isolate], when: 'target.criticality in ["low", "standard"]', tier: 2, because: a desk}
  - id: critical
    actions: [host.isolate]
    when: target.criticality == "critical"
    tier: 4
    lease: 10m
    groups: [= target.owner]
    on_expiry: hold
    decide_in: 12m
    because: a critical asset
    interim:
      - {action: network.block_ip, target: = finding.destination.ip, params: {port: 443}}
  - {id: erase, actions: [host.erase], tier: 1, because: somebody thought so}
"""

RULES = """
  - {id: ours, kind: forbid, when: target.untouchable, because: this is ourselves}
  - {id: learning, kind: raise, to: 3, when: source.learning, because: still learning}
  - {id: trial, kind: observe, actions: [network.block_ip], when: 'source.product == "trial"', because: on trial}
  - {id: broken, kind: forbid, when: 'finding.tags[0] == "x"', because: never asked}
"""
SOUND_RULES = "".join(RULES.splitlines(keepends=True)[:-1])

EXCEPTION = """
  - id: sure
    kind: exception
    enabled: true
    actions: [host.isolate]
    floor: 2
    confidence: 0.99
    conditions: [intel.fresh_origins >= 2, 'finding.tags[0] == "c2"']
    veto: 2m
    lease: 5m
    because: extremely sure
"""
WAITS = "confidence: not sure enough, so it waits for review: "
NOT_EARNED = "autonomy not earned: 400 of 400 right gives "
SCOPE = "{{default: enforce, scopes: [{}]}}"
CRITICAL: Json = {"target.criticality": "critical", "target.value": "files-02"}
VERY_SURE: Json = {**CRITICAL, "intel.fresh_origins": 2, "finding.tags": ["c2"]}


@pytest.fixture(scope="module")
def policy(make_policy: MakePolicy) -> Policy:
    return make_policy(MATRIX, SOUND_RULES)


def decided(policy: Policy, specs: Specs, facts: Json, action: str = BLOCK) -> Decision:
    return decide(policy, {**facts, "action.id": action}, specs.get(action))


def texts(decision: Decision) -> list[str]:
    return [f"{reason.rule}: {reason.text}" for reason in decision.reasons]


@pytest.mark.parametrize(
    ("action", "changes", "tier", "effect", "rules"),
    [
        ("notify", {}, 0, "execute", ("look",)),
        (BLOCK, {"intel.independent_origins": 2}, 1, "execute", ("listed",)),
        (BLOCK, {"intel.independent_origins": 1}, 2, "execute", ("outside",)),
        (BLOCK, {"intel.independent_origins": 2, "intel.warnings": ["cdn"]}, 3, "ask", ("listed", "shared")[1:]),
        (ISOLATE, {"target.criticality": "standard"}, 2, "execute", ("minor",)),
        (ISOLATE, {"target.criticality": "high"}, 4, "ask", ("matrix",)),
        (ISOLATE, CRITICAL, 4, "ask", ("critical",)),
        (ISOLATE, {"target.criticality": "low", "target.protected": True}, 4, "ask", ("minor", "protected")),
        ("host.erase", {}, 4, "ask", ("erase", "irreversible")),
        (BLOCK, {"source.learning": True}, 3, "ask", ("learning", "outside")),
        (BLOCK, {"source.product": "trial"}, 2, "observe", ("outside", "trial")),
        (BLOCK, {"target.untouchable": True}, 2, "deny", ("ours", "outside")),
        (BLOCK, {"target.untouchable": True, "source.learning": True}, 3, "deny", ("learning", "ours", "outside")),
    ],
)
def test_the_matrix_and_rules_give_tier_and_effect(
    action: str, changes: Json, tier: int, effect: str, rules: tuple[str, ...], policy: Policy, make_facts: MakeFacts,
    specs: Specs,
) -> None:  # fmt: skip
    decision = decided(policy, specs, make_facts(changes), action)
    assert (decision.tier, decision.effect, decision.rules) == (tier, effect, rules)


def test_an_action_nobody_registered_is_denied(policy: Policy, make_facts: MakeFacts) -> None:
    decision = decide(policy, make_facts(), None)
    assert (decision.effect, decision.reasons[0].text) == (Effect.DENY, "there is no such action")


def test_an_empty_policy_asks_two_people(make_policy: MakePolicy, make_facts: MakeFacts, specs: Specs) -> None:
    decision = decided(make_policy(), specs, make_facts())
    assert (decision.tier, decision.effect, decision.obligations.quorum) == (Tier.ASK_TWO, Effect.ASK, 2)


def test_a_rule_without_an_answer_raises_to_tier_4(
    make_policy: MakePolicy, make_facts: MakeFacts, specs: Specs
) -> None:
    decision = decided(make_policy(MATRIX, RULES), specs, make_facts({"finding.tags": []}))
    assert (decision.tier, decision.effect) == (Tier.ASK_TWO, Effect.ASK)
    assert "broken: `broken` gave no answer: Index error: index=0 size=0" in texts(decision)


@pytest.mark.parametrize(
    ("changes", "effect", "last"),
    [
        ({"finding.confidence": 0.96}, "execute", "outside: tier 2: one origin"),
        ({"finding.confidence": 0.95}, "execute", "outside: tier 2: one origin"),
        ({"finding.confidence": 0.949}, "queue", WAITS + "0.95 < 0.95"),
        ({"finding.confidence": 0.90, "intel.independent_origins": 2}, "execute", "listed: tier 1: two origins"),
        ({"finding.confidence": 0.89, "intel.independent_origins": 2}, "queue", WAITS + "0.89 < 0.90"),
        ({"finding.confidence": 0.60, "intel.warnings": ["cdn"]}, "ask", "shared: tier 3: shared by others"),
        ({"finding.confidence": 0.59, "intel.warnings": ["cdn"]}, "queue", WAITS + "0.59 < 0.60"),
        ({"finding.confidence": 0.59, "request.person": True}, "execute", "outside: tier 2: one origin"),
        ({"finding.confidence": 0.85, "request.interim": True}, "execute", "outside: tier 2: one origin"),
        ({"finding.confidence": 0.79, "request.interim": True}, "queue", WAITS + "0.79 < 0.80"),
        ({"finding.confidence": 0.0, "finding.has_confidence": False}, "queue", WAITS + "0.00 < 0.95"),
    ],
)  # fmt: skip
def test_confidence_below_its_gate_waits_for_review(
    changes: Json, effect: str, last: str, policy: Policy, make_facts: MakeFacts, specs: Specs
) -> None:
    decision = decided(policy, specs, make_facts(changes))
    assert (decision.effect, texts(decision)[-1]) == (effect, last)


@pytest.mark.parametrize(
    ("action", "changes", "effect"),
    [
        ("notify", {"finding.confidence": 0.0}, "execute"),
        (ISOLATE, {**CRITICAL, "finding.confidence": 0.70}, "ask"),
        (ISOLATE, {**CRITICAL, "finding.confidence": 0.69}, "queue"),
    ],
)
def test_looking_needs_no_confidence_and_tier_4_a_little_more(
    action: str, changes: Json, effect: str, policy: Policy, make_facts: MakeFacts, specs: Specs
) -> None:
    assert decided(policy, specs, make_facts(changes), action).effect == effect


def test_raising_the_tier_never_lowers_the_confidence_it_takes(
    policy: Policy, make_facts: MakeFacts, specs: Specs
) -> None:
    changes: Json = {"finding.confidence": 0.85, "source.learning": True}
    assert decided(policy, specs, make_facts(changes)).effect is Effect.QUEUE


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({"autonomy.verdicts": 29}, "0.99 counts as 0.89: 29 verdicts so far"),
        ({"autonomy.verdicts": 29, "autonomy.score_trusted": True}, None),
        ({"autonomy.verdicts": 30}, None),
        ({"autonomy.calibration_error": 0.09}, "0.99 counts as 0.90: 400 verdicts so far"),
        ({"autonomy.verdicts": 3, "request.person": True}, None),
    ],
)
def test_a_score_nobody_has_measured_counts_for_less(
    changes: Json, counts: str | None, policy: Policy, make_facts: MakeFacts, specs: Specs
) -> None:
    said = [reason.text for reason in decided(policy, specs, make_facts(changes)).reasons]
    assert next((text for text in said if "counts as" in text), None) == counts


@pytest.mark.parametrize(
    ("changes", "tier", "text"),
    [
        ({"autonomy.bound": 0.98}, 2, None),
        ({"autonomy.bound": 0.97}, 3, NOT_EARNED + "0.97 < 0.98"),
        ({"autonomy.bound": 0.95, "intel.independent_origins": 2}, 1, None),
        ({"autonomy.bound": 0.94, "intel.independent_origins": 2}, 3, NOT_EARNED + "0.94 < 0.95"),
        ({"autonomy.bound": 0.0, "autonomy.granted_tier": 2}, 2, None),
        ({"autonomy.bound": 0.0, "autonomy.granted_tier": 1}, 3, NOT_EARNED + "0.00 < 0.98"),
        ({"finding.hand_fed": True}, 3, "a finding fed by hand carries no autonomy"),
        ({"autonomy.bound": 0.0, "request.person": True}, 2, None),
    ],
)  # fmt: skip
def test_acting_by_itself_has_to_be_earned_or_granted(
    changes: Json, tier: int, text: str | None, policy: Policy, make_facts: MakeFacts, specs: Specs
) -> None:
    decision = decided(policy, specs, make_facts(changes))
    assert decision.tier == tier
    assert [reason.text for reason in decision.reasons if reason.rule == "autonomy"] == ([text] if text else [])


def test_a_grant_that_is_used_is_told(policy: Policy, make_facts: MakeFacts, specs: Specs) -> None:
    facts = make_facts({"autonomy.bound": 0.0, "autonomy.granted_tier": 2, "autonomy.grants": ["g (gov: trial)"]})
    assert "grant: trusted by grant g (gov: trial)" in texts(decided(policy, specs, facts))


@pytest.mark.parametrize(
    ("changes", "effect"),
    [({"target.criticality": "low"}, "execute"), ({"target.criticality": "high"}, "deny"), (CRITICAL, "deny")],
)
def test_an_interim_that_would_have_to_ask_is_denied(
    changes: Json, effect: str, policy: Policy, make_facts: MakeFacts, specs: Specs
) -> None:
    facts = make_facts({**changes, "request.interim": True})
    assert decided(policy, specs, facts, ISOLATE).effect == effect


@pytest.mark.parametrize(
    ("enforcement", "effect"),
    [
        ("{}", "observe"),
        ("{default: observe}", "observe"),
        ("{default: enforce}", "execute"),
        ("{scopes: [{id: s, when: 'action.executor == \"simulated\"', mode: enforce}]}", "execute"),
        ("{scopes: [{id: s, when: 'action.executor == \"real\"', mode: enforce}]}", "observe"),
        (SCOPE.format("{id: s, when: 'true', mode: observe}, {id: t, when: 'true', mode: enforce}"), "observe"),
        (SCOPE.format("{id: s, when: 'finding.tags[0] == \"x\"', mode: enforce}"), "observe"),
        (SCOPE.format("{id: s, when: 'false', mode: observe}"), "execute"),
    ],
)  # fmt: skip
def test_where_any_scope_observes_nothing_is_done(
    enforcement: str, effect: str, make_policy: MakePolicy, make_facts: MakeFacts, specs: Specs
) -> None:
    policy = make_policy(MATRIX, SOUND_RULES, enforcement)
    assert decided(policy, specs, make_facts()).effect == effect


@pytest.mark.parametrize(
    ("changes", "effect"),
    [({}, "observe"), ({"finding.confidence": 0.5}, "queue"), ({"target.untouchable": True}, "deny")],
)
def test_deny_beats_review_and_review_beats_observing(
    changes: Json, effect: str, make_policy: MakePolicy, make_facts: MakeFacts, specs: Specs
) -> None:
    policy = make_policy(MATRIX, SOUND_RULES, "{default: observe}")
    assert decided(policy, specs, make_facts(changes)).effect == effect


def test_an_exception_lowers_to_its_floor_after_a_veto_window(
    make_policy: MakePolicy, make_facts: MakeFacts, specs: Specs
) -> None:
    decision = decided(make_policy(MATRIX, EXCEPTION), specs, make_facts(VERY_SURE), ISOLATE)
    wanted = decision.obligations
    assert (decision.tier, decision.effect) == (Tier.TELL, Effect.ASK)
    assert (wanted.quorum, wanted.decide_in, wanted.on_expiry) == (0, timedelta(minutes=2), OnExpiry.ACT)
    assert (wanted.lease, wanted.interim, wanted.groups) == (timedelta(minutes=5), (), ())
    assert decision.why_asked == "automatic unless somebody objects: extremely sure"


@pytest.mark.parametrize(
    ("rules", "action", "changes"),
    [
        (EXCEPTION, ISOLATE, {"finding.confidence": 0.98}),
        (EXCEPTION, ISOLATE, {"autonomy.bound": 0.98, "autonomy.granted_tier": 2}),
        (EXCEPTION, ISOLATE, {"intel.fresh_origins": 1}),
        (EXCEPTION, ISOLATE, {"finding.tags": []}),
        (EXCEPTION, ISOLATE, {"request.person": True}),
        (EXCEPTION, ISOLATE, {"finding.hand_fed": True}),
        (EXCEPTION, ISOLATE, {"target.protected": True}),
        (EXCEPTION.replace("[host.isolate]", "[host.erase]"), "host.erase", {}),
        (EXCEPTION.replace("enabled: true", "enabled: false"), ISOLATE, {}),
        (EXCEPTION + "  - {id: up, kind: raise, to: 4, when: 'true', because: a freeze}\n", ISOLATE, {}),
        (EXCEPTION + "  - {id: bad, kind: observe, when: '1 / 0 == 1', because: broken}\n", ISOLATE, {}),
    ],
)
def test_an_exception_is_not_granted_unless_everything_holds(
    rules: str, action: str, changes: Json, make_policy: MakePolicy, make_facts: MakeFacts, specs: Specs
) -> None:
    decision = decided(make_policy(MATRIX, rules), specs, make_facts({**VERY_SURE, **changes}), action)
    assert (decision.tier, decision.effect) == (Tier.ASK_TWO, Effect.ASK)
    assert decision.obligations.on_expiry is not OnExpiry.ACT


def test_an_exception_that_gives_no_answer_is_not_granted_and_raises_nothing(
    make_policy: MakePolicy, make_facts: MakeFacts, specs: Specs
) -> None:
    facts = make_facts({"intel.fresh_origins": 2, "finding.tags": []})
    decision = decided(make_policy(MATRIX, EXCEPTION), specs, facts, ISOLATE)
    assert (decision.tier, decision.effect) == (Tier.TELL, Effect.EXECUTE)


def test_one_line_says_why_it_was_not_automatic(make_policy: MakePolicy, make_facts: MakeFacts, specs: Specs) -> None:
    facts = make_facts({**CRITICAL, "finding.confidence": 0.97})
    decision = decided(make_policy(MATRIX, EXCEPTION), specs, facts, ISOLATE)
    assert decision.why_asked == "not automatic: 0.97 < 0.99 and a critical asset"


@pytest.mark.parametrize(
    ("action", "changes", "line"),
    [
        (ISOLATE, CRITICAL, "not automatic: a critical asset"),
        (BLOCK, {"source.learning": True}, "not automatic: still learning"),
        (BLOCK, {"autonomy.bound": 0.9}, "not automatic: autonomy not earned: 400 of 400 right gives 0.90 < 0.98"),
        (ISOLATE, {"target.criticality": "high"}, "not automatic: no row of the matrix fits"),
        (BLOCK, {}, ""),
        (BLOCK, {"finding.confidence": 0.1}, ""),
    ],
)
def test_who_is_asked_is_told_everything_in_the_way(
    action: str, changes: Json, line: str, policy: Policy, make_facts: MakeFacts, specs: Specs
) -> None:
    assert decided(policy, specs, make_facts(changes), action).why_asked == line


def test_a_row_says_more_exactly_what_its_tier_brings(policy: Policy, make_facts: MakeFacts, specs: Specs) -> None:
    wanted = decided(policy, specs, make_facts(CRITICAL), ISOLATE).obligations
    assert (wanted.lease, wanted.ceiling) == (timedelta(minutes=10), timedelta(hours=4))
    assert (wanted.quorum, wanted.groups, wanted.decide_in) == (2, ("db-owners",), timedelta(minutes=12))
    assert (wanted.on_expiry, wanted.tell) == (OnExpiry.HOLD, ("lead",))
    [interim] = wanted.interim
    assert (interim.action, interim.target) == (BLOCK, "203.0.113.44")
    assert interim.params == {"host": None, "port": 443}


def test_without_an_owner_the_tiers_own_group_is_asked(policy: Policy, make_facts: MakeFacts, specs: Specs) -> None:
    facts = make_facts({**CRITICAL, "target.owner": ""})
    assert decided(policy, specs, facts, ISOLATE).obligations.groups == ("responders",)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("", "critical: no interim network.block_ip: `target`: `finding.destination.ip` has no value here"),
        ("not an address", "critical: no interim network.block_ip: `target`: input is not a valid IPv4 address"),
        ("= finding.id", "critical: no interim network.block_ip: `target`: `finding.destination.ip` begins with `=`"),
    ],
)
def test_an_interim_whose_target_is_no_target_is_left_out_and_told(
    address: str, why: str, policy: Policy, make_facts: MakeFacts, specs: Specs
) -> None:
    decision = decided(policy, specs, make_facts({**CRITICAL, "finding.destination.ip": address}), ISOLATE)
    assert decision.obligations.interim == ()
    assert why in texts(decision)


def test_a_lifted_tier_keeps_the_shorter_lease(policy: Policy, make_facts: MakeFacts, specs: Specs) -> None:
    wanted = decided(policy, specs, make_facts({"source.learning": True})).obligations
    assert (wanted.lease, wanted.quorum, wanted.decide_in) == (timedelta(hours=1), 1, timedelta(minutes=15))


def test_of_two_winning_rows_the_stricter_terms_count(
    make_policy: MakePolicy, make_facts: MakeFacts, specs: Specs
) -> None:
    matrix = """
      - {id: a, actions: [notify], tier: 3, because: a, lease: 20m, quorum: 2, on_expiry: hold, groups: [x], tell: [p]}
      - {id: b, actions: [notify], tier: 3, because: b, lease: 30m, decide_in: 5m, groups: [y], tell: [q]}
    """
    wanted = decided(make_policy(matrix), specs, make_facts(), "notify").obligations
    assert (wanted.lease, wanted.quorum, wanted.decide_in) == (timedelta(minutes=20), 2, timedelta(minutes=5))
    assert (wanted.on_expiry, wanted.groups, wanted.tell) == (OnExpiry.DENY, ("x", "y"), ("p", "q"))


def test_what_executes_at_once_asks_nobody(policy: Policy, make_facts: MakeFacts, specs: Specs) -> None:
    wanted = decided(policy, specs, make_facts()).obligations
    assert (wanted.quorum, wanted.groups, wanted.decide_in, wanted.interim) == (0, (), None, ())


def test_a_decision_holds_all_it_was_made_from(policy: Policy, make_facts: MakeFacts, specs: Specs) -> None:
    facts = make_facts({"autonomy.verdicts": 3})
    decision = decided(policy, specs, facts)
    assert decision.facts == {**facts, "action.id": BLOCK}
    assert (decision.policy, decision.policy_digest) == ("small", policy.digest)
    assert decide(policy, decision.facts, specs.get(BLOCK)) == decision


def test_an_explanation_is_plain_and_complete(policy: Policy, make_facts: MakeFacts, specs: Specs) -> None:
    checks = [CheckResult(check="freeze", outcome=CheckOutcome.PASS, summary="nothing is frozen")]
    told = explain(decided(policy, specs, make_facts(CRITICAL), ISOLATE), checks)
    assert {"tier", "effect", "reasons", "rules", "checks", "policy_digest"} <= told.keys()
    assert (told["tier"], told["effect"], told["rules"]) == (4, "ask", ["critical"])
    assert told["checks"] == [checks[0].model_dump(mode="json")]


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
    charged = budget_for(make_policy(MATRIX, budgets=BUDGETS), make_facts(changes))
    assert (charged.key, charged.limits.hour, charged.limits.in_force, charged.limits.points) == (
        key,
        hour,
        in_force,
        points,
    )
    assert (charged.limits.site_points, charged.automatic_points, charged.warn_at) == (61, 30, 0.7)
