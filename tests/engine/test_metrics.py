"""Metrics count what happened and what people said of it; of nothing they say nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.metrics import Effect, Judged, Metrics, Response, measure, percentiles
from engine.model.approval import Vote, VoteKind
from engine.model.decision import Decision, Obligations, Tier
from engine.model.decision import Effect as Says
from engine.model.feedback import ActionVerdictKind
from engine.model.request import Request, RequestState

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
CORRECT, HARMFUL, NEEDLESS, LATE = (
    ActionVerdictKind.CORRECT,
    ActionVerdictKind.HARMFUL,
    ActionVerdictKind.UNNECESSARY,
    ActionVerdictKind.TOO_LATE,
)


def request(tier: Tier | None = Tier.ACT, **changes: object) -> Request:
    decision = Decision(
        tier=tier or Tier.LOOK, effect=Says.EXECUTE, reasons=(), rules=(), policy="p", policy_digest="d", facts={},
        obligations=Obligations(lease=SECOND, ceiling=SECOND),
    )  # fmt: skip
    return Request(
        id="AR-1", incident_id="INC-1", state=RequestState.ENDED, action="a", action_version="1", connector="sim",
        target="t", params={}, requester="detector:d@1", person=False, reason="r", requested_at=NOON, changed_at=NOON,
        lease_id="L-1", decision=None if tier is None else decision,
    ).model_copy(update=changes)  # fmt: skip


def done(*verdicts: ActionVerdictKind, left: str = "ended", false: bool | None = None, **changes: object) -> Response:
    return Response(request(**changes), left_why=left, verdicts=verdicts, false_positive=false)  # type: ignore[arg-type]


def measured(*responses: Response) -> Metrics:
    return measure(responses, (), (), NOON - 30 * SECOND, NOON)


def test_of_nothing_nothing_is_said() -> None:
    found = measured()
    assert found.automation_accuracy.share is None
    assert found.automation_accuracy.bound is None
    assert (found.false_positive_responses.share, found.overrides.share) == (None, None)
    assert {times.p50_s for times in found.times.values()} == {None}
    assert (found.by_tier, found.by_state, found.detectors) == ({}, {}, ())


def test_accuracy_is_of_judged_automatic_actions_that_everybody_found_correct() -> None:
    found = measured(
        done(CORRECT), done(CORRECT, CORRECT), done(CORRECT, HARMFUL), done(LATE), done(), done(NEEDLESS, person=True),
        done(HARMFUL, approved=True), done(HARMFUL, lease_id=None), done(HARMFUL, tier=Tier.LOOK),
    ).automation_accuracy  # fmt: skip
    assert (found.count, found.of, found.share) == (2, 4, 0.5)
    assert found.bound == pytest.approx(0.1824, abs=1e-4)
    assert found.by_verdict == {"correct": 3, "harmful": 1, "too_late": 1}


def test_false_positive_responses_are_of_those_judged_that_took_effect() -> None:
    found = measured(done(false=True), done(false=False), done(), done(false=True, lease_id=None))
    assert found.false_positive_responses.model_dump() == {"count": 1, "of": 2, "share": 0.5}


def test_overrides_are_automatic_actions_taken_back_each_kind_apart() -> None:
    found = measured(
        done(), done(left="vetoed"), done(left="withdrawn"), done(left="withdrawn", false=True),
        done(left="vetoed", person=True), done(left="withdrawn", approved=True),
    ).overrides  # fmt: skip
    assert (found.count, found.of, found.share) == (3, 4, 0.75)
    assert (found.vetoes, found.early_releases, found.false_positives_with_holds) == (1, 1, 1)


def test_requests_are_counted_by_tier_and_state() -> None:
    found = measured(
        done(), done(tier=Tier.ASK), done(tier=Tier.ASK, state=RequestState.EXPIRED), done(tier=None, lease_id=None)
    )
    assert found.by_tier == {"1": 1, "3": 2, "none": 1}
    assert found.by_state == {"ended": 3, "expired": 1}


@pytest.mark.parametrize(
    ("seconds", "p50", "p95"),
    [((), None, None), ((4,), 4.0, 4.0), ((1, 2), 1.0, 2.0), (range(1, 101), 50.0, 95.0), ((0.0004,), 0.0, 0.0)],
)
def test_percentiles_are_those_of_the_nearest_rank(
    seconds: tuple[float, ...], p50: float | None, p95: float | None
) -> None:
    found = percentiles((NOON, NOON + number * SECOND) for number in seconds)
    assert (found.n, found.p50_s, found.p95_s) == (len(seconds), p50, p95)


def test_a_span_without_both_ends_is_not_counted() -> None:
    assert percentiles([(NOON, None), (None, NOON), (NOON, NOON + SECOND)]).n == 1


def test_each_time_runs_from_its_own_beginning() -> None:
    asked = request(approved=True, asked_at=NOON, authorised_at=NOON + 9 * SECOND)
    response = Response(asked, accepted_at=NOON, decided_at=NOON + SECOND, held_at=NOON + 10 * SECOND)
    effect = Effect(NOON, NOON + 2 * SECOND, NOON + 20 * SECOND, NOON + 23 * SECOND)
    times = measure([response], [effect, Effect(NOON)], (), NOON, NOON).times
    assert {name: (value.n, value.p50_s) for name, value in times.items()} == {
        "decide": (1, 1.0), "approve": (1, 9.0), "contain": (1, 10.0), "verify": (1, 2.0), "release": (1, 3.0),
    }  # fmt: skip


def test_a_detector_s_precision_stands_with_its_bound() -> None:
    found = measure((), (), [Judged("d", "1", 52, 52), Judged("d", "2", 0, 0)], NOON, NOON).detectors
    assert [(one.precision, one.bound and round(one.bound, 3)) for one in found] == [(1.0, 0.951), (None, None)]


def answered(seconds: float, by: str = "anna", asked: datetime | None = NOON) -> Response:
    kind, at = VoteKind.APPROVE, NOON + seconds * SECOND
    vote = Vote(request_id="AR-1", principal=by, kind=kind, digest="d", reason="", at=at, channel="chat/soc")
    return Response(request(asked_at=asked), votes=(vote,))


@pytest.mark.parametrize(
    ("seconds", "hasty"),
    [
        ([2.0] * 10, [("anna", 10, 2.0)]),
        ([2.0] * 9, []),
        ([4.999] * 6 + [900.0] * 5, [("anna", 11, 4.999)]),
        ([5.0] * 10, []),
        ([2.0] * 5 + [900.0] * 6, []),
    ],
)
def test_who_answers_faster_than_anybody_reads_is_named(seconds: list[float], hasty: list[object]) -> None:
    found = measured(*map(answered, seconds)).hasty
    assert [(one.principal, one.answers, one.median_s) for one in found] == hasty


def test_answers_of_others_and_to_what_was_never_asked_do_not_count_for_somebody() -> None:
    others = [answered(1, by=f"p{number}") for number in range(10)]
    assert measured(*others, *[answered(1, asked=None) for _ in range(10)]).hasty == ()
