"""The doors of the review queue: what waits there is taken, and answered.

Rules: 1. Analysts answer; never a bot, nor who fed the finding by hand or broke the glass. 2. An item has one reviewer
at a time. 3. The whole checklist is answered, by the answers it offers (`engine.checklists`). 4. The answer is a
verdict on the finding; that on a use of break-glass is one on its incident.
"""

from collections.abc import Mapping
from datetime import datetime

from engine.checklists import parse_answers
from engine.control.desk import Desk
from engine.control.moves import note
from engine.control.review_queue import stamp
from engine.control.verdicts import judge_finding, judge_incident, require_analyst, require_judge
from engine.errors import Denied, EngineBug, NotFound
from engine.model.base import Json
from engine.model.finding import VerdictKind
from engine.model.principal import Principal
from engine.model.review import Review, ReviewKind, ReviewState
from engine.store.tx import Tx


def take(tx: Tx, principal: Principal, review_id: str, now: datetime) -> Review:
    """Make an item one's own, so that nobody does it twice."""
    review = _permitted(tx, principal, review_id)
    if review.state is ReviewState.TAKEN:
        raise Denied(f"{review.id} is taken by `{review.taken_by}` since {stamp(review.taken_at)}")
    taken = review.model_copy(update={"state": ReviewState.TAKEN, "taken_by": principal.id, "taken_at": now})
    tx.reviews.save(taken, before=review.state)
    note(tx, f"review/{review.id}", "review.taken", now, {}, principal.signature)
    return taken


def answer(
    tx: Tx,
    desk: Desk,
    principal: Principal,
    review_id: str,
    verdict: VerdictKind,
    reason: str,
    answers: Mapping[str, str],
    now: datetime,
) -> Review:
    """Answer an item that is one's own, or nobody's yet; what it is about is judged by it (rule 4)."""
    review = _permitted(tx, principal, review_id)
    if review.state is ReviewState.TAKEN and review.taken_by != principal.id:
        raise Denied(f"{review.id} is taken by `{review.taken_by}` since {stamp(review.taken_at)}")
    given = parse_answers(review.kind, answers)
    if review.kind is ReviewKind.BREAK_GLASS:
        judge_incident(tx, desk, principal, review.incident_id, verdict, reason, now)
    else:
        judge_finding(tx, desk, principal, review.finding_id, verdict, reason, now)
    answered = review.model_copy(
        update={
            "state": ReviewState.ANSWERED,
            "answered_by": principal.id,
            "answered_at": now,
            "verdict": verdict,
            "reason": reason,
            "answers": given,
        }
    )
    tx.reviews.save(answered, before=review.state)
    body: Json = {"verdict": verdict, "reason": reason, "answers": {**given}, "late": now > review.deadline}
    note(tx, f"review/{review.id}", "review.answered", now, body, principal.signature)
    return answered


def find_review(tx: Tx, review_id: str) -> Review:
    """The item, or `NotFound`."""
    review = tx.reviews.get(review_id)
    if review is None:
        raise NotFound(f"there is no review `{review_id}`")
    return review


def _permitted(tx: Tx, principal: Principal, review_id: str) -> Review:
    """An item that waits, and that this person may answer (rule 1)."""
    review = find_review(tx, review_id)
    if review.kind is ReviewKind.BREAK_GLASS:
        _require_another(tx, principal, review)
    else:
        _require_judge_of(tx, principal, review)
    if review.state is ReviewState.ANSWERED:
        said = f"as {review.verdict} by `{review.answered_by}` at {stamp(review.answered_at)}"
        raise Denied(f"{review.id} is answered already, {said}")
    return review


def _require_judge_of(tx: Tx, principal: Principal, review: Review) -> None:
    finding = tx.findings.get(review.finding_id)
    if finding is None:
        raise EngineBug(f"{review.id} is about a finding that is gone")
    require_judge(principal, finding)


def _require_another(tx: Tx, principal: Principal, review: Review) -> None:
    require_analyst(principal)
    used = {request.requester for request in map(tx.requests.get, review.request_ids) if request is not None}
    if principal.id in used:
        raise Denied(f"`{principal.id}` broke the glass, so may not review it")
