"""What cannot be taken back is not begun without two people."""

from collections.abc import Callable

import pytest

from engine.model.action import Impact, Reversal
from engine.ports import Subject
from policies.checks.rollback_ready import RollbackReady

Make = Callable[..., Subject]


@pytest.mark.parametrize(
    ("action", "spec", "changes", "outcome"),
    [
        ("host.isolate", {}, {}, "pass"),
        ("identity.revoke_sessions", {}, {}, "pass"),
        ("host.isolate", {"reversal": Reversal.IRREVERSIBLE}, {"tier": 4, "approved": True}, "block"),
        ("host.isolate", {"impact": Impact.IRREVERSIBLE}, {"tier": 4, "approved": True}, "block"),
        ("host.reimage", {}, {"tier": 3}, "block"),
        ("host.reimage", {}, {"tier": 4}, "pass"),
        ("host.reimage", {}, {"tier": 4, "state": "authorised"}, "block"),
        ("host.reimage", {}, {"tier": 4, "state": "authorised", "approved": True}, "pass"),
        ("notify", {}, {"tier": 0}, "pass"),
    ],
)
def test_outcome(make: Make, action: str, spec: dict[str, object], changes: dict[str, object], outcome: str) -> None:
    assert RollbackReady().run(make(action, "files-02", spec=spec, **changes)).outcome == outcome
