"""Gates, as tables: how sure a finding has to be, and what has to be earned before anything acts by itself."""

from collections.abc import Callable

import pytest

from engine.model.base import Json
from engine.model.decision import Decision, Effect

Decided = Callable[..., Decision]

ISOLATE = "host.isolate"
WAITS = "confidence: not sure enough, so it waits for review: "
NOT_EARNED = "autonomy not earned: 400 of 400 right gives "
CRITICAL: Json = {"target.criticality": "critical", "target.value": "files-02"}


def texts(decision: Decision) -> list[str]:
    return [f"{reason.rule}: {reason.text}" for reason in decision.reasons]


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
def test_confidence_below_its_gate_waits_for_review(changes: Json, effect: str, last: str, decided: Decided) -> None:
    decision = decided(changes)
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
    action: str, changes: Json, effect: str, decided: Decided
) -> None:
    assert decided(changes, action).effect == effect


def test_raising_the_tier_never_lowers_the_confidence_it_takes(decided: Decided) -> None:
    changes: Json = {"finding.confidence": 0.85, "source.learning": True}
    assert decided(changes).effect is Effect.QUEUE


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
def test_a_score_nobody_has_measured_counts_for_less(changes: Json, counts: str | None, decided: Decided) -> None:
    said = [reason.text for reason in decided(changes).reasons]
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
    changes: Json, tier: int, text: str | None, decided: Decided
) -> None:
    decision = decided(changes)
    assert decision.tier == tier
    assert [reason.text for reason in decision.reasons if reason.rule == "autonomy"] == ([text] if text else [])


def test_a_grant_that_is_used_is_told(decided: Decided) -> None:
    changes: Json = {"autonomy.bound": 0.0, "autonomy.granted_tier": 2, "autonomy.grants": ["g (gov: trial)"]}
    assert "grant: trusted by grant g (gov: trial)" in texts(decided(changes))
