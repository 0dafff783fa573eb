"""For how long a yes may be, and what several of them agree to."""

from datetime import timedelta

import pytest

from engine.approvals import SHORTEST, Ballot, agreed_length, asked_length, refusal
from engine.model.approval import Vote, VoteKind
from engine.model.principal import Principal, Role
from engine.model.request import Request, RequestState
from tests.engine.store.samples import HOUR, NOON, decision, incident, request, vote

TICK = timedelta(microseconds=1)
DENY = VoteKind.DENY
ASKED = request(state=RequestState.AWAITING_APPROVAL, digest="ab" * 32, decision=decision())
ANA = Principal(id="ana", name="Ana", roles=(Role.APPROVER,))


def answer(lease: timedelta, asked: Request = ASKED, kind: VoteKind = VoteKind.APPROVE) -> str | None:
    return refusal(Ballot(ANA, kind, "looked at it", None, NOON, lease), asked, incident(), ())


@pytest.mark.parametrize("lease", [SHORTEST, HOUR / 2, HOUR])
@pytest.mark.parametrize("asked", [ASKED, ASKED.model_copy(update={"lease": 99 * HOUR})])
def test_a_yes_may_be_for_less_than_what_is_asked(lease: timedelta, asked: Request) -> None:
    assert answer(lease, asked) is None


@pytest.mark.parametrize(
    ("lease", "why"),
    [
        (HOUR + TICK, "may be for less than the 1h that are asked, and not for more"),
        (timedelta.max, "may be for less than the 1h that are asked, and not for more"),
        (timedelta(0), "nothing lasts for less than 1s"),
        (-HOUR, "nothing lasts for less than 1s"),
        (SHORTEST - TICK, "nothing lasts for less than 1s"),
    ],
)
def test_a_yes_for_more_or_for_nothing_is_refused(lease: timedelta, why: str) -> None:
    assert answer(lease) == why


def test_within_the_ceiling_what_was_wanted_is_the_most() -> None:
    wanted = ASKED.model_copy(update={"lease": 99 * HOUR})
    assert asked_length(wanted) == 8 * HOUR
    assert answer(8 * HOUR + TICK, wanted) is not None


def test_a_no_is_for_no_time() -> None:
    assert answer(HOUR / 2, kind=DENY) == "only a yes is for a time"


@pytest.mark.parametrize(
    ("votes", "agreed"),
    [
        ((), None),
        ((vote("ana"),), None),
        ((vote("ana"), vote("ben", lease=HOUR)), HOUR),
        ((vote("ana", lease=3 * TICK), vote("ben", lease=2 * TICK)), 2 * TICK),
        ((vote("ana", lease=TICK, retracted_at=NOON), vote("ben", lease=HOUR)), HOUR),
        ((vote("ana", lease=TICK, kind=DENY),), None),
    ],
)
def test_the_shortest_that_a_yes_in_force_asks_is_what_is_agreed(
    votes: tuple[Vote, ...], agreed: timedelta | None
) -> None:
    assert agreed_length(votes) == agreed
