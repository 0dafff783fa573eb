"""Routes over what people judge: reviews, findings, actions; and what is measured from it: metrics, sources."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from console.api.backend import Backend, Caller, backend_of, caller_of
from console.api.paging import Place, Wanted, WantedOfAll, at
from console.feedback_views import finding_view, open_review_view, review_view, source_view
from console.views import action_view, stamp
from engine.control.measuring import measure_since
from engine.control.review import answer, find_review, take
from engine.control.sources import pasts
from engine.control.verdicts import judge_action, judge_finding
from engine.errors import NotFound
from engine.learning_coverage import progress
from engine.model.base import Json, Model
from engine.model.feedback import ActionVerdictKind
from engine.model.finding import VerdictKind
from engine.model.review import Review
from engine.store.rows import micros
from engine.store.tx import Tx

router = APIRouter()
Engine = Annotated[Backend, Depends(backend_of)]
Who = Annotated[Caller, Depends(caller_of)]


class AnswerIn(Model):
    """A reviewer's answer: the verdict, why, and the checklist's answers by question."""

    verdict: VerdictKind
    reason: str
    answers: dict[str, str] = {}


class FindingVerdictIn(Model):
    """A judgement on a finding."""

    kind: VerdictKind
    reason: str


class ActionVerdictIn(Model):
    """A judgement on an action."""

    kind: ActionVerdictKind
    reason: str


@router.get("/reviews")
async def get_reviews(engine: Engine, _: Who, page: WantedOfAll) -> Json:
    """What waits for a person, the next deadline first; or every item there was; a page at a time."""
    now = engine.clock()

    def query(tx: Tx) -> Json:
        if page.all:
            return page.answer("reviews", tx.listing.reviews, lambda review: review_view(review, now))
        return page.of("reviews", tx.reviews.waiting(), _place, lambda review: review_view(review, now))

    return await engine.read(query)


@router.get("/reviews/{review_id}")
async def get_review(review_id: str, engine: Engine, _: Who) -> Json:
    """One item with its checklist and its finding."""
    now = engine.clock()

    def query(tx: Tx) -> Json:
        review = find_review(tx, review_id)
        return open_review_view(review, tx.findings.get(review.finding_id), now)

    return await engine.read(query)


@router.post("/reviews/{review_id}/take")
async def post_take(review_id: str, engine: Engine, who: Who) -> Json:
    """Make an item one's own."""
    now = engine.clock()

    def work(tx: Tx) -> Json:
        review = take(tx, who.principal, review_id, now)
        return open_review_view(review, tx.findings.get(review.finding_id), now)

    return await engine.write(work)


@router.post("/reviews/{review_id}/answer")
async def post_answer(review_id: str, given: AnswerIn, engine: Engine, who: Who) -> Json:
    """Answer an item; its finding is judged by it."""
    now = engine.clock()
    review = await engine.write(
        lambda tx: answer(
            tx, engine.desk(tx), who.principal, review_id, given.verdict, given.reason, given.answers, now
        )
    )
    return review_view(review, now)


@router.get("/findings")
async def get_findings(engine: Engine, _: Who, page: Wanted) -> Json:
    """Every accepted finding, a page at a time."""
    return await engine.read(lambda tx: page.answer("findings", tx.listing.findings, lambda one: _finding(tx, one.id)))


@router.get("/findings/{finding_id}")
async def get_finding(finding_id: str, engine: Engine, _: Who) -> Json:
    """One finding in full."""
    return await engine.read(lambda tx: _finding(tx, finding_id))


@router.post("/findings/{finding_id}/verdict")
async def post_finding_verdict(finding_id: str, given: FindingVerdictIn, engine: Engine, who: Who) -> Json:
    """Judge a finding."""
    now = engine.clock()

    def work(tx: Tx) -> Json:
        judge_finding(tx, engine.desk(tx), who.principal, finding_id, given.kind, given.reason, now)
        return _finding(tx, finding_id)

    return await engine.write(work)


@router.post("/actions/{request_id}/verdict")
async def post_action_verdict(request_id: str, given: ActionVerdictIn, engine: Engine, who: Who) -> Json:
    """Judge an action that was carried out."""
    now = engine.clock()

    def work(tx: Tx) -> Json:
        request = judge_action(tx, engine.desk(tx), who.principal, request_id, given.kind, given.reason, now)
        said = [verdict.model_dump(mode="json") for verdict in tx.action_verdicts.of(request.id)]
        return action_view(request, engine.desk().executors) | {"verdicts": [*said]}

    return await engine.write(work)


@router.get("/metrics")
async def get_metrics(engine: Engine, _: Who, days: Annotated[int, Query(ge=1, le=3660)] = 30) -> Json:
    """How well automation did over the last days."""
    now = engine.clock()
    found = await engine.read(lambda tx: measure_since(tx, engine.desk(tx), now - timedelta(days=days), now))
    return found.model_dump(mode="json")


@router.get("/sources")
async def get_sources(engine: Engine, _: Who) -> Json:
    """Where findings come from, and how each source is."""
    now = engine.clock()

    def query(tx: Tx) -> Json:
        found = pasts(tx, now)
        policy = engine.desk(tx).policy
        shown = [
            source_view(
                source,
                past.hours,
                past.running,
                past.errors_day,
                progress(source, policy.document.learning, policy.calendars, now),
            )
            for source, past in found
        ]
        return {"looked_at": stamp(tx.sources.looked_at()), "sources": [*shown]}

    return await engine.read(query)


def _place(review: Review) -> Place:
    return at(micros(review.deadline), review.id)


def _finding(tx: Tx, finding_id: str) -> Json:
    finding = tx.findings.get(finding_id)
    if finding is None:
        raise NotFound(f"there is no finding `{finding_id}`")
    return finding_view(finding, tx.findings.incident_of(finding.id), tx.verdicts.of(f"finding/{finding.id}"))
