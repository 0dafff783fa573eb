"""From the database to the card of a request."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from engine.approvals import agreed_length, obligations, tally
from engine.card import Asked, Meanwhile, Unknown, build_card, in_full
from engine.control.commit import length
from engine.control.desk import Desk
from engine.control.escalation import next_mark
from engine.control.voting import find_request
from engine.errors import EngineBug
from engine.model.action import Executor, TargetKind
from engine.model.approval import Vote
from engine.model.card import Card
from engine.model.request import Request, RequestState
from engine.store.tx import Tx

UTC = ZoneInfo("UTC")
UNKNOWN = "it was never asked, or its action is known no more"


def card_of(tx: Tx, desk: Desk, *request_ids: str, zone: ZoneInfo = UTC) -> Card:
    """The card of requests that people were asked about, as things stand."""
    several = [_asked(tx, desk, one, zone) for one in request_ids]
    if [*map(type, several)] == [Unknown]:
        raise EngineBug(f"request {several[0].request.id}: {UNKNOWN}")
    return build_card(several)


def in_full_of(tx: Tx, desk: Desk, request_id: str, zone: ZoneInfo = UTC) -> list[str]:
    """All of what people are asked by a request, line by line; one line where nothing of it can be shown."""
    asked = _asked(tx, desk, request_id, zone)
    return [f"{request_id}: {asked.why}"] if isinstance(asked, Unknown) else in_full(asked)


def _asked(tx: Tx, desk: Desk, request_id: str, zone: ZoneInfo) -> Asked | Unknown:
    request = find_request(tx, request_id)
    spec, simulated = desk.specs.get(request.action), desk.executors.get(request.connector) is Executor.SIMULATED
    if spec is None or request.decision is None:
        return Unknown(request, simulated, UNKNOWN)
    votes, people = tx.votes.of(request.id), {person.id: person for person in desk.people.all()}
    about = desk.context.identity if spec.target is TargetKind.ACCOUNT else desk.context.asset
    waits, count = request.state is RequestState.AWAITING_APPROVAL, tally(obligations(request), votes, people)
    return Asked(
        request=request,
        spec=spec,
        lasts=_lasts(request, votes) if spec.lasting else timedelta(0),
        simulated=simulated,
        zone=zone,
        count=count,
        votes=votes,
        finding=tx.findings.get(request.finding_id) if request.finding_id else None,
        thing=about(request.target),
        meanwhile=_meanwhile(tx, request),
        wider_at=next_mark(request) if waits else None,
        because={name: why for name in request.asked if (why := _because(desk, request, name))} if waits else {},
        final_at=None if count.denied_at is None else count.denied_at + desk.retraction,
    )


def _because(desk: Desk, request: Request, name: str) -> str:
    """Why somebody is asked: on duty when it was asked, or of a group that is named."""
    groups, person = obligations(request).groups, desk.people.get(name)
    belongs = groups or (person.groups if person is not None else ())
    at = request.asked_at
    on_call = [group for group in belongs if at and any(one.id == name for one in desk.people.on_call(group, at))]
    if on_call:
        return f"on call for {', '.join(sorted(on_call))}"
    named = sorted({*groups} & {*(person.groups if person is not None else ())})
    return f"in {', '.join(named)}" if named else ""


def _lasts(request: Request, votes: Sequence[Vote]) -> timedelta:
    """How long it lasts, or would by the votes so far."""
    agreed = agreed_length(votes)
    return length(request) if agreed is None else min(agreed, length(request))


def _meanwhile(tx: Tx, request: Request) -> list[Meanwhile]:
    """What the same incident has in force besides."""
    beside = (one for one in tx.requests.of(request.incident_id) if one.id != request.id)
    held = [one for one in beside if one.state is RequestState.HELD]
    shares = {one.id: tx.holders.get(one.id) for one in held}
    return [Meanwhile(one, share.expires_at if (share := shares[one.id]) is not None else None) for one in held]
