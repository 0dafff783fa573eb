"""Values to keep in a store, small but whole; anything about them is changed by name."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from engine.model.action import Executor
from engine.model.approval import Vote, VoteKind
from engine.model.base import Model
from engine.model.decision import Decision, Effect, Obligations, OnExpiry, Reason, Tier
from engine.model.entry import Draft
from engine.model.finding import Finding, Origin, Severity
from engine.model.incident import Incident, IncidentState
from engine.model.lease import Holder, Lease, LeaseState
from engine.model.request import Request, RequestState
from engine.store.tx import Tx

T = TypeVar("T")
NOON = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Answer(Model):
    """What a step may result in: text that JSON escapes, and numbers that it must keep."""

    text: str = "“é\u2028\\"
    share: float = 0.1
    lasts: timedelta = timedelta(microseconds=1500001)
    at: datetime = NOON


def draft(subject: str = "request/AR-0001", number: int = 0) -> Draft:
    """An entry to record."""
    return Draft(subject=subject, kind="request.held", actor="engine", at=NOON, body={"number": number, "who": "Zoë"})


def record(tx: Tx, *subjects: str) -> list[int]:
    """Record an entry for each of the subjects; return their numbers."""
    return [tx.record(draft(subject)) for subject in subjects]


def every(do: Callable[[T], object], *values: T) -> None:
    """Do it with each of the values."""
    for value in values:
        do(value)


def finding(name: str = "F-1", **changes: object) -> Finding:
    return Finding(
        id=name, detector="dns.tunnel", detector_version="1", time=NOON, reported_time="noon",
        severity=Severity.HIGH, confidence=0.97, category="c2", title="a tunnel", origin=Origin(product="x"),
    ).model_copy(update=changes)  # fmt: skip


def incident(name: str = "INC-0001", **changes: object) -> Incident:
    return Incident(
        id=name, key="host:files-02", generation=1, state=IncidentState.OPEN, title="a tunnel", severity=Severity.HIGH,
        confidence=0.97, opened_at=NOON, first_seen=NOON, last_seen=NOON, finding_ids=("F-1",),
    ).model_copy(update=changes)  # fmt: skip


def decision(
    tier: Tier = Tier.ASK, quorum: int = 1, groups: tuple[str, ...] = (), on_expiry: OnExpiry = OnExpiry.DENY
) -> Decision:
    return Decision(
        tier=tier, effect=Effect.ASK, reasons=(Reason(rule="matrix", text="critical"),), rules=("matrix",),
        obligations=Obligations(lease=HOUR, ceiling=8 * HOUR, quorum=quorum, groups=groups, on_expiry=on_expiry),
        policy="small", policy_digest="ab" * 32, facts={"finding.confidence": 0.97},
    )  # fmt: skip


def request(name: str = "AR-0001", **changes: object) -> Request:
    return Request(
        id=name, incident_id="INC-0001", state=RequestState.REQUESTED, action="host.isolate", action_version="1",
        connector="sim", target="files-02", params={"target": "files-02"}, requester="detector:dns.tunnel@1",
        person=False, reason="a tunnel", requested_at=NOON, changed_at=NOON, decision=decision(),
    ).model_copy(update=changes)  # fmt: skip


def lease(name: str = "L-0001", **changes: object) -> Lease:
    return Lease(
        id=name, key="lease/host.isolate/sim/1", generation=1, state=LeaseState.APPLYING, action="host.isolate",
        action_version="1", connector="sim", executor=Executor.SIMULATED, target="files-02", params={}, owner="fl-1",
        began_at=NOON, changed_at=NOON,
    ).model_copy(update=changes)  # fmt: skip


def holder(request_id: str = "AR-0001", **changes: object) -> Holder:
    return Holder(
        request_id=request_id, lease_id="L-0001", incident_id="INC-0001", expires_at=NOON + HOUR,
        ceiling_at=NOON + 8 * HOUR,
    ).model_copy(update=changes)  # fmt: skip


def vote(principal: str = "ana", **changes: object) -> Vote:
    return Vote(
        request_id="AR-0001", principal=principal, kind=VoteKind.APPROVE, digest="ab" * 32, reason="seen", at=NOON,
        channel="web",
    ).model_copy(update=changes)  # fmt: skip
