"""What nobody is sure of waits for a person, is taken by one, and answered whole."""

from datetime import timedelta

import pytest

from engine.control.accept import accept
from engine.control.review import answer, take
from engine.control.review_queue import flag_overdue
from engine.control.verdicts import judge_finding
from engine.errors import Denied, FirelineError, InvalidInput, NotFound
from engine.model.finding import Endpoint, Finding, Severity, VerdictKind
from engine.model.request import RequestState
from engine.model.review import Review, ReviewKind, ReviewState
from tests.bench import Bench

FP, TP = VerdictKind.FALSE_POSITIVE, VerdictKind.TRUE_POSITIVE
UNSURE = {"seen": "no", "explained": "business", "wanted": "not_needed"}
UNANSWERED = {"seen": "yes", "explained": "nothing", "lacking": "playbook"}
HOUR = timedelta(hours=1)


@pytest.fixture
def unsure(beacon: Finding) -> Finding:
    """Not sure enough for anything."""
    return beacon.model_copy(update={"confidence": 0.5})


@pytest.fixture
def unanswered(beacon: Finding) -> Finding:
    """No playbook knows what this is."""
    return beacon.model_copy(update={"category": "weather", "techniques": (), "severity": Severity.HIGH})


def reviews(bench: Bench) -> list[Review]:
    return [*bench.read(lambda tx: tx.reviews.all())]


async def taken(bench: Bench, by: str, review: str = "RV-0001") -> Review:
    return await bench.write(lambda tx: take(tx, bench.person(by), review, bench.now))


async def answered(
    bench: Bench, by: str = "anna", verdict: VerdictKind = TP, answers: dict[str, str] | None = None,
    reason: str = "looked at it", review: str = "RV-0001",
) -> Review:  # fmt: skip
    given = UNSURE if answers is None else answers
    return await bench.write(
        lambda tx: answer(tx, bench.desk, bench.person(by), review, verdict, reason, given, bench.now)
    )


async def test_a_request_below_its_confidence_waits_in_the_transaction_that_queued_it(
    bench: Bench, unsure: Finding
) -> None:
    incident = await bench.feed(unsure)
    [request] = bench.requests(incident, "network.block_ip")
    [review] = reviews(bench)
    assert request.state is RequestState.QUEUED
    assert (review.kind, review.finding_id, review.incident_id) == (ReviewKind.LOW_CONFIDENCE, unsure.id, incident)
    assert review.request_ids == (request.id,)
    assert review.because == (f"{request.id}: {request.outcome}",)
    assert "not sure enough" in review.because[0]
    assert await bench.standing() == []


@pytest.mark.parametrize(
    ("severity", "waits"), [("low", []), ("medium", []), ("high", ["unanswered"]), ("critical", ["unanswered"])]
)
async def test_a_grave_finding_without_a_playbook_waits(
    bench: Bench, unanswered: Finding, severity: str, waits: list[str]
) -> None:
    await bench.feed(unanswered.model_copy(update={"severity": Severity(severity)}))
    assert [review.kind.value for review in reviews(bench)] == waits


async def test_a_refused_plan_waits_with_its_reason(bench: Bench, beacon: Finding) -> None:
    await bench.feed(beacon.model_copy(update={"destination": Endpoint(ip="nowhere")}))
    [review] = reviews(bench)
    assert review.kind is ReviewKind.REFUSED_PLAN
    assert "known-bad-address" in review.because[0]


async def test_what_the_header_detector_finds_waits_as_soon_as_it_is_accepted(bench: Bench, unsure: Finding) -> None:
    found = unsure.model_copy(update={"detector": "dns.header_autoencoder", "severity": Severity.CRITICAL})
    await bench.write(lambda tx: accept(tx, bench.desk, [found], "siem-bot", bench.now))
    [review] = reviews(bench)
    assert (review.kind, review.state) == (ReviewKind.TRAFFIC, ReviewState.OPEN)
    assert review.deadline == bench.now + timedelta(minutes=30)


async def test_later_causes_join_the_item_that_waits(bench: Bench, unsure: Finding) -> None:
    found = unsure.model_copy(update={"detector": "dns.header_autoencoder"})
    incident = await bench.feed(found)
    [request] = bench.requests(incident, "network.block_ip")
    [review] = reviews(bench)
    assert (review.kind, review.request_ids, len(review.because)) == (ReviewKind.TRAFFIC, (request.id,), 2)
    assert [entry.subject for entry in bench.entries("review.grown")] == ["review/RV-0001"]


async def test_the_deadline_is_four_hours(bench: Bench, unsure: Finding) -> None:
    await bench.feed(unsure.model_copy(update={"severity": Severity.HIGH}))
    assert reviews(bench)[0].deadline == bench.now + 4 * HOUR


async def test_an_item_is_told_overdue_once(bench: Bench, unsure: Finding) -> None:
    await bench.feed(unsure.model_copy(update={"severity": Severity.HIGH}))
    before = bench.now
    for hours in (3, 1, 1):
        await bench.later(hours * HOUR)
        await bench.write(lambda tx: flag_overdue(tx, bench.now))
    assert reviews(bench)[0].overdue_at == before + 4 * HOUR
    assert [len(bench.entries(kind)) for kind in ("review.overdue", "page")] == [1, 1]


async def test_what_was_answered_is_never_overdue(bench: Bench, unsure: Finding) -> None:
    await bench.feed(unsure)
    await answered(bench)
    await bench.later(9 * HOUR)
    assert await bench.write(lambda tx: flag_overdue(tx, bench.now)) == []


async def test_an_item_is_taken_once_and_says_by_whom(bench: Bench, unsure: Finding) -> None:
    await bench.feed(unsure)
    assert (await taken(bench, "anna")).taken_by == "anna"
    for person in ("tom", "anna"):
        with pytest.raises(Denied, match="RV-0001 is taken by `anna` since 20"):
            await taken(bench, person)
    with pytest.raises(Denied, match="RV-0001 is taken by `anna` since 20"):
        await answered(bench, "tom")
    assert (await answered(bench, "anna")).state is ReviewState.ANSWERED


@pytest.mark.parametrize(
    ("by", "said"), [("lena", "takes analyst"), ("samir", "takes analyst"), ("siem-bot", "is a bot")]
)
async def test_only_analysts_take_and_answer(bench: Bench, unsure: Finding, by: str, said: str) -> None:
    await bench.feed(unsure)
    for attempt in (taken(bench, by), answered(bench, by)):
        with pytest.raises(Denied, match=said):
            await attempt
    assert reviews(bench)[0].state is ReviewState.OPEN


async def test_nobody_answers_about_what_they_fed_by_hand(bench: Bench, unsure: Finding) -> None:
    await bench.feed(unsure.model_copy(update={"submitter": "jonas"}), actor="jonas")
    for attempt in (taken(bench, "jonas"), answered(bench, "jonas")):
        with pytest.raises(Denied, match="`jonas` submitted"):
            await attempt
    assert (await answered(bench, "tom")).answered_by == "tom"


@pytest.mark.parametrize(
    ("answers", "reason", "review", "error", "said"),
    [
        ({"seen": "yes"}, "r", "RV-0001", InvalidInput, "`explained` is not answered"),
        (UNSURE | {"seen": "maybe"}, "r", "RV-0001", InvalidInput, "`seen` takes yes, no, cannot_tell, not `maybe`"),
        (UNSURE, "  ", "RV-0001", InvalidInput, "a reason is needed"),
        (UNSURE, "r", "RV-0009", NotFound, "there is no review `RV-0009`"),
    ],
)
async def test_an_answer_that_is_not_whole_changes_nothing(
    bench: Bench, unsure: Finding, answers: dict[str, str], reason: str, review: str, error: type[FirelineError],
    said: str,
) -> None:  # fmt: skip
    await bench.feed(unsure)
    with pytest.raises(error, match=said):
        await answered(bench, answers=answers, reason=reason, review=review)
    assert reviews(bench)[0].state is ReviewState.OPEN
    assert bench.read(lambda tx: tx.verdicts.of(f"finding/{unsure.id}")) == []


async def test_an_answer_is_a_verdict_on_the_finding_and_stands_in_the_ledger(bench: Bench, unsure: Finding) -> None:
    await bench.feed(unsure)
    review = await answered(bench, verdict=TP, reason="seen on the proxy")
    [verdict] = bench.read(lambda tx: tx.verdicts.of(f"finding/{unsure.id}"))
    [entry] = bench.entries("review.answered")
    assert (verdict.kind, verdict.principal, verdict.reason) == (TP, "anna", "seen on the proxy")
    assert (review.answers, review.verdict) == (UNSURE, TP)
    assert (entry.actor, entry.body["answers"], entry.body["late"]) == ("anna", UNSURE, False)


async def test_an_answered_item_is_answered(bench: Bench, unsure: Finding) -> None:
    await bench.feed(unsure)
    await answered(bench)
    for attempt in (taken(bench, "tom"), answered(bench, "tom")):
        with pytest.raises(Denied, match="RV-0001 is answered already, as true_positive by `anna`"):
            await attempt


async def test_a_false_positive_withdraws_an_incident_that_rests_on_nothing_else(
    bench: Bench, unanswered: Finding
) -> None:
    incident = await bench.feed(unanswered)
    await answered(bench, verdict=FP, answers=UNANSWERED)
    judged = bench.read(lambda tx: tx.incidents.get(incident))
    assert judged is not None
    assert judged.verdict is not None
    assert (judged.verdict.kind, judged.verdict.principal) == (FP, "anna")


async def test_a_false_positive_among_others_leaves_the_incident_alone(
    bench: Bench, unsure: Finding, beacon: Finding
) -> None:
    incident = await bench.feed(beacon, unsure.model_copy(update={"id": "F-2"}))
    held = await bench.standing()
    await bench.write(lambda tx: judge_finding(tx, bench.desk, bench.person("tom"), "F-2", FP, "ours", bench.now))
    await bench.settle(incident)
    judged = bench.read(lambda tx: tx.incidents.get(incident))
    assert judged is not None
    assert (judged.verdict, await bench.standing()) == (None, held)
