"""Proposals, votes and activations, each with its ledger entry in one transaction.

INVARIANT: the vote that meets the quorum activates in its own transaction, so that nothing can come between the two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.approvals import Ballot
from engine.bundles import require
from engine.control.desks import Desks
from engine.control.doors import require_role
from engine.control.moves import ENGINE, note
from engine.errors import Denied, InvalidInput, NotFound
from engine.governance import binding, is_member, is_stale, quorum, refusal, takes_back, tally
from engine.model.approval import Vote, VoteKind
from engine.model.base import Json, Model
from engine.model.entry import Draft
from engine.model.governance import (
    Activation,
    Bundle,
    Came,
    GovernanceTerms,
    Kind,
    Proposal,
    ProposalState,
)
from engine.model.principal import Principal, Role
from engine.store.tx import Tx

PROPOSERS = (Role.ANALYST, Role.RESPONDER, Role.APPROVER, Role.POLICY_ADMIN)
"""Who may propose; a program may, and never votes."""


@dataclass(frozen=True)
class Wish:
    """What somebody proposes: the texts, what they were compared with, and what voters are to go by."""

    bundle: Bundle
    base: str
    label: str
    reason: str
    reports: Json


class Standing(Model):
    """A proposal as it stands after somebody's vote: whether that counted, why not if not, how many more it takes."""

    proposal: Proposal
    accepted: bool = True
    because: str = ""
    missing: int = 0


def find_proposal(tx: Tx, proposal_id: str) -> Proposal:
    """The proposal, or `NotFound`."""
    proposal = tx.governance.proposal(proposal_id)
    if proposal is None:
        raise NotFound(f"there is no proposal `{proposal_id}`")
    return proposal


def begin(tx: Tx, given: Sequence[Bundle], now: datetime) -> tuple[Bundle, ...]:
    """Have what was given at a first start active as version 1; return what is given and is not what is active."""
    active = tx.governance.active()
    for bundle in given:
        tx.governance.keep(bundle)
        if bundle.kind not in active:
            _record(tx, bundle, None, Came.STARTED, ENGINE, (), now)
    return tuple(bundle for bundle in given if active.get(bundle.kind, bundle.digest) != bundle.digest)


def activate_at_once(tx: Tx, bundle: Bundle, by: str, reason: str, now: datetime) -> None:
    """Have what takes nobody's vote be active; open proposals that were compared with the former one end."""
    tx.governance.keep(bundle)
    _record(tx, bundle, None, Came.IMPORTED, by, (), now, reason)
    supersede(tx, tx.governance.active(), now)


def propose(tx: Tx, desks: Desks, principal: Principal, wish: Wish, now: datetime) -> Proposal:
    """Put something to the vote that the active policy asks for."""
    require_role(principal, *PROPOSERS)
    active, bundle = tx.governance.active(), wish.bundle
    if wish.base != active.get(bundle.kind):
        raise Denied("another one was activated while this was compared: propose it again")
    if bundle.digest == wish.base:
        raise InvalidInput("this says what is active already")
    tx.governance.keep(bundle)
    return _open(tx, desks, principal, wish, None, now)


def roll_back(
    tx: Tx, desks: Desks, principal: Principal, kind: Kind, digest: str | None, reason: str, now: datetime
) -> Standing:
    """Ask for what was active before; whoever may vote does so by asking, which as a rule is enough."""
    require_role(principal, *PROPOSERS)
    if not reason.strip():
        raise InvalidInput("a reason is needed: say why with --reason")
    base = tx.governance.active().get(kind, "")
    bundle = find_version(tx, kind, digest or _before(tx, kind))
    if bundle.digest == base:
        raise InvalidInput("this is active already")
    if all(one.digest != bundle.digest for one in tx.governance.history(kind)):
        raise Denied("this was never active: propose it")
    wish = Wish(bundle, base, f"back to {bundle.label}", reason, {})
    terms = desks.policy(tx, bundle.digest if kind is Kind.POLICY else desks(tx).policy.digest).document.governance
    proposal = _open(tx, desks, principal, wish, terms, now)
    if principal.bot or not is_member(principal, proposal.groups):
        return Standing(proposal=proposal, missing=proposal.quorum)
    return cast_vote(tx, desks, proposal.id, Ballot(principal, VoteKind.APPROVE, reason, None, now), "api")


def find_version(tx: Tx, kind: Kind, digest: str) -> Bundle:
    """What `digest`, or enough of its first digits, names of what was ever active or proposed."""
    digits = digest.replace("-", "").lower()
    proposed = {one.digest for one in tx.governance.proposals() if one.kind is kind}
    known = {one.digest for one in tx.governance.history(kind)} | proposed
    named = [one for one in sorted(known) if one.startswith(digits)]
    if len(digits) < 8 or len(named) != 1:
        raise NotFound(f"there is no {kind} `{digest}`: name it by eight digits of its digest or more")
    return require(tx.governance.bundle(kind, named[0]), kind, named[0])


def _before(tx: Tx, kind: Kind) -> str:
    history = tx.governance.history(kind)
    if not history or history[-1].before is None:
        raise NotFound("nothing else was ever active")
    return history[-1].before


def _open(
    tx: Tx, desks: Desks, principal: Principal, wish: Wish, back_to: GovernanceTerms | None, now: datetime
) -> Proposal:
    terms, policy = desks(tx).policy.document.governance, tx.governance.active().get(Kind.POLICY, "")
    bundle = wish.bundle
    proposal = Proposal(
        id=tx.counters.next("PP"),
        kind=bundle.kind,
        digest=bundle.digest,
        base=wish.base,
        policy=policy,
        binding=binding(bundle.kind, bundle.digest, wish.base, policy),
        label=wish.label,
        reason=wish.reason,
        proposer=principal.id,
        going_back=back_to is not None,
        quorum=quorum(terms, back_to),
        groups=terms.groups,
        state=ProposalState.OPEN,
        proposed_at=now,
        deadline=now + terms.decide_in,
        changed_at=now,
        reports=wish.reports,
    )
    tx.governance.insert(proposal)
    body: Json = proposal.model_dump(mode="json", include=_RECORDED)
    tx.move(_draft(proposal, "opened", principal.signature, now, body), "", ProposalState.OPEN)
    return proposal


_RECORDED = {
    "kind", "digest", "base", "policy", "binding", "label", "reason", "going_back", "quorum", "groups", "deadline",
}  # fmt: skip
"""What the ledger keeps of a proposal; its texts and reports stand beside it, under their digest and its id."""


def cast_vote(
    tx: Tx, desks: Desks, proposal_id: str, ballot: Ballot, channel: str, by: Principal | None = None
) -> Standing:
    """Count one person's vote, or record why it does not count; with the last that it takes it is active."""
    proposal = find_proposal(tx, proposal_id)
    votes = tx.votes.of(proposal.id)
    why_not = refusal(ballot, proposal, votes)
    body: Json = {"vote": ballot.kind, "digest": proposal.binding, "channel": channel, "reason": ballot.reason}
    subject, signature = _subject(proposal), ballot.principal.signature
    if why_not is not None:
        note(tx, subject, "vote.refused", ballot.at, {**body, "because": why_not}, signature)
        return Standing(proposal=proposal, accepted=False, because=why_not)
    vote = Vote(
        request_id=proposal.id, principal=ballot.principal.id, kind=ballot.kind, digest=proposal.binding,
        reason=ballot.reason, at=ballot.at, channel=channel, by=None if by is None else by.id,
    )  # fmt: skip
    known = any(old.principal == vote.principal for old in votes)
    (tx.votes.replace if known else tx.votes.insert)(vote)
    note(tx, subject, "vote.cast", ballot.at, body, signature)
    return _count(tx, desks, proposal, ballot)


def _count(tx: Tx, desks: Desks, proposal: Proposal, ballot: Ballot) -> Standing:
    people = {person.id: person for person in desks(tx).people.all()}
    count = tally(proposal, tx.votes.of(proposal.id), people)
    now = ballot.at
    if takes_back(ballot, proposal):
        proposal = _move(tx, proposal, ProposalState.WITHDRAWN, now, f"taken back: {ballot.reason}")
    elif count.denier is not None:
        proposal = _move(tx, proposal, ProposalState.REJECTED, now, f"denied by {count.denier}")
    elif count.met:
        proposal = _activate(tx, proposal, count.approvers, now)
    return Standing(proposal=proposal, missing=count.missing)


def _activate(tx: Tx, proposal: Proposal, approvers: tuple[str, ...], now: datetime) -> Proposal:
    if is_stale(proposal, tx.governance.active()):
        return _move(tx, proposal, ProposalState.SUPERSEDED, now, "another one was activated meanwhile")
    outcome = f"approved by {' + '.join(approvers)}"
    activated = _move(tx, proposal, ProposalState.ACTIVATED, now, outcome, {"approvers": [*approvers]})
    bundle = require(tx.governance.bundle(proposal.kind, proposal.digest), proposal.kind, proposal.digest)
    came = Came.WENT_BACK if proposal.going_back else Came.VOTED
    _record(tx, bundle, proposal, came, proposal.proposer, approvers, now)
    supersede(tx, tx.governance.active(), now)
    return activated


def supersede(tx: Tx, active: Mapping[Kind, str], now: datetime) -> None:
    """End every open proposal that was compared with something else than what is active."""
    for other in tx.governance.proposals(ProposalState.OPEN):
        if is_stale(other, active):
            _move(tx, other, ProposalState.SUPERSEDED, now, "another one was activated: propose it again")


def expire(tx: Tx, now: datetime) -> None:
    """End every open proposal that nobody decided in time."""
    for proposal in tx.governance.proposals(ProposalState.OPEN):
        if now >= proposal.deadline:
            _move(tx, proposal, ProposalState.EXPIRED, now, "not decided in time")


def _record(
    tx: Tx,
    bundle: Bundle,
    proposal: Proposal | None,
    came: Came,
    by: str,
    voters: tuple[str, ...],
    now: datetime,
    reason: str = "given at the first start",
) -> None:
    """Have it be what is active from here on."""
    history = tx.governance.history(bundle.kind)
    before, number = (history[-1].digest if history else None), len(history) + 1
    reason = reason if proposal is None else proposal.reason
    body: Json = {"number": number, "digest": bundle.digest, "before": before, "label": bundle.label, "came": came}
    body |= {"proposal": None if proposal is None else proposal.id, "voters": [*voters], "reason": reason}
    kind = f"{bundle.kind}.{'rolled_back' if came is Came.WENT_BACK else 'activated'}"
    entry = tx.record(Draft(subject=f"governance/{bundle.kind}", kind=kind, actor=by, at=now, body=body))
    tx.governance.activate(
        Activation(
            number=number, kind=bundle.kind, digest=bundle.digest, before=before, label=bundle.label, came=came,
            proposal=None if proposal is None else proposal.id, proposer=by, voters=voters, reason=reason, at=now,
            entry=entry,
        )
    )  # fmt: skip


def _move(
    tx: Tx, proposal: Proposal, to: ProposalState, now: datetime, outcome: str, body: Json | None = None
) -> Proposal:
    after = proposal.model_copy(update={"state": to, "changed_at": now, "outcome": outcome})
    tx.governance.save(after)
    tx.move(_draft(proposal, to, ENGINE, now, {"outcome": outcome, **(body or {})}), ProposalState.OPEN, to)
    return after


def _subject(proposal: Proposal) -> str:
    return f"proposal/{proposal.id}"


def _draft(proposal: Proposal, what: str, actor: str, now: datetime, body: Json) -> Draft:
    return Draft(subject=_subject(proposal), kind=f"proposal.{what}", actor=actor, at=now, body=body)
