"""Who may vote on what policy and playbooks are to be, and what the votes add up to; pure.

Rules, each refusal naming its own: 1. Only while it is open, before the deadline, for the digest shown. 2. Never a bot.
3. Never the proposer, unless to take it back; who asks to go back to what was active before is the first to vote for
it. 4. Only members of the groups that the active policy names. 5. One vote a person; a yes may become a no. 6. A no
needs a reason. 7. A vote is for this text, compared with this active one, under this policy: once another is active it
counts for nothing. 8. Going back takes the votes of a proposal where it would lower the votes that changes take.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.approvals import Ballot, names
from engine.digest import sha256
from engine.model.approval import Vote, VoteKind
from engine.model.governance import GovernanceTerms, Kind, Proposal, ProposalState
from engine.model.principal import Principal


def binding(kind: Kind, digest: str, base: str, policy: str) -> str:
    """The digest that votes are for (rule 7)."""
    return sha256({"kind": kind, "digest": digest, "base": base, "policy": policy})


def is_stale(proposal: Proposal, active: Mapping[Kind, str]) -> bool:
    """Whether something else is active now than what it was compared with, or voted under."""
    return (active.get(proposal.kind), active.get(Kind.POLICY)) != (proposal.base, proposal.policy)


def refusal(ballot: Ballot, proposal: Proposal, votes: Sequence[Vote]) -> str | None:
    """Why this vote does not count, or None where it does."""
    rules = (_not_asked, _not_shown, _is_party, _is_outsider, _voted_before, _lacks_reason)
    answers = (rule(ballot, proposal, votes) for rule in rules)
    return next((answer for answer in answers if answer), None)


def takes_back(ballot: Ballot, proposal: Proposal) -> bool:
    """Whether this is the proposer's own no."""
    return ballot.kind is VoteKind.DENY and ballot.principal.id == proposal.proposer


def _not_asked(ballot: Ballot, proposal: Proposal, _: Sequence[Vote]) -> str | None:
    if proposal.state is not ProposalState.OPEN:
        return f"nobody is asked any more: {proposal.id} is {proposal.state}"
    if ballot.at >= proposal.deadline:
        return f"the deadline has passed: {proposal.deadline.isoformat()}"
    return None


def _not_shown(ballot: Ballot, proposal: Proposal, _: Sequence[Vote]) -> str | None:
    if ballot.digest is None or names(ballot.digest, proposal.binding):
        return None
    return "this answers another proposal than the one now asked: look at it again"


def _is_party(ballot: Ballot, proposal: Proposal, _: Sequence[Vote]) -> str | None:
    if ballot.principal.bot:
        return "a bot may not vote"
    own = ballot.principal.id == proposal.proposer
    if own and ballot.kind is VoteKind.APPROVE and not proposal.going_back:
        return "proposed this, so may not vote for it"
    return None


def _is_outsider(ballot: Ballot, proposal: Proposal, _: Sequence[Vote]) -> str | None:
    if takes_back(ballot, proposal) or is_member(ballot.principal, proposal.groups):
        return None
    return f"is not in {' or '.join(proposal.groups)}"


def is_member(person: Principal, groups: Iterable[str]) -> bool:
    """Whether the person is of one of these groups; a role does not make them so."""
    return not set(groups).isdisjoint(person.groups)


def _voted_before(ballot: Ballot, _: Proposal, votes: Sequence[Vote]) -> str | None:
    mine = [vote for vote in votes if vote.principal == ballot.principal.id]
    thinks_better = ballot.kind is VoteKind.DENY and all(vote.kind is VoteKind.APPROVE for vote in mine)
    return "has voted already" if mine and not thinks_better else None


def _lacks_reason(ballot: Ballot, _: Proposal, __: Sequence[Vote]) -> str | None:
    return "a reason is needed" if ballot.kind is VoteKind.DENY and not ballot.reason.strip() else None


@dataclass(frozen=True)
class Tally:
    """What the votes in force add up to; `missing` more are needed."""

    approvers: tuple[str, ...]
    denier: str | None
    missing: int

    @property
    def met(self) -> bool:
        """Whether enough people said yes and nobody no."""
        return self.denier is None and self.missing == 0


def tally(proposal: Proposal, votes: Iterable[Vote], people: Mapping[str, Principal]) -> Tally:
    """Count the votes for exactly this; a yes of somebody who has left the group since is none."""
    cast = [vote for vote in votes if vote.digest == proposal.binding]
    yes = sorted(vote.principal for vote in cast if vote.kind is VoteKind.APPROVE and _counts(vote, proposal, people))
    noes = [vote for vote in cast if vote.kind is VoteKind.DENY]
    no = min(noes, key=lambda vote: (vote.at, vote.principal), default=None)
    return Tally(tuple(yes), None if no is None else no.principal, max(0, proposal.quorum - len(yes)))


def _counts(vote: Vote, proposal: Proposal, people: Mapping[str, Principal]) -> bool:
    person = people.get(vote.principal)
    return person is not None and not person.bot and is_member(person, proposal.groups)


def weakens(active: GovernanceTerms, other: GovernanceTerms) -> bool:
    """Whether under `other` fewer people, or people of more groups, could change what is active."""
    fewer = other.quorum < active.quorum or other.rollback < active.rollback
    return fewer or not set(other.groups) <= set(active.groups)


def quorum(active: GovernanceTerms, back_to: GovernanceTerms | None) -> int:
    """How many votes a change takes under the active policy; `back_to` is whose return is wanted (rule 8)."""
    if back_to is None or weakens(active, back_to):
        return active.quorum
    return active.rollback


def voters(terms: GovernanceTerms, people: Iterable[Principal], but: str = "") -> tuple[str, ...]:
    """Who could vote under these terms, `but` whoever proposes."""
    able = (person for person in people if not person.bot and is_member(person, terms.groups))
    return tuple(sorted(person.id for person in able if person.id != but))
