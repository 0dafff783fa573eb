"""Budgets that trip: whatever would act by itself and does not fit any more has people asked from then on.

A trip is a finding of our own, in an incident and with one review item of its own, and pages. Of what it holds back the
first few are asked one by one; what comes after waits together in that item, whose lines say why and how much, so that
ten thousand requests are one thing to look at. Only two people end it (`engine.control.resets`).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from engine.control.arrivals import TRIPPED as DETECTOR
from engine.control.judge import Judgement
from engine.control.moves import ENGINE, note
from engine.control.paging import Cause, page
from engine.control.review_queue import queue_finding
from engine.correlate import key, open_incident
from engine.digest import sha256
from engine.errors import EngineBug
from engine.model.base import Json
from engine.model.finding import Finding, Origin, Severity
from engine.model.page import PageKind
from engine.model.request import Request
from engine.model.review import Review, ReviewKind
from engine.model.trip import TRIPPED, Trip
from engine.store.tx import Tx

BUNDLE = 20
"""How many of one cause people are asked one by one (operations: floods)."""


def trip(tx: Tx, scope: str, why: str, caused_by: str, now: datetime, gathers: bool = False) -> Trip:
    """Have people asked about everything in `scope`; what stands tripped already stays as it is."""
    standing = tx.trips.standing().get(scope)
    if standing is not None and (standing.gathers or not gathers):
        return standing
    if standing is not None:
        return save(tx, standing.model_copy(update={"gathers": True, "why": f"{standing.why}; {why}"}))
    number = tx.counters.next("BT")
    finding = _finding(number, scope, why, now)
    incident_id = _open(tx, finding, scope, now)
    review = queue_finding(tx, finding, ReviewKind.BUDGET_TRIPPED, why, now)
    tripped = Trip(
        id=number, scope=scope, why=why, gathers=gathers, caused_by=caused_by, at=now,
        finding_id=finding.id, incident_id=incident_id, review_id=review.id,
    )  # fmt: skip
    tx.trips.insert(tripped)
    body: Json = {"trip": number, "why": why, "caused_by": caused_by, "finding": finding.id, "review": review.id}
    note(tx, f"budget/{scope}", "budget.tripped", now, body)
    text = f"{finding.title}; two people reset it ({review.id})"
    page(tx, Cause(PageKind.BUDGET_TRIPPED, scope, f"budget/{scope}", text), now)
    return tripped


def _finding(number: str, scope: str, why: str, now: datetime) -> Finding:
    return Finding(
        id=f"F-{sha256([DETECTOR, number, scope])[:16]}",
        detector=DETECTOR,
        detector_version="1",
        time=now,
        reported_time=now.isoformat(),
        severity=Severity.HIGH,
        confidence=None,
        category="budget",
        title=f"budget {scope} tripped: {why}",
        origin=Origin(product="fireline"),
        evidence={"trip": number, "scope": scope, "why": why},
    )


def _open(tx: Tx, finding: Finding, scope: str, now: datetime) -> str:
    """An incident for this trip alone."""
    about = key("budget", scope)
    latest = tx.incidents.latest(about)
    generation = 1 if latest is None else latest.generation + 1
    incident = open_incident(tx.counters.next("INC"), about, generation, finding, now)
    tx.incidents.insert(incident)
    tx.findings.insert(finding, incident.id)
    body: Json = {"key": about, "generation": generation, "title": incident.title, "severity": incident.severity}
    note(tx, f"incident/{incident.id}", "incident.opened", now, body)
    body = {"incident": incident.id, "detector": DETECTOR, "version": "1", "severity": finding.severity}
    note(tx, f"finding/{finding.id}", "finding.accepted", now, {**body, "confidence": None, "title": finding.title})
    tx.outbox.nudge("Respond", incident.workflow_id, incident.id)
    return incident.id


def trip_overdrawn(tx: Tx, request: Request, seen: Judgement, now: datetime) -> bool:
    """Trip every budget that a request which would act does not fit in; whether there was one."""
    why = "; ".join(result.summary for result in seen.stopped_by)
    for scope in seen.overdrawn:
        trip(tx, scope, why, request.requester, now)
    return bool(seen.overdrawn)


def is_held_back(seen: Judgement) -> bool:
    """Whether it would act by itself, were it not for a budget."""
    return bool(seen.overdrawn) or TRIPPED in seen.decision.rules


def bundle(tx: Tx, seen: Judgement) -> Trip | None:
    """The trip that a request waits under together with others; None where it is to be asked by itself."""
    if not is_held_back(seen):
        return None
    standing = tx.trips.standing()
    found = next((standing[scope] for scope in seen.budget.scopes if scope in standing), None)
    if found is None:
        raise EngineBug("a request is held back by no budget that tripped")
    if seen.overdrawn or found.asked >= BUNDLE:
        return found
    save(tx, found.model_copy(update={"asked": found.asked + 1}))
    return None


def set_aside(tx: Tx, standing: Trip, request: Request, now: datetime) -> None:
    """Have a request wait with the others of its cause."""
    more = save(tx, standing.model_copy(update={"waiting": standing.waiting + 1}))
    review = _review(tx, more, now)
    if len(review.request_ids) < BUNDLE:
        tx.reviews.save(review.model_copy(update={"request_ids": (*review.request_ids, request.id)}), review.state)


def save(tx: Tx, changed: Trip) -> Trip:
    """Keep a trip as it is now."""
    tx.trips.save(changed)
    return changed


def _review(tx: Tx, standing: Trip, now: datetime) -> Review:
    """The item that waits, as it is to read now; a new one where the last was answered."""
    finding = tx.findings.get(standing.finding_id)
    if finding is None:
        raise EngineBug(f"{standing.id} has no finding")
    review = tx.reviews.waiting_for(finding.id)
    if review is None:
        review = queue_finding(tx, finding, ReviewKind.BUDGET_TRIPPED, standing.why, now)
    told = review.model_copy(update={"because": tuple(lines(standing))})
    tx.reviews.save(told, before=review.state)
    return told


def lines(standing: Trip) -> Iterator[str]:
    """Why, and how much waits, as the queue says it."""
    yield f"{standing.scope}: {standing.why}"
    counts = (
        (standing.asked, "requests were put to people one by one"),
        (standing.waiting, "more requests wait here together; none of them is done"),
        (standing.gathered, "findings were taken in and not answered"),
    )
    yield from (f"{count} {what}" for count, what in counts if count)


def gather(tx: Tx, standing: Trip, findings: Iterable[Finding], actor: str, now: datetime) -> None:
    """Take findings of a storm in as evidence of its own incident: one entry for all, and nothing is planned."""
    found = tuple(findings)
    ids: list[str] = [finding.id for finding in found]
    tx.findings.insert_all(found, standing.incident_id)
    body: Json = {"trip": standing.id, "incident": standing.incident_id, "count": len(ids), "first": [*ids[:BUNDLE]]}
    note(tx, f"budget/{standing.scope}", "findings.gathered", now, {**body, "ids": sha256([*ids])}, actor or ENGINE)
    _review(tx, save(tx, standing.model_copy(update={"gathered": standing.gathered + len(ids)})), now)
