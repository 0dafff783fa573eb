"""Having a tripped budget act by itself again: two people, each with a reason.

Rules, each refusal naming its own and standing in the ledger: 1. Never a bot. 2. Approvers, or members of the groups
that decide about policy. 3. Never who asked for what tripped it. 4. One vote a person. 5. A reason.
A reset forgives nothing: what was done still counts in its windows, and who overdraws them trips it again.
"""

from collections.abc import Sequence
from datetime import datetime

from engine.approvals import may_approve
from engine.control.desk import Desk
from engine.control.moves import note
from engine.errors import NotFound
from engine.model.approval import Vote, VoteKind
from engine.model.base import Json, Model
from engine.model.principal import Principal
from engine.model.trip import Trip
from engine.store.tx import Tx

QUORUM = 2


class Reset(Model):
    """A trip after somebody's vote: whether it counted, why not if not, how many more it takes."""

    trip: Trip
    accepted: bool = True
    because: str = ""
    missing: int = 0


def reset_budget(tx: Tx, desk: Desk, principal: Principal, scope: str, reason: str, now: datetime) -> Reset:
    """Count one person's vote to reset; with the second the budget's scope acts by itself again."""
    standing = find_trip(tx, scope)
    groups = desk.policy.document.governance.groups
    votes = tx.votes.of(standing.id)
    because = _refusal(standing, principal, groups, votes, reason)
    subject = f"budget/{standing.scope}"
    if because is not None:
        body: Json = {"trip": standing.id, "reason": reason, "because": because}
        note(tx, subject, "vote.refused", now, body, principal.signature)
        return Reset(trip=standing, accepted=False, because=because, missing=_missing(desk, groups, votes))
    vote = Vote(
        request_id=standing.id, principal=principal.id, kind=VoteKind.APPROVE, digest=standing.id,
        reason=reason, at=now, channel="api",
    )  # fmt: skip
    tx.votes.insert(vote)
    note(tx, subject, "vote.cast", now, {"trip": standing.id, "reason": reason}, principal.signature)
    cast = (*votes, vote)
    missing = _missing(desk, groups, cast)
    return Reset(trip=standing, missing=missing) if missing else Reset(trip=_reset(tx, standing, cast, now))


def find_trip(tx: Tx, scope: str) -> Trip:
    """What stands tripped under this scope or id, or `NotFound`."""
    standing = tx.trips.standing()
    found = standing.get(scope) or next((one for one in standing.values() if one.id == scope), None)
    if found is None:
        raise NotFound(f"no budget `{scope}` stands tripped: {', '.join(standing) or 'there is none'}")
    return found


def missing(tx: Tx, desk: Desk, standing: Trip) -> int:
    """How many more people it takes."""
    return _missing(desk, desk.policy.document.governance.groups, tx.votes.of(standing.id))


def _refusal(
    standing: Trip, principal: Principal, groups: Sequence[str], votes: Sequence[Vote], reason: str
) -> str | None:
    rules = (
        (principal.bot, "a bot may not vote"),
        (not may_approve(principal, groups), f"is neither an approver nor in {' or '.join(groups) or 'a named group'}"),
        (principal.id == standing.caused_by, "asked for what tripped it, so may not reset it"),
        (any(vote.principal == principal.id for vote in votes), "has voted already"),
        (not reason.strip(), "a reason is needed"),
    )
    return next((because for holds, because in rules if holds), None)


def _missing(desk: Desk, groups: Sequence[str], votes: Sequence[Vote]) -> int:
    """A yes of somebody who is gone since, or may not approve any more, is none."""
    people = {person.id: person for person in desk.people.all()}
    able = {
        vote.principal for vote in votes if vote.principal in people and may_approve(people[vote.principal], groups)
    }
    return max(0, QUORUM - len(able))


def _reset(tx: Tx, standing: Trip, votes: Sequence[Vote], now: datetime) -> Trip:
    by = tuple(sorted(vote.principal for vote in votes))
    reset = standing.model_copy(update={"reset_at": now, "reset_by": by, "reason": votes[-1].reason})
    tx.trips.save(reset)
    if reset.gathers:
        tx.trips.forget(now, reset.scope)
    counts: Json = {"asked": reset.asked, "waiting": reset.waiting, "gathered": reset.gathered}
    note(tx, f"budget/{reset.scope}", "budget.reset", now, {"trip": reset.id, "by": [*by], **counts})
    return reset
