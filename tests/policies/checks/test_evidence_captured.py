"""What destroys evidence waits for its receipt, or for people who approve a waiver."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from engine.model.evidence import EvidenceKind, Receipt, Waiver
from engine.ports import Subject
from policies.checks.evidence_captured import EvidenceCaptured

Make = Callable[..., Subject]
NOW = datetime(2026, 11, 21, 3, 11, 2, tzinfo=UTC)


def taken(ago: timedelta = timedelta(hours=1), size: int = 9) -> Receipt:
    return Receipt(
        kind=EvidenceKind.PROCESSES, target="ws-203", digest="ab" * 32, size=size, truncated=False, taken_at=NOW - ago
    )


WAIVED = {"evidence_waiver": Waiver(owner="lead", reason="the host is dead")}
LATE, DAY = timedelta(days=1, seconds=1), timedelta(days=1)
ERADICATES = {"eradicates": True}


@pytest.mark.parametrize(
    ("action", "spec", "changes", "outcome"),
    [
        ("host.isolate", {}, {}, "pass"),
        ("notify", {}, {}, "pass"),
        ("identity.revoke_sessions", {}, {}, "pass"),
        ("host.isolate", ERADICATES, {}, "block"),
        ("host.isolate", ERADICATES, {"evidence": (taken(),)}, "pass"),
        ("host.reimage", {}, {"tier": 4}, "block"),
        ("host.reimage", {}, {"tier": 4, "approved": True, "state": "authorised"}, "block"),
        ("host.reimage", {}, {"tier": 4, "evidence": (taken(),)}, "pass"),
        ("host.reimage", {}, {"tier": 4, "evidence": (taken(DAY),)}, "pass"),
        ("host.reimage", {}, {"tier": 4, "evidence": (taken(LATE),)}, "block"),
        ("host.reimage", {}, {"tier": 4, "evidence": (taken(LATE), taken())}, "pass"),
        ("host.reimage", {}, {"tier": 4, "evidence": (taken(size=0),)}, "block"),
        ("host.reimage", {}, {"tier": 4, "request": WAIVED}, "warn"),
        ("host.reimage", {}, {"tier": 4, "request": WAIVED, "state": "authorised"}, "block"),
        ("host.reimage", {}, {"tier": 4, "request": WAIVED, "state": "authorised", "approved": True}, "warn"),
        ("host.isolate", ERADICATES, {"tier": 2, "request": WAIVED}, "block"),
        ("host.isolate", ERADICATES, {"tier": 3, "request": WAIVED}, "warn"),
    ],
)
def test_outcome(make: Make, action: str, spec: dict[str, object], changes: dict[str, object], outcome: str) -> None:
    assert EvidenceCaptured().run(make(action, "ws-203", spec=spec, **changes)).outcome == outcome


def test_the_newest_receipt_is_named_with_its_digest(make: Make) -> None:
    answer = EvidenceCaptured().run(make("host.reimage", "ws-203", tier=4, evidence=(taken(DAY), taken())))
    assert answer.summary == "processes of `ws-203` taken at 2026-11-21T02:11+00:00: sha256 abababababababab"
    assert answer.details == {"receipt": taken().model_dump(mode="json")}


def test_a_waiver_says_who_waived_it_and_why(make: Make) -> None:
    answer = EvidenceCaptured().run(make("host.reimage", "ws-203", tier=4, request=WAIVED))
    assert answer.summary == "nothing was taken down of `ws-203`; waived by lead: the host is dead"
    assert answer.details == {"owner": "lead", "reason": "the host is dead"}
