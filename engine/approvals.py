"""Who may vote, and what the votes add up to; pure.

Rules (design 6), each refusal naming its own: 1. only while it is asked, before the deadline, for the digest shown.
2. Never a bot, the requester, who submitted the finding, or the account acted on. 3. Approvers, or members of a group
the tier names; to veto what would else be done by itself, any analyst; all of them with a role that votes, whatever the
door (`engine.model.permission`). 4. One vote a person. 5. A reason to deny, and at tier 4. 6. A yes may be for
less time than what is asked, never for more; where others agreed to less, a later yes agrees to no more than they.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine import duration
from engine.model.approval import Vote, VoteKind
from engine.model.decision import Obligations, OnExpiry, Tier
from engine.model.incident import Incident
from engine.model.permission import Permission, permissions
from engine.model.principal import Principal, Role
from engine.model.request import Request, RequestState
from engine.model.step_up import Code

RETRACTION = timedelta(minutes=1)
"""How long a vote may be taken back, and a denial is not yet final."""

SHOWN = 8
"""Hex digits that name a digest: what people see of it (`engine.digest.short`)."""

SHORTEST = timedelta(seconds=1)
"""What lasts less would be over before it is verified."""


@dataclass(frozen=True)
class Ballot:
    """A vote somebody wants to cast; `digest` is what they were shown of it, None where the door shows the whole.

    `lease` is how long at the most they would have it last, None for as long as is asked; `code` their one-time code.
    """

    principal: Principal
    kind: VoteKind
    reason: str
    digest: str | None
    at: datetime
    lease: timedelta | None = None
    code: Code | None = None


def refusal(ballot: Ballot, request: Request, incident: Incident, votes: Sequence[Vote]) -> str | None:
    """Why this vote does not count, or None where it does."""
    rules = (_not_asked, _not_shown, _is_party, _is_outsider, _has_no_role, _voted_before, _widens, _lacks_reason)
    answers = (rule(ballot, request, incident, votes) for rule in rules)
    return next((answer for answer in answers if answer), None)


def _not_asked(ballot: Ballot, request: Request, _: Incident, __: Sequence[Vote]) -> str | None:
    if request.state is not RequestState.AWAITING_APPROVAL:
        return f"nobody is asked any more: {request.id} is {request.state}"
    if request.deadline is not None and ballot.at >= request.deadline:
        return f"the deadline has passed: {request.deadline.isoformat()}"
    return None


def _not_shown(ballot: Ballot, request: Request, _: Incident, __: Sequence[Vote]) -> str | None:
    if ballot.digest is None or names(ballot.digest, request.digest or ""):
        return None
    return "this answers another request than the one now asked: look at it again"


def names(shown: str, digest: str) -> bool:
    """Whether what somebody was shown of a digest is enough to name this one."""
    digits = shown.replace("-", "").lower()
    return len(digits) >= SHOWN and digest.startswith(digits)


def _is_party(ballot: Ballot, request: Request, incident: Incident, _: Sequence[Vote]) -> str | None:
    return part_in(ballot.principal, request, incident)


def part_in(person: Principal, request: Request, incident: Incident) -> str | None:
    """What keeps this person from deciding the request, whatever they answer (rule 2); None where nothing does."""
    if person.bot:
        return "a bot may not vote"
    if person.id == request.requester:
        return "requested this action, so may not decide it"
    if person.id in incident.submitters:
        return "submitted this finding, so may not decide its action"
    if request.target.lower() in (account.lower() for account in person.accounts):
        return "is the account acted on"
    return None


def _is_outsider(ballot: Ballot, request: Request, _: Incident, __: Sequence[Vote]) -> str | None:
    wanted = obligations(request)
    if may_approve(ballot.principal, wanted.groups):
        return None
    veto = wanted.on_expiry is OnExpiry.ACT and ballot.kind is VoteKind.DENY
    if veto and Role.ANALYST in ballot.principal.roles:
        return None
    return "is neither an approver nor in " + (" or ".join(wanted.groups) or "a named group")


def _has_no_role(ballot: Ballot, _: Request, __: Incident, ___: Sequence[Vote]) -> str | None:
    return None if Permission.VOTE in permissions(ballot.principal) else "has no role that votes"


def may_vote(person: Principal, groups: Sequence[str]) -> bool:
    """Whether a yes of this person counts for these groups, and they can say it."""
    return may_approve(person, groups) and Permission.VOTE in permissions(person)


def may_approve(person: Principal, groups: Sequence[str]) -> bool:
    """Whether a yes of this person counts for these groups at all."""
    return Role.APPROVER in person.roles or not set(groups).isdisjoint(person.groups)


def _voted_before(ballot: Ballot, _: Request, __: Incident, votes: Sequence[Vote]) -> str | None:
    if any(vote.principal == ballot.principal.id and vote.retracted_at is None for vote in votes):
        return "has voted already"
    return None


def _widens(ballot: Ballot, request: Request, _: Incident, __: Sequence[Vote]) -> str | None:
    if ballot.lease is None:
        return None
    if ballot.kind is VoteKind.DENY:
        return "only a yes is for a time"
    if ballot.lease < SHORTEST:
        return f"nothing lasts for less than {duration.render(SHORTEST)}"
    asked = asked_length(request)
    if ballot.lease > asked:
        return f"may be for less than the {duration.render(asked)} that are asked, and not for more"
    return None


def _lacks_reason(ballot: Ballot, request: Request, _: Incident, __: Sequence[Vote]) -> str | None:
    top = request.decision is not None and request.decision.tier is Tier.ASK_TWO
    if (ballot.kind is VoteKind.DENY or top) and not ballot.reason.strip():
        return "a reason is needed"
    return None


def obligations(request: Request) -> Obligations:
    """The obligations of a request that policy has decided."""
    assert request.decision is not None
    return request.decision.obligations


def asked_length(request: Request) -> timedelta:
    """How long people are asked to let it last: what was wanted, within the ceiling."""
    wanted = obligations(request)
    return wanted.lease if request.lease is None else min(request.lease, wanted.ceiling)


def agreed_length(votes: Iterable[Vote]) -> timedelta | None:
    """The shortest that any yes in force lets it last; None where all are for what is asked."""
    standing = [vote for vote in votes if vote.retracted_at is None and vote.kind is VoteKind.APPROVE]
    return min((vote.lease for vote in standing if vote.lease is not None), default=None)


def denial(votes: Iterable[Vote]) -> Vote | None:
    """The first no in force; one is enough."""
    noes = [vote for vote in votes if vote.retracted_at is None and vote.kind is VoteKind.DENY]
    return min(noes, key=lambda vote: (vote.at, vote.principal), default=None)


@dataclass(frozen=True)
class Tally:
    """What the votes in force add up to; `missing` more are needed, one of them of a named group if that is missing."""

    approvers: tuple[str, ...]
    denier: str | None
    denied_at: datetime | None
    missing: int
    group_missing: bool

    @property
    def met(self) -> bool:
        """Whether enough people, one of them from a named group, said yes and nobody no."""
        return self.denier is None and self.missing == 0


def tally(wanted: Obligations, votes: Iterable[Vote], people: Mapping[str, Principal]) -> Tally:
    """Count the votes that stand; a yes of somebody who is gone since, or may not approve any more, is none."""
    standing = [vote for vote in votes if vote.retracted_at is None]
    said_yes = {vote.principal for vote in standing if vote.kind is VoteKind.APPROVE} & people.keys()
    yes = sorted(name for name in said_yes if may_vote(people[name], wanted.groups))
    no = denial(standing)
    in_group = not wanted.groups or any(set(people[name].groups) & set(wanted.groups) for name in yes)
    group_missing = wanted.quorum > 0 and not in_group
    return Tally(
        approvers=tuple(yes),
        denier=None if no is None else no.principal,
        denied_at=None if no is None else no.at,
        missing=max(wanted.quorum - len(yes), int(group_missing)),
        group_missing=group_missing,
    )
