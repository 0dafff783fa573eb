"""Nothing is begun through a system that may not answer for the release."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from engine.model.action import Executor
from engine.ports import ConnectorState, Subject
from policies.checks.connector_healthy import ConnectorHealthy

Make = Callable[..., Subject]

NOW = datetime(2026, 11, 21, 3, 11, 2, tzinfo=UTC)


def seen(minutes: int = 0, healthy: bool = True, instance: str = "sim") -> ConnectorState:
    return ConnectorState(instance, Executor.SIMULATED, healthy, NOW - timedelta(minutes=minutes), "connection refused")


@pytest.mark.parametrize(
    ("action", "state", "connector", "outcome"),
    [
        ("host.isolate", "requested", seen(), "pass"),
        ("host.isolate", "authorised", seen(), "pass"),
        ("host.isolate", "authorised", seen(minutes=5), "pass"),
        ("host.isolate", "requested", seen(minutes=6), "warn"),
        ("host.isolate", "authorised", seen(minutes=6), "block"),
        ("host.isolate", "requested", None, "warn"),
        ("host.isolate", "awaiting_approval", None, "warn"),
        ("host.isolate", "authorised", None, "block"),
        ("host.isolate", "requested", seen(healthy=False), "warn"),
        ("host.isolate", "authorised", seen(healthy=False), "block"),
        ("host.isolate", "authorised", seen(instance="edge-1"), "block"),
        ("identity.revoke_sessions", "authorised", None, "warn"),
        ("identity.revoke_sessions", "authorised", seen(healthy=False), "block"),
        ("notify", "authorised", None, "pass"),
    ],
)
def test_outcome(make: Make, action: str, state: str, connector: ConnectorState | None, outcome: str) -> None:
    assert ConnectorHealthy().run(make(action, state=state, connector=connector)).outcome == outcome


def test_the_reason_of_a_sick_connector_is_told(make: Make) -> None:
    result = ConnectorHealthy().run(make(connector=seen(healthy=False)))
    assert result.summary == "connector `sim` is not healthy: connection refused"
