"""Who may vote, in which order that is asked, and what votes add up to."""

from collections.abc import Callable
from datetime import timedelta
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.approvals import Ballot, Tally, refusal, tally
from engine.digest import short
from engine.model.approval import Vote, VoteKind
from engine.model.decision import Obligations, OnExpiry, Tier
from engine.model.principal import Principal, Role
from engine.model.request import Request, RequestState
from tests.engine.store.samples import HOUR, NOON, decision, incident, request, vote

TICK = timedelta(microseconds=1)
DIGEST = "4f9a03be" + "cd" * 28
APPROVE, DENY = VoteKind.APPROVE, VoteKind.DENY
GROUPS = ("server-owners", "incident-leads")

ASKED = request(
    state=RequestState.AWAITING_APPROVAL, digest=DIGEST, deadline=NOON + HOUR, decision=decision(groups=GROUPS)
)
TOP = ASKED.model_copy(update={"decision": decision(Tier.ASK_TWO, 2, GROUPS)})


def person(name: str = "ana", **changes: object) -> Principal:
    return Principal(id=name, name=name.title(), roles=(Role.APPROVER,)).model_copy(update=changes)


def ballot(**changes: object) -> Ballot:
    fields = {"principal": person(), "kind": APPROVE, "reason": "", "digest": DIGEST, "at": NOON, **changes}
    return Ballot(**fields)  # type: ignore[arg-type]


def answer(cast: Ballot, asked: Request = ASKED, *votes: Vote, submitters: tuple[str, ...] = ()) -> str | None:
    return refusal(cast, asked, incident(submitters=submitters), votes)


@pytest.mark.parametrize(
    ("cast", "asked"),
    [
        (ballot(), ASKED),
        (ballot(kind=DENY, reason="backup host"), ASKED),
        (ballot(reason="seen"), TOP),
        (ballot(at=NOON + HOUR - TICK), ASKED),
        (ballot(at=NOON + 99 * HOUR), ASKED.model_copy(update={"deadline": None})),
        (ballot(digest=None), ASKED),
        (ballot(digest=short(DIGEST)), ASKED),
        (ballot(digest="4F9A-03BE"), ASKED),
        (ballot(digest=DIGEST[:20]), ASKED),
        (ballot(principal=person(roles=(Role.ANALYST,), groups=("incident-leads",))), ASKED),
        (ballot(principal=person(accounts=("ana", "adm-ana"))), ASKED),
    ],
)
def test_a_vote_counts(cast: Ballot, asked: Request) -> None:
    assert answer(cast, asked) is None


@pytest.mark.parametrize("state", [state for state in RequestState if state is not RequestState.AWAITING_APPROVAL])
def test_nobody_votes_on_what_nobody_is_asked(state: RequestState) -> None:
    over = ASKED.model_copy(update={"state": state})
    assert answer(ballot(), over) == f"nobody is asked any more: AR-0001 is {state}"


@pytest.mark.parametrize("late", [timedelta(0), TICK, HOUR])
def test_a_vote_after_the_deadline_is_late(late: timedelta) -> None:
    assert answer(ballot(at=NOON + HOUR + late)) == "the deadline has passed: 2026-11-21T13:00:00.123456+00:00"


@pytest.mark.parametrize(
    "digest", ["", "-", "4", "4f9a-03b", "4f9a-03bf", "ffff" + DIGEST[4:], DIGEST + "00", "4f9a 03be"]
)
def test_a_vote_for_anything_else_than_what_is_asked_is_refused(digest: str) -> None:
    assert answer(ballot(digest=digest)) == "this answers another request than the one now asked: look at it again"


def test_a_request_that_has_no_digest_is_approved_by_none() -> None:
    assert answer(ballot(), ASKED.model_copy(update={"digest": None})) is not None


@pytest.mark.parametrize(
    ("who", "asked", "submitters", "why"),
    [
        (person(bot=True), ASKED, (), "a bot may not vote"),
        (person(), ASKED.model_copy(update={"requester": "ana"}), (), "requested this action, so may not decide it"),
        (person(), ASKED, ("ben", "ana"), "submitted this finding, so may not decide its action"),
        (person(accounts=("x", "Files-02")), ASKED, (), "is the account acted on"),
        (person(roles=()), ASKED, (), "is neither an approver nor in server-owners or incident-leads"),
        (person(roles=(Role.AUDITOR,), groups=("server-owners",)), ASKED, (), "has no role that votes"),
        (
            person(roles=(Role.ADMIN, Role.RESPONDER, Role.ANALYST), groups=("it",)),
            ASKED.model_copy(update={"decision": decision()}),
            (),
            "is neither an approver nor in a named group",
        ),
    ],
)
def test_some_may_not_vote(who: Principal, asked: Request, submitters: tuple[str, ...], why: str) -> None:
    assert answer(ballot(principal=who), asked, submitters=submitters) == why


VETO = ASKED.model_copy(update={"decision": decision(groups=GROUPS, on_expiry=OnExpiry.ACT)})


def test_any_analyst_may_stop_what_happens_unless_somebody_objects() -> None:
    analyst = person(roles=(Role.ANALYST,))
    assert answer(ballot(principal=analyst, kind=DENY, reason="a scan of ours"), VETO) is None


@pytest.mark.parametrize(
    ("kind", "role", "asked"),
    [(APPROVE, Role.ANALYST, VETO), (DENY, Role.RESPONDER, VETO), (DENY, Role.ANALYST, ASKED)],
)
def test_a_veto_is_an_analysts_no_and_nothing_else(kind: VoteKind, role: Role, asked: Request) -> None:
    told = answer(ballot(principal=person(roles=(role,)), kind=kind, reason="a scan of ours"), asked)
    assert told == "is neither an approver nor in server-owners or incident-leads"


def test_a_person_votes_once_but_may_vote_anew_after_a_retraction() -> None:
    again = ballot(kind=DENY, reason="no")
    assert answer(again, ASKED, vote("ben"), vote("ana")) == "has voted already"
    assert answer(again, ASKED, vote("ben"), vote("ana", retracted_at=NOON)) is None


@pytest.mark.parametrize("reason", ["", " ", "\n\t"])
@pytest.mark.parametrize(("kind", "asked"), [(DENY, ASKED), (DENY, TOP), (APPROVE, TOP)])
def test_a_reason_is_needed_to_deny_and_at_the_top(kind: VoteKind, asked: Request, reason: str) -> None:
    assert answer(ballot(kind=kind, reason=reason), asked) == "a reason is needed"


FAULTS: dict[str, Callable[[], tuple[dict[str, object], dict[str, object]]]] = {
    "nobody is asked": lambda: ({}, {"state": RequestState.WITHDRAWN}),
    "the deadline": lambda: ({"at": NOON + HOUR}, {}),
    "this answers another": lambda: ({"digest": "0000-0000"}, {}),
    "a bot": lambda: ({}, {}),
    "requested this action": lambda: ({}, {"requester": "ana"}),
    "submitted this finding": lambda: ({}, {}),
    "is the account": lambda: ({}, {"target": "adm-ana"}),
    "is neither": lambda: ({}, {}),
    "has voted": lambda: ({}, {}),
    "only a yes": lambda: ({"kind": DENY, "lease": HOUR}, {}),
    "a reason": lambda: ({"kind": DENY}, {}),
}
"""All that may be wrong with one vote, in the order in which it is told: changes of the ballot, of the request."""


@pytest.mark.parametrize(("first", "second"), [*combinations(FAULTS, 2)])
def test_of_two_faults_the_first_is_told(first: str, second: str) -> None:
    faults = {first, second}
    made = [FAULTS[fault]() for fault in faults]
    who = person(bot="a bot" in faults, accounts=("adm-ana",), roles=() if "is neither" in faults else (Role.APPROVER,))
    cast = ballot(principal=who, **{name: value for changes, _ in made for name, value in changes.items()})
    asked = ASKED.model_copy(update={name: value for _, changes in made for name, value in changes.items()})
    votes = [vote("ana")] * ("has voted" in faults)
    told = answer(cast, asked, *votes, submitters=("ana",) * ("submitted this finding" in faults))
    assert told is not None and told.startswith(first)


PEOPLE = {
    each.id: each
    for each in (
        person("ana"),
        person("ben"),
        person("cleo", roles=(Role.ANALYST,), groups=("incident-leads",)),
        person("dora", groups=("server-owners", "it")),
        person("demoted", roles=(Role.ANALYST,), groups=("it",)),
    )
}


def wanted(quorum: int = 2, groups: tuple[str, ...] = GROUPS) -> Obligations:
    return Obligations(lease=HOUR, ceiling=HOUR, quorum=quorum, groups=groups)


def no(name: str, seconds: int = 0) -> Vote:
    return vote(name, kind=DENY, at=NOON + timedelta(seconds=seconds))


def taken_back(name: str, kind: VoteKind = APPROVE) -> Vote:
    return vote(name, kind=kind, retracted_at=NOON)


@pytest.mark.parametrize(
    ("votes", "approvers", "missing", "group_missing", "met"),
    [
        ((), (), 2, True, False),
        ((vote("ana"),), ("ana",), 1, True, False),
        ((vote("ana"), vote("ben")), ("ana", "ben"), 1, True, False),
        ((vote("cleo"),), ("cleo",), 1, False, False),
        ((vote("ana"), vote("cleo")), ("ana", "cleo"), 0, False, True),
        ((vote("dora"), vote("cleo"), vote("ben")), ("ben", "cleo", "dora"), 0, False, True),
        ((vote("ana"), vote("ana")), ("ana",), 1, True, False),
        ((vote("ana"), taken_back("cleo")), ("ana",), 1, True, False),
        ((vote("ana"), vote("cleo"), taken_back("ben", DENY)), ("ana", "cleo"), 0, False, True),
        ((vote("cleo"), vote("gone")), ("cleo",), 1, False, False),
        ((vote("cleo"), vote("demoted")), ("cleo",), 1, False, False),
    ],
)
def test_votes_add_up(
    votes: tuple[Vote, ...], approvers: tuple[str, ...], missing: int, group_missing: bool, met: bool
) -> None:
    count = tally(wanted(), votes, PEOPLE)
    assert count == Tally(approvers, None, None, missing, group_missing)
    assert count.met is met


def test_without_named_groups_any_approvers_do() -> None:
    assert tally(wanted(groups=()), [vote("ana"), vote("ben")], PEOPLE).met


def test_a_single_member_of_a_named_group_is_a_quorum_of_one() -> None:
    assert not tally(wanted(1), [vote("ana")], PEOPLE).met
    assert tally(wanted(1), [vote("dora")], PEOPLE).met


def test_the_first_no_is_the_one_that_is_told() -> None:
    count = tally(wanted(), [vote("ana"), no("cleo", 9), no("dora", 3), taken_back("ben", DENY)], PEOPLE)
    assert (count.denier, count.denied_at, count.met) == ("dora", NOON + timedelta(seconds=3), False)


def test_a_no_stands_even_if_whoever_said_it_is_gone() -> None:
    assert tally(wanted(), [vote("ana"), vote("cleo"), no("gone")], PEOPLE).denier == "gone"


votes_of_everybody = st.lists(
    st.builds(
        vote,
        st.sampled_from([*PEOPLE, "gone"]),
        kind=st.sampled_from(VoteKind),
        at=st.sampled_from([NOON, NOON + TICK]),
        retracted_at=st.sampled_from([None, NOON]),
    ),
    max_size=5,
    unique_by=lambda each: each.principal,
)
obligations_of_any_tier = st.builds(wanted, st.integers(0, 3), st.sampled_from([(), GROUPS]))


@given(obligations_of_any_tier, votes_of_everybody)
def test_the_order_of_votes_does_not_matter(owed: Obligations, votes: list[Vote]) -> None:
    assert len({tally(owed, order, PEOPLE) for order in permutations(votes)}) == 1


@given(obligations_of_any_tier, votes_of_everybody, st.sampled_from(["ana", "gone", "somebody"]))
def test_one_more_no_never_meets_the_quorum(owed: Obligations, votes: list[Vote], name: str) -> None:
    assert not tally(owed, [*votes, no(name)], PEOPLE).met


@given(obligations_of_any_tier, votes_of_everybody)
def test_one_more_yes_never_unmeets_the_quorum(owed: Obligations, votes: list[Vote]) -> None:
    before, after = tally(owed, votes, PEOPLE), tally(owed, [*votes, vote("eve")], {**PEOPLE, "eve": person("eve")})
    assert before.met <= after.met


@given(votes_of_everybody)
def test_nobody_counts_who_is_gone_or_has_taken_it_back(votes: list[Vote]) -> None:
    standing = {each.principal for each in votes if each.kind is APPROVE and each.retracted_at is None}
    assert set(tally(wanted(), votes, PEOPLE).approvers) == standing - {"gone", "demoted"}
