"""Routes over findings, incidents, actions and approvals."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from fastapi import Request as HttpRequest
from pydantic import Field

from console.api import paging
from console.api.backend import Backend, Caller, Seconds, backend_of, caller_of
from console.api.lines import MEDIA_TYPE, read_lines
from console.run_views import run_view
from console.views import action_view, approval_view, decision_view, incident_view
from engine.approvals import Ballot, obligations, tally
from engine.control.accept import accept, keep_dead_letters
from engine.control.doors import Wanted, request_action
from engine.control.ticketing import references
from engine.control.verdicts import judge_incident
from engine.control.voting import cast_vote, find_request, retract_vote
from engine.errors import NotFound
from engine.model.approval import VoteKind
from engine.model.base import Json, Model, Said
from engine.model.finding import Finding, VerdictKind
from engine.model.intake import DeadLetter
from engine.model.principal import Principal, Role
from engine.model.request import Request, RequestState
from engine.model.step_up import Code
from engine.store.tx import Tx

router = APIRouter()
Engine = Annotated[Backend, Depends(backend_of)]
Who = Annotated[Caller, Depends(caller_of)]


class FindingsIn(Model):
    """Findings from intake, and the records it could not read. `hand_fed`: the caller vouches for them."""

    findings: tuple[Finding, ...] = ()
    dead_letters: tuple[DeadLetter, ...] = ()
    hand_fed: bool = False


class VerdictIn(Model):
    """A judgement on an incident."""

    kind: VerdictKind
    reason: Said


class ActionIn(Model):
    """An action somebody wants done."""

    action: str
    target: str
    params: Json = {}
    lease_s: Seconds | None = None
    reason: Said
    without_evidence: Said = ""


class VoteIn(Model):
    """An answer to an approval request; `digest` is the one that was shown, `lease_s` for how long at the most.

    `code` is the one-time code that a yes at tier 4 may take.
    """

    kind: VoteKind
    reason: Said = ""
    digest: str | None = None
    lease_s: Seconds | None = None
    code: Annotated[Code, Field(max_length=20)] | None = None


@router.post("/findings")
async def post_findings(given: FindingsIn, engine: Engine, who: Who) -> Json:
    """Accept findings; each says which incident it joined and whether it was known."""
    with engine.tracer.start_as_current_span("intake"):
        return await engine.write(_intake(given, engine, who))


@router.post("/findings/lines")
async def post_lines(request: HttpRequest, engine: Engine, who: Who, hand_fed: bool = False) -> Json:
    """Accept findings as lines of JSON; a line that cannot be read is kept, told, and keeps no other back."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != MEDIA_TYPE:
        raise HTTPException(415, f"lines of findings are {MEDIA_TYPE}")
    read = read_lines(await request.body(), who.principal.id)
    given = FindingsIn(findings=read.findings, dead_letters=read.dead_letters, hand_fed=hand_fed)
    with engine.tracer.start_as_current_span("intake"):
        taken = await engine.write(_intake(given, engine, who))
    return taken | {"refused": [{"line": one.line, "said": one.message} for one in read.dead_letters]}


def _intake(given: FindingsIn, engine: Backend, who: Caller) -> Callable[[Tx], Json]:
    now, submitter = engine.clock(), submitter_of(engine, who.principal, given.hand_fed)
    # INVARIANT: who submitted a finding is what the door knows, never what the finding says of itself.
    found = [finding.model_copy(update={"submitter": submitter}) for finding in given.findings]
    follow = engine.follow()

    def work(tx: Tx) -> Json:
        accepted = accept(tx, engine.desk(tx), found, who.actor, now)
        # After the findings: by them it is known what comes from the same file.
        keep_dead_letters(tx, given.dead_letters, who.actor, now)
        _follow(tx, follow, {one.incident_id for one in accepted})
        return {"findings": [acceptance.model_dump(mode="json") for acceptance in accepted]}

    return work


def submitter_of(engine: Backend, principal: Principal, hand_fed: bool) -> str | None:
    """Who vouches for the findings this caller posts, so that they carry no autonomy; None where a detector does.

    A person always does, for anybody can write a finding. A sensor's bot speaks for its detectors, and so does the
    local administrator where nothing real can happen, unless they say that they feed by hand.
    """
    sensor = principal.bot or (engine.desk().simulated and Role.ADMIN in principal.roles)
    return None if sensor and not hand_fed else principal.id


@router.get("/incidents")
async def get_incidents(engine: Engine, _: Who, page: paging.Wanted) -> Json:
    """All incidents, a page at a time."""

    def query(tx: Tx) -> Json:
        return page.answer("incidents", tx.listing.incidents, lambda one: incident_view(one, tx.requests.of(one.id)))

    return await engine.read(query)


@router.get("/incidents/{incident_id}")
async def get_incident(incident_id: str, engine: Engine, _: Who) -> Json:
    """One incident with its findings, its actions and the playbooks carried out for it."""
    return await engine.read(lambda tx: _incident(tx, engine, incident_id))


@router.post("/incidents/{incident_id}/verdict")
async def post_verdict(incident_id: str, given: VerdictIn, engine: Engine, who: Who) -> Json:
    """Judge an incident."""
    now = engine.clock()
    judged = await engine.write(
        lambda tx: judge_incident(tx, engine.desk(tx), who.principal, incident_id, given.kind, given.reason, now)
    )
    return incident_view(judged)


@router.get("/actions")
async def get_actions(engine: Engine, _: Who, page: paging.Wanted) -> Json:
    """All requested actions, a page at a time."""
    executors = engine.desk().executors
    return await engine.read(
        lambda tx: page.answer("actions", tx.listing.requests, lambda one: action_view(one, executors))
    )


@router.get("/actions/{request_id}")
async def get_action(request_id: str, engine: Engine, _: Who) -> Json:
    """One requested action with its decision."""
    executors = engine.desk().executors

    def query(tx: Tx) -> Json:
        request = find_request(tx, request_id)
        return action_view(request, executors) | ({} if request.decision is None else decision_view(request))

    return await engine.read(query)


@router.post("/actions")
async def post_action(given: ActionIn, engine: Engine, who: Who) -> Json:
    """Request an action in person."""
    now = engine.clock()
    lease = None if given.lease_s is None else timedelta(seconds=given.lease_s)
    wanted = Wanted(given.action, given.target, given.params, lease, given.reason, given.without_evidence)

    def work(tx: Tx) -> Request:
        request = request_action(tx, engine.desk(tx), who.principal, wanted, now)
        _follow(tx, follow, [request.incident_id])
        return request

    with engine.tracer.start_as_current_span("intake"):
        follow = engine.follow()
        return action_view(await engine.write(work), engine.desk().executors)


@router.get("/approvals")
async def get_approvals(engine: Engine, _: Who, page: paging.WantedOfAll) -> Json:
    """What people are asked now, or were ever asked, a page at a time."""

    def query(tx: Tx) -> Json:
        if page.all:
            return page.answer("approvals", tx.listing.asked, lambda one: _approval(tx, engine, one))
        asked = [one for one in tx.requests.all((RequestState.AWAITING_APPROVAL,)) if one.asked_at is not None]
        return page.of("approvals", asked, paging.by_id, lambda one: _approval(tx, engine, one))

    return await engine.read(query)


@router.get("/approvals/{request_id}")
async def get_approval(request_id: str, engine: Engine, _: Who) -> Json:
    """One approval request with everything a voter has to know."""

    def query(tx: Tx) -> Json:
        request = find_request(tx, request_id)
        if request.asked_at is None:
            raise NotFound(f"nobody was ever asked about {request.id}")
        return _approval(tx, engine, request)

    return await engine.read(query)


@router.post("/approvals/{request_id}/votes")
async def post_vote(request_id: str, given: VoteIn, engine: Engine, who: Who) -> Json:
    """Vote; a vote that does not count is answered with the reason, and recorded."""
    lease = None if given.lease_s is None else timedelta(seconds=given.lease_s)
    ballot = Ballot(who.principal, given.kind, given.reason, given.digest, engine.clock(), lease, given.code)
    answer = await engine.write(lambda tx: cast_vote(tx, engine.desk(tx), request_id, ballot, "api", who.by))
    return answer.model_dump(mode="json")


@router.post("/approvals/{request_id}/retraction")
async def post_retraction(request_id: str, engine: Engine, who: Who) -> Json:
    """Take one's own vote back within a minute."""
    now = engine.clock()
    answer = await engine.write(lambda tx: retract_vote(tx, engine.desk(tx), request_id, who.principal, now))
    return answer.model_dump(mode="json")


def _follow(tx: Tx, follow: Callable[[str], None], incident_ids: Iterable[str]) -> None:
    for incident in (tx.incidents.get(incident_id) for incident_id in incident_ids):
        if incident is not None:
            follow(incident.workflow_id)


def _incident(tx: Tx, engine: Backend, incident_id: str) -> Json:
    incident = tx.incidents.get(incident_id)
    if incident is None:
        raise NotFound(f"there is no incident `{incident_id}`")
    requests = tx.requests.of(incident.id)
    view = incident_view(incident, requests)
    view["findings"] = [finding.model_dump(mode="json") for finding in tx.findings.of(incident.id)]
    view["actions"] = [action_view(request, engine.desk().executors) for request in requests]
    view["runs"] = [run_view(run, tx.visits.of(run.id)) for run in tx.runs.of(incident.id)]
    view["tickets"] = [*references(tx, incident.id)]
    return view


def _approval(tx: Tx, engine: Backend, request: Request) -> Json:
    people = {person.id: person for person in engine.desk().people.all()}
    votes = tx.votes.of(request.id)
    return approval_view(request, votes, tally(obligations(request), votes, people), engine.desk().executors)
