"""The door for votes: the row and its ledger entry first, the nudge after; refused votes are entries too."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from engine import duration
from engine.approvals import Ballot, agreed_length, obligations, refusal, tally
from engine.control.desk import Desk
from engine.control.holders import nudge_incident
from engine.control.moves import note
from engine.control.parties import parties, strike
from engine.control.stepping_up import code_refusal, takes_code, without_codes
from engine.errors import EngineBug, NotFound
from engine.model.approval import Vote, VoteKind
from engine.model.base import AwareDatetime, Json, Model
from engine.model.principal import Principal
from engine.model.request import Request, RequestState
from engine.store.tx import Tx


class VoteAnswer(Model):
    """Whether the vote counts, why not if not, and how many more are needed; one of `groups` if that is missing.

    `agreed_s` is how long it would last by the votes so far, where that is less than what is asked. `denied_by` is who
    said no, of which the others come to nothing from `final_at` on.
    """

    request_id: str
    accepted: bool
    because: str = ""
    missing: int = 0
    group_missing: bool = False
    groups: tuple[str, ...] = ()
    agreed_s: float | None = None
    denied_by: str = ""
    final_at: AwareDatetime | None = None


def find_request(tx: Tx, request_id: str) -> Request:
    """The request, or `NotFound`."""
    request = tx.requests.get(request_id)
    if request is None:
        raise NotFound(f"there is no request `{request_id}`")
    return request


def cast_vote(
    tx: Tx, desk: Desk, request_id: str, ballot: Ballot, channel: str, by: Principal | None = None
) -> VoteAnswer:
    """Count one person's vote, or record why it does not count."""
    request = find_request(tx, request_id)
    incident = tx.incidents.get(request.incident_id)
    if incident is None:
        raise EngineBug(f"request {request.id} has no incident")
    votes = strike(tx, desk, request, ballot.at)
    ballot = replace(ballot, reason=without_codes(desk, request, ballot))
    why_not = (
        refusal(ballot, request, incident, votes)
        or parties(tx, (ballot.principal,), request).get(ballot.principal.id)
        or _lasts_anyway(desk, request, ballot)
        or code_refusal(tx, desk, request, ballot)
    )
    # INVARIANT: who says yes after others shortened it was shown that, and agreed to no more, whatever those do then.
    ballot = ballot if why_not else replace(ballot, lease=_agreed(ballot, votes))
    body = _told(request, ballot, channel, by)
    if why_not is not None:
        refused: Json = {**body, "because": why_not}
        note(tx, f"request/{request.id}", "vote.refused", ballot.at, refused, ballot.principal.signature)
        return VoteAnswer(request_id=request.id, accepted=False, because=why_not)
    if takes_code(desk, ballot.principal, request, ballot.kind):
        body["step_up"] = "totp"
    known = any(old.principal == ballot.principal.id for old in votes)
    (tx.votes.replace if known else tx.votes.insert)(_vote(request, ballot, channel, by))
    note(tx, f"request/{request.id}", "vote.cast", ballot.at, body, ballot.principal.signature)
    nudge_incident(tx, request.incident_id)
    return _answer(tx, desk, request)


def _lasts_anyway(desk: Desk, request: Request, ballot: Ballot) -> str | None:
    spec = desk.specs.get(request.action)
    lasting = spec is not None and spec.lasting
    return None if ballot.lease is None or lasting else f"{request.action} is done once, so it has no length"


def _agreed(ballot: Ballot, votes: Sequence[Vote]) -> timedelta | None:
    if ballot.kind is VoteKind.DENY:
        return None
    said = (ballot.lease, agreed_length(votes))
    return min((one for one in said if one is not None), default=None)


def _told(request: Request, ballot: Ballot, channel: str, by: Principal | None) -> Json:
    body: Json = {"vote": ballot.kind, "digest": request.digest, "channel": channel, "reason": ballot.reason}
    if by is not None:
        body["typed_by"] = by.id
    if ballot.lease is not None:
        body["lease_s"] = ballot.lease.total_seconds()
    return body


def _vote(request: Request, ballot: Ballot, channel: str, by: Principal | None) -> Vote:
    return Vote(
        request_id=request.id,
        principal=ballot.principal.id,
        kind=ballot.kind,
        digest=request.digest or "",
        reason=ballot.reason,
        at=ballot.at,
        channel=channel,
        by=None if by is None else by.id,
        lease=ballot.lease,
    )


def retract_vote(
    tx: Tx, desk: Desk, request_id: str, principal: Principal, now: datetime, channel: str = "api"
) -> VoteAnswer:
    """Take one's own vote back within a minute, while nothing has come of it."""
    request = find_request(tx, request_id)
    votes = strike(tx, desk, request, now)
    mine = [vote for vote in votes if vote.principal == principal.id and vote.retracted_at is None]
    why_not = _too_late(desk, request, mine[0], now) if mine else "has no vote to take back"
    if why_not is not None:
        refused: Json = {"because": why_not, "channel": channel}
        note(tx, f"request/{request.id}", "vote.retraction_refused", now, refused, principal.signature)
        return VoteAnswer(request_id=request.id, accepted=False, because=why_not)
    tx.votes.replace(mine[0].model_copy(update={"retracted_at": now}))
    body: Json = {"vote": mine[0].kind, "channel": channel}
    note(tx, f"request/{request.id}", "vote.retracted", now, body, principal.signature)
    nudge_incident(tx, request.incident_id)
    return _answer(tx, desk, request)


def _too_late(desk: Desk, request: Request, vote: Vote, now: datetime) -> str | None:
    if request.state is not RequestState.AWAITING_APPROVAL:
        return f"it is decided: {request.id} is {request.state}"
    if now >= vote.at + desk.retraction:
        return f"a vote can be taken back for {duration.render(desk.retraction)} only"
    return None


def _answer(tx: Tx, desk: Desk, request: Request) -> VoteAnswer:
    people = {person.id: person for person in desk.people.all()}
    wanted = obligations(request)
    votes = tx.votes.of(request.id)
    count, agreed = tally(wanted, votes, people), agreed_length(votes)
    return VoteAnswer(
        request_id=request.id,
        accepted=True,
        missing=count.missing,
        group_missing=count.group_missing,
        groups=wanted.groups,
        agreed_s=None if agreed is None else agreed.total_seconds(),
        denied_by=count.denier or "",
        final_at=None if count.denied_at is None else count.denied_at + desk.retraction,
    )
