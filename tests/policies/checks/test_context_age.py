"""Whoever decides hears that what is known of the target is old."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from engine.context.file import ContextFile
from engine.context.merge import Known, merge
from engine.context.static import StaticContext
from engine.model.action import Impact
from engine.model.context import Asset, Identity
from engine.model.provenance import Source
from engine.ports import Context, Subject
from policies.checks.context_age import ContextAge

Make = Callable[..., Subject]
NOW = datetime(2026, 11, 21, 3, 11, 2, tzinfo=UTC)
HOST, WHO = Asset(name="ws-01"), Identity(name="j.doe")


def source(name: str, days: int) -> Known:
    at = NOW - timedelta(days=days)
    told = Source(name=name, format="csv", file="f", sha256="0" * 64, by="anna", at=at, as_of=at,
                  valid_for=timedelta(days=7))  # fmt: skip
    return Known(told, ContextFile(assets=(HOST,), identities=(WHO,)))


def place(*known: Known) -> Context:
    return StaticContext(merge(ContextFile(assets=(HOST,), identities=(WHO,)), known), {})


@pytest.mark.parametrize(("action", "target"), [("host.isolate", "ws-01"), ("identity.disable_account", "j.doe")])
@pytest.mark.parametrize(
    ("known", "outcome"),
    [
        ((), "pass"),
        ((source("cmdb", 7),), "pass"),
        ((source("cmdb", 8),), "warn"),
        ((source("cmdb", 8), source("edr", 9)), "warn"),
        ((source("cmdb", 8), source("edr", 1)), "pass"),
    ],
)
def test_outcome(make: Make, action: str, target: str, known: tuple[Known, ...], outcome: str) -> None:
    assert ContextAge().run(make(action, target, context=place(*known))).outcome == outcome


@pytest.mark.parametrize(
    ("action", "target", "changes"),
    [
        ("host.isolate", "nowhere", {}),
        ("mail.quarantine", "ws-01", {}),
        ("host.isolate", "ws-01", {"spec": {"impact": Impact.NONE}}),
    ],
)
def test_what_is_unknown_or_harmless_is_not_old(
    make: Make, action: str, target: str, changes: dict[str, object]
) -> None:
    assert ContextAge().run(make(action, target, context=place(source("cmdb", 8)), **changes)).outcome == "pass"


def test_the_sources_and_their_age_are_named(make: Make) -> None:
    result = ContextAge().run(make("host.isolate", "ws-01", context=place(source("cmdb", 8), source("edr", 9))))
    assert result.summary == "known only from `edr` (9 days old), `cmdb` (8 days old): import it anew"
    assert result.details == {"sources": ["edr", "cmdb"]}
