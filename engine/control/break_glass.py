"""The door for break-glass: one person acts without the approvals it takes, for a short while, and is reviewed.

Whoever may not, or what may not be, is refused before anything is written. A use counts whatever becomes of it: it is
authorised, announced and put up for review in one transaction, and from there it goes the way of every other request,
with every check once more at the commit point, a lease that ends, and the ledger.
"""

from collections.abc import Sequence
from datetime import datetime

from engine.break_glass import Past, needed, refusal
from engine.control.desk import Desk
from engine.control.doors import Wanted, open_request
from engine.control.judge import Judgement, judge, justification, standing_against
from engine.control.moves import move_request, note
from engine.control.paging import page_about
from engine.control.request_path import RequestPath
from engine.errors import Denied, EngineBug
from engine.model.base import Json
from engine.model.break_glass import MONTH, BreakGlassTerms, BreakGlassUse, Overridable
from engine.model.decision import Decision, Effect
from engine.model.finding import Severity
from engine.model.page import PageKind
from engine.model.principal import Principal
from engine.model.request import Request, RequestState
from engine.model.review import Review, ReviewKind
from engine.store.tx import Tx


def break_glass(tx: Tx, desk: Desk, principal: Principal, wanted: Wanted, now: datetime) -> Request:
    """Have it done although nobody approved it, or raise `Denied` with everything that stands against it."""
    terms = desk.policy.document.break_glass
    because = refusal(terms, principal, past_of(tx, principal.id), now)
    if because is not None:
        raise Denied(because)
    incident, request = open_request(tx, desk, principal, wanted, now)
    RequestPath(tx, desk, incident, now).record(request)
    # Judged as at the commit point, so that nobody spends a use on what would be blocked there.
    known = {"state": RequestState.AUTHORISED, "fingerprint": judge(tx, desk, request, incident, now).fingerprint}
    seen = judge(tx, desk, request.model_copy(update=known), incident, now)
    _require_open(desk, request, seen)
    overrode = needed(desk.policy.document, seen.decision, seen.checks)
    authorised = _authorise(tx, terms, request, seen, overrode, now)
    review = _queue_review(tx, terms, principal, authorised, overrode, now)
    _record(tx, principal, authorised, review, overrode, now)
    tx.outbox.nudge("Respond", incident.workflow_id, incident.id)
    return authorised


def past_of(tx: Tx, principal: str) -> Sequence[Past]:
    """Everything that a person used it for, with the reviews; oldest first."""
    return [_with_review(tx, use) for use in tx.break_glass.of(principal)]


def recent(tx: Tx, now: datetime) -> Sequence[Past]:
    """Everybody's uses that still count; oldest first."""
    return [_with_review(tx, use) for use in tx.break_glass.since(now - MONTH)]


def unreviewed(tx: Tx) -> Sequence[Past]:
    """What somebody still has to look at."""
    waiting = [review for review in tx.reviews.waiting() if review.kind is ReviewKind.BREAK_GLASS]
    return [past(tx, review.request_ids[0]) for review in waiting]


def past(tx: Tx, request_id: str) -> Past:
    """One use with its review."""
    use = tx.break_glass.get(request_id)
    if use is None:
        raise EngineBug(f"request {request_id} came of no break-glass")
    return _with_review(tx, use)


def _with_review(tx: Tx, use: BreakGlassUse) -> Past:
    review = tx.reviews.get(use.review_id)
    if review is None:
        raise EngineBug(f"break-glass use {use.request_id} has no review")
    return Past(use, review)


def _require_open(desk: Desk, request: Request, seen: Judgement) -> None:
    standing = standing_against(desk, request, seen)
    if standing:
        raise Denied(f"break-glass does not open this: {'; '.join(standing)}")
    if seen.decision.effect is Effect.EXECUTE and not seen.stopped_by:
        raise Denied("nobody has to approve this: ask for it with `actions request`")


def _authorise(
    tx: Tx, terms: BreakGlassTerms, request: Request, seen: Judgement, overrode: Sequence[Overridable], now: datetime
) -> Request:
    body: Json = {"break_glass": request.requester, "reason": request.reason, "overrode": [*overrode]}
    wished = terms.lasts if request.lease is None else min(request.lease, terms.lasts)
    return move_request(
        tx, request, RequestState.AUTHORISED, now, {**justification(seen), **body},
        decision=_shortened(seen.decision, terms), checks=seen.checks, fingerprint=seen.fingerprint,
        authorised_at=now, break_glass=True, lease=wished, outcome=f"break-glass by {request.requester}",
    )  # fmt: skip


def _shortened(decision: Decision, terms: BreakGlassTerms) -> Decision:
    """The same, lasting no longer than break-glass may, extensions included."""
    wanted = decision.obligations
    spans = {"lease": min(wanted.lease, terms.lasts), "ceiling": min(wanted.ceiling, terms.lasts)}
    return decision.model_copy(update={"obligations": wanted.model_copy(update=spans)})


def _queue_review(
    tx: Tx, terms: BreakGlassTerms, principal: Principal, request: Request, overrode: Sequence[Overridable],
    now: datetime,
) -> Review:  # fmt: skip
    because = f"{principal.signature} did it without: {', '.join(overrode)}"
    review = Review(
        id=tx.counters.next("RV"),
        kind=ReviewKind.BREAK_GLASS,
        incident_id=request.incident_id,
        request_ids=(request.id,),
        severity=Severity.CRITICAL if Overridable.ASK_TWO in overrode else Severity.HIGH,
        title=f"break-glass by {principal.id}: {request.action} on {request.target}",
        because=(because, f"reason given: {request.reason}"),
        created_at=now,
        deadline=now + terms.review_within,
    )
    tx.reviews.insert(review)
    body: Json = {"kind": review.kind, "request": request.id, "because": because}
    note(tx, f"review/{review.id}", "review.opened", now, body | {"deadline": review.deadline.isoformat()})
    return review


def _record(
    tx: Tx, principal: Principal, request: Request, review: Review, overrode: Sequence[Overridable], now: datetime
) -> None:
    use = BreakGlassUse(
        request_id=request.id,
        incident_id=request.incident_id,
        review_id=review.id,
        principal=principal.id,
        action=request.action,
        target=request.target,
        reason=request.reason,
        overrode=tuple(overrode),
        at=now,
    )
    tx.break_glass.insert(use)
    body: Json = {"request": request.id, "review": review.id, "overrode": [*overrode], "reason": request.reason}
    note(tx, f"principal/{principal.id}", "break_glass.used", now, body, principal.signature)
    text = f"{review.title} ({request.reason}); {review.id} waits for another person"
    page_about(tx, request, PageKind.BREAK_GLASS, text, now)
