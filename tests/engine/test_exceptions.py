"""Exceptions: what they lower, and everything that keeps them from it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.model.base import Json
from engine.model.decision import Decision, Effect, OnExpiry, Tier
from engine.policy_file import Policy

MakePolicy = Callable[..., Policy]
Decided = Callable[..., Decision]

ISOLATE = "host.isolate"
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
CRITICAL: Json = {"target.criticality": "critical", "target.value": "files-02"}
VERY_SURE: Json = {**CRITICAL, "intel.fresh_origins": 2, "finding.tags": ["c2"]}


def test_an_exception_lowers_to_its_floor_after_a_veto_window(
    make_policy: MakePolicy, matrix: str, decided: Decided
) -> None:
    decision = decided(VERY_SURE, ISOLATE, make_policy(matrix, EXCEPTION))
    wanted = decision.obligations
    assert (decision.tier, decision.effect) == (Tier.TELL, Effect.ASK)
    assert (wanted.quorum, wanted.decide_in, wanted.on_expiry) == (0, timedelta(minutes=2), OnExpiry.ACT)
    assert (wanted.lease, wanted.interim, wanted.groups) == (timedelta(minutes=5), (), ())
    assert decision.why_asked == "automatic unless somebody objects: extremely sure"


def test_a_raise_within_what_acts_by_itself_keeps_the_veto_window(
    make_policy: MakePolicy, matrix: str, decided: Decided
) -> None:
    lifted = EXCEPTION.replace("floor: 2", "floor: 1") + "  - {id: up, kind: raise, to: 2, when: 'true', because: x}\n"
    decision = decided(VERY_SURE, ISOLATE, make_policy(matrix, lifted))
    assert (decision.tier, decision.effect, decision.obligations.on_expiry) == (Tier.TELL, Effect.ASK, OnExpiry.ACT)


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
    rules: str, action: str, changes: Json, make_policy: MakePolicy, matrix: str, decided: Decided
) -> None:
    decision = decided({**VERY_SURE, **changes}, action, make_policy(matrix, rules))
    assert (decision.tier, decision.effect) == (Tier.ASK_TWO, Effect.ASK)
    assert decision.obligations.on_expiry is not OnExpiry.ACT


def test_an_exception_that_gives_no_answer_is_not_granted_and_raises_nothing(
    make_policy: MakePolicy, matrix: str, decided: Decided
) -> None:
    changes: Json = {"intel.fresh_origins": 2, "finding.tags": []}
    decision = decided(changes, ISOLATE, make_policy(matrix, EXCEPTION))
    assert (decision.tier, decision.effect) == (Tier.TELL, Effect.EXECUTE)


def test_one_line_says_why_it_was_not_automatic(make_policy: MakePolicy, matrix: str, decided: Decided) -> None:
    changes: Json = {**CRITICAL, "finding.confidence": 0.97}
    decision = decided(changes, ISOLATE, make_policy(matrix, EXCEPTION))
    assert decision.why_asked == "not automatic: 0.97 < 0.99 and a critical asset"
