"""Routes over what changes by proposal: the policy, and the playbooks as one set."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from console.api.backend import Backend, Caller, backend_of, caller_of
from console.api.paging import Wanted, at
from console.proposals import build_wish
from engine.approvals import Ballot
from engine.control.doors import require_role
from engine.control.governance import (
    PROPOSERS,
    Standing,
    cast_vote,
    find_proposal,
    find_version,
    propose,
    roll_back,
)
from engine.digest import short
from engine.governance import tally
from engine.model.approval import VoteKind
from engine.model.base import Json, Model, Said
from engine.model.governance import Activation, Kind, Proposal, SourceText
from engine.store.tx import Tx

router = APIRouter(prefix="/governance")
Engine = Annotated[Backend, Depends(backend_of)]
Who = Annotated[Caller, Depends(caller_of)]


class ProposalIn(Model):
    """The files of a policy (one a layer), or playbooks to be added to the set; cases only with a policy."""

    files: Annotated[tuple[SourceText, ...], Field(min_length=1, max_length=200)]
    cases: SourceText | None = None
    reason: Said = ""


class VoteIn(Model):
    """A vote; `digest` is what the voter was shown, where they were shown it."""

    kind: VoteKind
    reason: Said = ""
    digest: str | None = None


class BackIn(Model):
    """What to go back to: what was active before, or what this digest names."""

    digest: str | None = None
    reason: Said


@router.post("/{kind}/proposals")
async def post_proposal(kind: Kind, given: ProposalIn, engine: Engine, who: Who) -> Json:
    """Check it, compare it, prove it, replay it, and put it to the vote with what came of that."""
    require_role(who.principal, *PROPOSERS)
    now = engine.clock()
    wish = await build_wish(engine, kind, given.files, given.cases, given.reason, now)
    proposal = await engine.write(lambda tx: propose(tx, engine.desk, who.principal, wish, now))
    return await engine.read(lambda tx: _whole(tx, engine, proposal.id))


@router.get("/proposals")
async def get_proposals(engine: Engine, _: Who, page: Wanted) -> Json:
    """Every proposal there was, the newest last, without its reports, a page at a time."""
    return await engine.read(
        lambda tx: page.answer("proposals", tx.listing.proposals, lambda one: _view(tx, engine, one))
    )


@router.get("/proposals/{proposal_id}")
async def get_proposal(proposal_id: str, engine: Engine, _: Who) -> Json:
    """One proposal with everything a voter has to know."""
    return await engine.read(lambda tx: _whole(tx, engine, proposal_id))


@router.post("/proposals/{proposal_id}/votes")
async def post_vote(proposal_id: str, given: VoteIn, engine: Engine, who: Who) -> Json:
    """Vote; the last vote that it takes activates it. One that does not count is answered with why, and recorded."""
    ballot = Ballot(who.principal, given.kind, given.reason, given.digest, engine.clock())
    proposal = await engine.read(lambda tx: find_proposal(tx, proposal_id))
    await engine.read(lambda tx: engine.desk.have(tx, proposal.kind, proposal.digest))
    standing = await engine.write(lambda tx: cast_vote(tx, engine.desk, proposal_id, ballot, "api", who.by))
    return await _answer(engine, standing)


@router.post("/{kind}/rollback")
async def post_rollback(kind: Kind, given: BackIn, engine: Engine, who: Who) -> Json:
    """Go back to what was active before; at once where the vote of who asks is enough."""
    now = engine.clock()
    standing = await engine.write(
        lambda tx: roll_back(tx, engine.desk, who.principal, kind, given.digest, given.reason, now)
    )
    return await _answer(engine, standing)


@router.get("/{kind}/history")
async def get_history(kind: Kind, engine: Engine, _: Who, page: Wanted) -> Json:
    """Everything that was ever active, oldest first, a page at a time; the last is active now."""

    def query(tx: Tx) -> Json:
        history = tx.governance.history(kind)
        return page.of(
            "history", history, lambda one: at(one.number, one.digest), lambda one: _line(one, one is history[-1])
        )

    return await engine.read(query)


@router.get("/{kind}/versions/{digest}")
async def get_version(kind: Kind, digest: str, engine: Engine, _: Who) -> Json:
    """The texts of what is `active`, or of whatever was active or proposed under this digest."""

    def query(tx: Tx) -> Json:
        active = tx.governance.active().get(kind, "")
        bundle = find_version(tx, kind, active if digest == "active" else digest)
        return bundle.model_dump(mode="json") | {"active": bundle.digest == active}

    return await engine.read(query)


async def _answer(engine: Backend, standing: Standing) -> Json:
    """What the vote came to, once the desk of those who ask without a transaction has followed."""
    await engine.desk.follow(engine.store)
    view = await engine.read(lambda tx: _view(tx, engine, standing.proposal))
    return view | {"accepted": standing.accepted, "because": standing.because}


def _view(tx: Tx, engine: Backend, proposal: Proposal) -> Json:
    people = {person.id: person for person in engine.desk().people.all()}
    count = tally(proposal, tx.votes.of(proposal.id), people)
    shown = proposal.model_dump(mode="json", exclude={"reports"})
    digests = {"short_digest": short(proposal.binding), "of": short(proposal.digest)}
    return shown | digests | {"approvers": [*count.approvers], "missing": count.missing}


def _whole(tx: Tx, engine: Backend, proposal_id: str) -> Json:
    proposal = find_proposal(tx, proposal_id)
    votes = [vote.model_dump(mode="json") for vote in tx.votes.of(proposal.id)]
    return _view(tx, engine, proposal) | {"reports": proposal.reports, "votes": [*votes]}


def _line(activation: Activation, active: bool) -> Json:
    shown = activation.model_dump(mode="json")
    return shown | {"short_digest": short(activation.digest), "active": active}
