"""Who has a part in what a request is about, and so decides nothing of it.

Rules: 1. That is who asked for it, who submitted a finding of its incident, and whose account it acts on or its
incident is about. 2. It holds whenever it comes to be known: until the request is decided, what they answered before
is struck, neither way to count. 3. Nor are they asked.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from engine.approvals import part_in
from engine.control.desk import Desk
from engine.control.lifting import those_involved
from engine.control.moves import note
from engine.errors import EngineBug
from engine.model.approval import Vote
from engine.model.base import Json
from engine.model.principal import Principal
from engine.model.request import Request, RequestState
from engine.store.tx import Tx


def parties(tx: Tx, people: Iterable[Principal], request: Request) -> Mapping[str, str]:
    """Of these people those who may decide nothing of the request, bots too, and why."""
    incident, given = tx.incidents.get(request.incident_id), tuple(people)
    if incident is None:
        raise EngineBug(f"request {request.id} has no incident")
    about = f"{incident.id} is about an account of theirs, so they may decide nothing of it"
    involved = dict.fromkeys(those_involved(tx, given, incident.id), about)
    return involved | {person.id: why for person in given if (why := part_in(person, request, incident))}


def strike(tx: Tx, desk: Desk, request: Request, now: datetime) -> Sequence[Vote]:
    """All votes on a request, after those that count no more were struck (rule 2), each with its entry."""
    votes = tx.votes.of(request.id)
    if request.state is not RequestState.AWAITING_APPROVAL or not votes:
        return votes
    voters = (person for vote in votes if (person := desk.people.get(vote.principal)) is not None)
    out = parties(tx, voters, request)
    for vote in (one for one in votes if one.retracted_at is None and one.principal in out):
        why = out[vote.principal]
        tx.votes.replace(vote.model_copy(update={"retracted_at": now, "struck": why}))
        body: Json = {"vote": vote.kind, "principal": vote.principal, "because": why}
        note(tx, f"request/{request.id}", "vote.struck", now, body)
    return tx.votes.of(request.id)
