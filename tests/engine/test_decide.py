"""Decisions, as tables: matrix and rules, enforcement, and what is told of them."""

from collections.abc import Callable

import pytest

from engine.decide import decide, explain
from engine.model.base import Json
from engine.model.check import CheckOutcome, CheckResult
from engine.model.decision import Decision, Effect, Tier
from engine.policy_file import Policy
from engine.ports import Specs

MakeFacts = Callable[..., Json]
MakePolicy = Callable[..., Policy]
Decided = Callable[..., Decision]

BLOCK, ISOLATE = "network.block_ip", "host.isolate"
BROKEN = """
  - {id: broken, kind: forbid, when: 'finding.tags[0] == "x"', because: never asked}
"""
SCOPE = "{{default: enforce, scopes: [{}]}}"
CRITICAL: Json = {"target.criticality": "critical", "target.value": "files-02"}


def texts(decision: Decision) -> list[str]:
    return [f"{reason.rule}: {reason.text}" for reason in decision.reasons]


@pytest.mark.parametrize(
    ("action", "changes", "tier", "effect", "rules"),
    [
        ("notify", {}, 0, "execute", ("look",)),
        (BLOCK, {"intel.independent_origins": 2}, 1, "execute", ("listed",)),
        (BLOCK, {"intel.independent_origins": 1}, 2, "execute", ("outside",)),
        (BLOCK, {"intel.independent_origins": 2, "intel.warnings": ["cdn"]}, 3, "ask", ("shared",)),
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
    action: str, changes: Json, tier: int, effect: str, rules: tuple[str, ...], decided: Decided,
) -> None:  # fmt: skip
    decision = decided(changes, action)
    assert (decision.tier, decision.effect, decision.rules) == (tier, effect, rules)


def test_an_action_nobody_registered_is_denied(decided: Decided) -> None:
    decision = decided({}, "host.explode")
    assert (decision.effect, decision.reasons[0].text) == (Effect.DENY, "there is no such action")


def test_an_empty_policy_asks_two_people(make_policy: MakePolicy, decided: Decided) -> None:
    decision = decided(under=make_policy())
    assert (decision.tier, decision.effect, decision.obligations.quorum) == (Tier.ASK_TWO, Effect.ASK, 2)


def test_a_rule_without_an_answer_raises_to_tier_4(
    make_policy: MakePolicy, matrix: str, rules: str, decided: Decided
) -> None:
    decision = decided({"finding.tags": []}, under=make_policy(matrix, rules + BROKEN.lstrip("\n")))
    assert (decision.tier, decision.effect) == (Tier.ASK_TWO, Effect.ASK)
    assert "broken: `broken` gave no answer: Index error: index=0 size=0" in texts(decision)


@pytest.mark.parametrize(
    ("changes", "effect"),
    [({"target.criticality": "low"}, "execute"), ({"target.criticality": "high"}, "deny"), (CRITICAL, "deny")],
)
def test_an_interim_that_would_have_to_ask_is_denied(changes: Json, effect: str, decided: Decided) -> None:
    assert decided({**changes, "request.interim": True}, ISOLATE).effect == effect


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
    enforcement: str, effect: str, make_policy: MakePolicy, matrix: str, rules: str, decided: Decided
) -> None:
    assert decided(under=make_policy(matrix, rules, enforcement)).effect == effect


@pytest.mark.parametrize(
    ("changes", "effect"),
    [({}, "observe"), ({"finding.confidence": 0.5}, "queue"), ({"target.untouchable": True}, "deny")],
)
def test_deny_beats_review_and_review_beats_observing(
    changes: Json, effect: str, make_policy: MakePolicy, matrix: str, rules: str, decided: Decided
) -> None:
    assert decided(changes, under=make_policy(matrix, rules, "{default: observe}")).effect == effect


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
def test_who_is_asked_is_told_everything_in_the_way(action: str, changes: Json, line: str, decided: Decided) -> None:
    assert decided(changes, action).why_asked == line


def test_a_decision_holds_all_it_was_made_from(
    small: Policy, make_facts: MakeFacts, specs: Specs, decided: Decided
) -> None:
    decision = decided({"autonomy.verdicts": 3})
    assert decision.facts == make_facts({"autonomy.verdicts": 3, "action.id": BLOCK})
    assert (decision.policy, decision.policy_digest) == ("small", small.digest)
    assert decide(small, decision.facts, specs.get(BLOCK)) == decision


def test_an_explanation_is_plain_and_complete(decided: Decided) -> None:
    checks = [CheckResult(check="freeze", outcome=CheckOutcome.PASS, summary="nothing is frozen")]
    told = explain(decided(CRITICAL, ISOLATE), checks)
    assert {"tier", "effect", "reasons", "rules", "checks", "policy_digest"} <= told.keys()
    assert (told["tier"], told["effect"], told["rules"]) == (4, "ask", ["critical"])
    assert told["checks"] == [checks[0].model_dump(mode="json")]
