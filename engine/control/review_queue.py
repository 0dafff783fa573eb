"""What waits for a person: nobody sure enough, nothing that answers, bytes that somebody has to look at.

An item is made in the transaction that needs it, one a finding: later causes are added to the item that waits.
"""

from datetime import datetime, timedelta

from engine.control.moves import note
from engine.control.paging import Cause, page
from engine.errors import EngineBug
from engine.model.base import Json
from engine.model.finding import Finding, Severity
from engine.model.page import PageKind
from engine.model.request import Request
from engine.model.review import Review, ReviewKind
from engine.store.tx import Tx

ANSWER_WITHIN = timedelta(hours=4)
ANSWER_CRITICAL_WITHIN = timedelta(minutes=30)


def queue_request(tx: Tx, request: Request, now: datetime) -> None:
    """Have people look at the finding behind a request that is not sure enough to be decided."""
    finding = None if request.finding_id is None else tx.findings.get(request.finding_id)
    if finding is None:
        raise EngineBug(f"request {request.id} waits for review, and rests on no finding")
    queue_finding(tx, finding, ReviewKind.LOW_CONFIDENCE, f"{request.id}: {request.outcome}", now, request.id)


def queue_finding(
    tx: Tx, finding: Finding, kind: ReviewKind, because: str, now: datetime, request_id: str | None = None
) -> Review:
    """Have people look at a finding; an item that waits already gets one more cause."""
    requests = () if request_id is None else (request_id,)
    waiting = tx.reviews.waiting_for(finding.id)
    if waiting is not None:
        more = {"because": (*waiting.because, because), "request_ids": (*waiting.request_ids, *requests)}
        grown = waiting.model_copy(update=more)
        tx.reviews.save(grown, before=waiting.state)
        note(tx, f"review/{grown.id}", "review.grown", now, {"because": because, "request": request_id})
        return grown
    review = Review(
        id=tx.counters.next("RV"),
        kind=kind,
        finding_id=finding.id,
        incident_id=tx.findings.incident_of(finding.id) or "",
        request_ids=requests,
        severity=finding.severity,
        title=finding.title,
        because=(because,),
        created_at=now,
        deadline=now + (ANSWER_CRITICAL_WITHIN if finding.severity is Severity.CRITICAL else ANSWER_WITHIN),
    )
    tx.reviews.insert(review)
    body: Json = {"kind": kind, "finding": finding.id, "request": request_id, "because": because}
    note(tx, f"review/{review.id}", "review.opened", now, body | {"deadline": review.deadline.isoformat()})
    return review


def flag_overdue(tx: Tx, now: datetime) -> list[Review]:
    """Say once of each item that its deadline has passed, and page somebody."""
    late = [review for review in tx.reviews.waiting() if review.overdue_at is None and now >= review.deadline]
    for review in late:
        tx.reviews.save(review.model_copy(update={"overdue_at": now}), before=review.state)
        text = f"{review.id} ({review.severity}) is not answered since {stamp(review.created_at)}: {review.title}"
        note(tx, f"review/{review.id}", "review.overdue", now, {"taken_by": review.taken_by})
        page(tx, Cause(PageKind.REVIEW_OVERDUE, review.id, f"review/{review.id}", text), now)
    return late


def stamp(at: datetime | None) -> str:
    """An instant as people read it."""
    return "" if at is None else at.isoformat(timespec="seconds")
