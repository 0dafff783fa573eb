"""The rules of votes on policy and playbooks, as tables."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.approvals import Ballot
from engine.governance import binding, is_stale, quorum, refusal, tally, voters, weakens
from engine.model.approval import Vote, VoteKind
from engine.model.governance import GovernanceTerms, Kind, Proposal, ProposalState
from engine.model.principal import Principal, Role

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


def person(name: str, *groups: str, bot: bool = False) -> Principal:
    return Principal(id=name, name=name, roles=(Role.APPROVER, Role.ADMIN), groups=groups, bot=bot)


PEOPLE = {
    "paul": person("paul", "governance"),
    "gina": person("gina", "governance"),
    "gero": person("gero", "governance", "responders"),
    "otto": person("otto", "responders"),
    "robo": person("robo", "governance", bot=True),
}


def proposal(**changes: object) -> Proposal:
    made = Proposal(
        id="PP-0001",
        kind=Kind.POLICY,
        digest="d" * 64,
        base="b" * 64,
        policy="b" * 64,
        binding=binding(Kind.POLICY, "d" * 64, "b" * 64, "b" * 64),
        label="mine.yaml",
        reason="tighter at night",
        proposer="paul",
        going_back=False,
        quorum=2,
        groups=("governance",),
        state=ProposalState.OPEN,
        proposed_at=NOON,
        deadline=NOON + WEEK,
        changed_at=NOON,
    )
    return made.model_copy(update=changes)


def ballot(name: str, kind: str = "approve", reason: str = "read it", **changes: object) -> Ballot:
    given: dict[str, object] = {"digest": None, "at": NOON, **changes}
    digest, at = given["digest"], given["at"]
    assert isinstance(at, datetime) and (digest is None or isinstance(digest, str))
    return Ballot(PEOPLE[name], VoteKind(kind), reason, digest, at)


def vote(name: str, kind: str = "approve", digest: str | None = None) -> Vote:
    bound = proposal().binding if digest is None else digest
    return Vote(
        request_id="PP-0001", principal=name, kind=VoteKind(kind), digest=bound, reason="", at=NOON, channel="api"
    )


@pytest.mark.parametrize(
    ("cast", "asked", "before", "because"),
    [
        (ballot("gina"), proposal(), [], None),
        (ballot("gina", reason=""), proposal(), [], None),
        (ballot("gina", digest=proposal().binding[:8]), proposal(), [], None),
        (ballot("gina", digest="0000-0000"), proposal(), [], "this answers another proposal"),
        (ballot("gina", digest=proposal().binding[:7]), proposal(), [], "this answers another proposal"),
        (ballot("gina", at=NOON + WEEK), proposal(), [], "the deadline has passed"),
        (ballot("gina", at=NOON + WEEK - timedelta(microseconds=1)), proposal(), [], None),
        (ballot("robo"), proposal(), [], "a bot may not vote"),
        (ballot("robo", "deny"), proposal(), [], "a bot may not vote"),
        (ballot("paul"), proposal(), [], "proposed this"),
        (ballot("paul", "deny"), proposal(), [], None),
        (ballot("paul"), proposal(going_back=True), [], None),
        (ballot("otto"), proposal(), [], "is not in governance"),
        (ballot("otto", "deny"), proposal(), [], "is not in governance"),
        (ballot("otto"), proposal(groups=("responders", "leads")), [], None),
        (ballot("otto", "deny"), proposal(proposer="otto"), [], None),
        (ballot("gina"), proposal(), [vote("gina")], "has voted already"),
        (ballot("gina"), proposal(), [vote("gero")], None),
        (ballot("gina", "deny"), proposal(), [vote("gina")], None),
        (ballot("gina"), proposal(), [vote("gina", "deny")], "has voted already"),
        (ballot("gina", "deny", reason=" "), proposal(), [], "a reason is needed"),
    ],
)
def test_whose_vote_counts(cast: Ballot, asked: Proposal, before: list[Vote], because: str | None) -> None:
    answer = refusal(cast, asked, before)
    assert (answer or "").startswith(because or "nothing") if because else answer is None


@pytest.mark.parametrize("state", [state for state in ProposalState if state is not ProposalState.OPEN])
def test_nobody_is_asked_once_it_is_over(state: ProposalState) -> None:
    assert refusal(ballot("gina"), proposal(state=state), []) == f"nobody is asked any more: PP-0001 is {state}"


@pytest.mark.parametrize(
    ("votes", "missing", "met"),
    [
        ([], 2, False),
        ([vote("gina")], 1, False),
        ([vote("gina"), vote("gero")], 0, True),
        ([vote("gina"), vote("otto")], 1, False),
        ([vote("gina"), vote("robo")], 1, False),
        ([vote("gina"), vote("left")], 1, False),
        ([vote("gina"), vote("gero", digest="another")], 1, False),
        ([vote("gina"), vote("gero"), vote("paul", "deny")], 0, False),
    ],
)
def test_what_votes_add_up_to(votes: list[Vote], missing: int, met: bool) -> None:
    count = tally(proposal(), votes, PEOPLE)
    assert (count.missing, count.met) == (missing, met)


@pytest.mark.parametrize(
    ("kind", "active", "stale"),
    [
        (Kind.POLICY, {Kind.POLICY: "b" * 64}, False),
        (Kind.POLICY, {Kind.POLICY: "b" * 64, Kind.PLAYBOOKS: "other"}, False),
        (Kind.POLICY, {Kind.POLICY: "other"}, True),
        (Kind.POLICY, {}, True),
        (Kind.PLAYBOOKS, {Kind.POLICY: "b" * 64, Kind.PLAYBOOKS: "b" * 64}, False),
        (Kind.PLAYBOOKS, {Kind.POLICY: "other", Kind.PLAYBOOKS: "b" * 64}, True),
        (Kind.PLAYBOOKS, {Kind.POLICY: "b" * 64, Kind.PLAYBOOKS: "other"}, True),
    ],
)
def test_votes_are_for_what_it_was_compared_with(kind: Kind, active: dict[Kind, str], stale: bool) -> None:
    assert is_stale(proposal(kind=kind), active) is stale


def test_whatever_a_vote_is_bound_to_changes_its_digest() -> None:
    bound = {binding(kind, a, b, c) for kind in Kind for a in "xy" for b in "xy" for c in "xy"}
    assert len(bound) == 8 * len(Kind)


@pytest.mark.parametrize(
    ("other", "weaker"),
    [
        (GovernanceTerms(), False),
        (GovernanceTerms(quorum=3), False),
        (GovernanceTerms(quorum=1), True),
        (GovernanceTerms(groups=("governance", "responders")), True),
        (GovernanceTerms(groups=("responders",)), True),
        (GovernanceTerms(decide_in=timedelta(days=30)), False),
    ],
)
def test_going_back_takes_one_vote_unless_it_lowers_the_votes_that_changes_take(
    other: GovernanceTerms, weaker: bool
) -> None:
    active = GovernanceTerms()
    assert weakens(active, other) is weaker
    assert quorum(active, other) == (2 if weaker else 1)
    assert quorum(active, None) == 2
    assert weakens(GovernanceTerms(rollback=2), active)


def test_who_could_vote_are_people_of_the_groups_but_the_proposer() -> None:
    assert voters(GovernanceTerms(), PEOPLE.values(), "paul") == ("gero", "gina")
    assert voters(GovernanceTerms(groups=("responders",)), PEOPLE.values()) == ("gero", "otto")
