"""A budget that does not hold what would act by itself trips: people are asked, the queue says why, two reset it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import policies
from console.cli.assembly import specs
from detectors.generators import alerts
from engine.control.commit import guard
from engine.control.resets import Reset, reset_budget
from engine.control.trips import BUNDLE
from engine.errors import NotFound
from engine.model.budget import Charged
from engine.model.finding import Finding
from engine.model.request import Request, RequestState
from engine.model.review import ReviewKind
from engine.model.trip import Trip
from engine.policy_file import parse_policy
from tests.bench import Bench, findings

DEMO = (Path(policies.__path__[0]) / "demo.yaml").read_text()
BLOCKS = "hour: 10000\n      in_force: 1000"
SITE = "points_hour: 20000, kept_for_people: 0.5, detector_share: 0.25"
LIMIT = "detector_share: 0.25"
SCOPE = "block-outside"


def budgeted(bench: Bench, *changes: tuple[str, str]) -> None:
    """The demo's policy, but for its budgets."""
    text = DEMO
    for before, after in changes:
        assert text.count(before) == 1
        text = text.replace(before, after)
    bench.parts = replace(bench.parts, desk=replace(bench.desk, policy=parse_policy(text, "b.yaml", specs())))


async def leave(bench: Bench, target: str) -> Request:
    """Ask for a block and have it pass the commit point."""
    request = await bench.ask(target=target)
    await bench.write(lambda tx: guard(tx, bench.desk, request, bench.now))
    return bench.request(request.id)


async def reset(bench: Bench, name: str, reason: str = "the detector is fixed", scope: str = SCOPE) -> Reset:
    return await bench.write(lambda tx: reset_budget(tx, bench.desk, bench.person(name), scope, reason, bench.now))


def standing(bench: Bench) -> dict[str, Trip]:
    return {**bench.read(lambda tx: tx.trips.standing())}


@pytest.fixture
async def tripped(bench: Bench) -> Bench:
    """One block an hour, spent, and one more wanted."""
    budgeted(bench, (BLOCKS, "hour: 1\n      in_force: 9"))
    await leave(bench, "203.0.113.1")
    await bench.ask(target="203.0.113.2")
    return bench


async def test_what_does_not_fit_trips_its_budget_and_waits_where_it_says_why(tripped: Bench) -> None:
    trip = standing(tripped)[SCOPE]
    assert "this hour 1 of 1" in trip.why
    [review] = tripped.read(lambda tx: tx.reviews.waiting())
    assert (review.kind, review.id) == (ReviewKind.BUDGET_TRIPPED, trip.review_id)
    assert review.because == (f"{SCOPE}: {trip.why}", "1 more requests wait here together; none of them is done")
    [waiting] = tripped.read(lambda tx: tx.requests.all([RequestState.QUEUED]))
    assert waiting.outcome == f"waits with {trip.review_id}, budget {SCOPE} tripped: {trip.why}"
    assert review.request_ids == (waiting.id,)


POINTS = "  points: {low: 1, standard: 2, high: 8, critical: 20}\n"


@pytest.fixture
def a_third_of_each_segment(bench: Bench) -> Bench:
    """Of the three hosts in the offices one may be under an effect, unless people approve more."""
    budgeted(bench, (POINTS, f"  segment: {{share: 0.34}}\n{POINTS}"))
    return bench


async def test_a_race_for_the_last_of_a_segment_has_one_winner_and_trips_it(a_third_of_each_segment: Bench) -> None:
    bench = a_third_of_each_segment
    asked = [await bench.ask(action="host.isolate", target=name) for name in ("ws-114", "ws-127", "ws-203")]
    assert {request.state for request in asked} == {RequestState.AUTHORISED}
    begun = [bench.write(lambda tx, r=r: guard(tx, bench.desk, r, bench.now)) for r in asked]  # type: ignore[misc]
    assert sum(request is not None for request in await asyncio.gather(*begun)) == 1
    trip = standing(bench)["segment:offices"]
    assert trip.why == "budget spent: in force in its segment 1 of 1"


async def test_what_people_approved_takes_its_place_in_a_segment_while_it_lasts(
    a_third_of_each_segment: Bench,
) -> None:
    bench = a_third_of_each_segment
    charged = Charged("isolate", segment="segment:offices")
    await bench.write(lambda tx: tx.budgets.reserve("AR-9999", charged, 2, True, bench.now))
    held_back = await bench.ask(action="host.isolate", target="ws-203")
    assert (held_back.state, "segment:offices" in standing(bench)) == (RequestState.AWAITING_APPROVAL, True)
    await bench.write(lambda tx: tx.budgets.ended("AR-9999"))
    assert bench.read(lambda tx: tx.budgets.usage(charged, bench.now)).segment_in_force == 0


async def test_a_network_that_people_cut_takes_the_place_of_all_that_stand_in_it(bench: Bench) -> None:
    budgeted(bench, (POINTS, f"  segment: {{share: 0.7}}\n{POINTS}"))
    for check in ("legitimate-flows", "protected", "dependents"):
        bench.without_check(check)
    cut = await bench.ask(action="network.block_segment", target="10.20.16.0/22")
    for name in ("anna", "samir"):
        await bench.vote(cut.id, name)
    await bench.respond(cut.incident_id)
    assert bench.request(cut.id).state == RequestState.HELD
    held_back = await bench.ask(action="host.isolate", target="ws-114")
    assert held_back.state == RequestState.AWAITING_APPROVAL
    assert standing(bench)["segment:offices"].why == "budget spent: in force in its segment 3 of 2"


async def test_a_trip_is_a_finding_of_its_own_and_pages(tripped: Bench) -> None:
    trip = standing(tripped)[SCOPE]
    found = tripped.read(lambda tx: tx.findings.get(trip.finding_id))
    assert found is not None and (found.detector, found.severity) == ("budget.tripped", "high")
    assert tripped.read(lambda tx: tx.findings.incident_of(trip.finding_id)) == trip.incident_id
    assert [entry.subject for entry in tripped.entries("page")] == [f"budget/{SCOPE}"]
    assert len(tripped.entries("budget.tripped")) == 1


async def test_with_room_again_people_are_still_asked_until_two_reset_it(tripped: Bench) -> None:
    await tripped.later(timedelta(hours=1))
    asked = await tripped.ask(target="203.0.113.3")
    assert asked.state == RequestState.AWAITING_APPROVAL
    assert asked.decision is not None and f"tripped until two people reset it: {SCOPE}" in asked.decision.why_asked
    assert (await reset(tripped, "anna")).missing == 1
    assert (await tripped.ask(target="203.0.113.4")).state == RequestState.AWAITING_APPROVAL
    assert (await reset(tripped, "samir")).missing == 0
    assert standing(tripped) == {}
    assert (await tripped.ask(target="203.0.113.5")).state == RequestState.AUTHORISED
    [entry] = tripped.entries("budget.reset")
    assert entry.body["by"] == ["anna", "samir"]


async def test_what_people_approved_meanwhile_is_done_tripped_or_reset(tripped: Bench) -> None:
    await tripped.later(timedelta(hours=1))
    asked = await tripped.ask(target="203.0.113.3")
    await tripped.vote(asked.id, "anna")
    await reset(tripped, "anna")
    await reset(tripped, "samir")
    await tripped.respond(asked.incident_id)
    assert tripped.request(asked.id).state == RequestState.HELD


async def test_a_reset_forgives_nothing(tripped: Bench) -> None:
    await reset(tripped, "anna")
    await reset(tripped, "samir")
    assert (await tripped.ask(target="203.0.113.6")).state == RequestState.QUEUED
    assert SCOPE in standing(tripped)


@pytest.mark.parametrize(
    ("name", "reason", "because"),
    [
        ("siem-bot", "fixed", "a bot may not vote"),
        ("tom", "fixed", "asked for what tripped it, so may not reset it"),
        ("anna", " ", "a reason is needed"),
    ],
)
async def test_some_may_not_reset(tripped: Bench, name: str, reason: str, because: str) -> None:
    answer = await reset(tripped, name, reason)
    assert (answer.accepted, answer.because, answer.missing) == (False, because, 2)
    assert [entry.body["because"] for entry in tripped.entries("vote.refused")] == [because]


async def test_one_person_counts_once(tripped: Bench) -> None:
    await reset(tripped, "anna")
    assert (await reset(tripped, "anna")).because == "has voted already"
    assert SCOPE in standing(tripped)


async def test_only_what_stands_tripped_is_reset(bench: Bench) -> None:
    with pytest.raises(NotFound):
        await reset(bench, "anna")


async def test_the_first_are_asked_one_by_one_and_the_rest_waits_as_one_item(tripped: Bench) -> None:
    await tripped.later(timedelta(hours=1))
    states = [(await tripped.ask(target=f"203.0.113.{n + 10}")).state for n in range(BUNDLE + 5)]
    assert states == [RequestState.AWAITING_APPROVAL] * BUNDLE + [RequestState.QUEUED] * 5
    assert len(tripped.read(lambda tx: tx.reviews.waiting())) == 1
    assert standing(tripped)[SCOPE].waiting == 6


async def test_what_was_to_be_done_when_it_tripped_is_blocked_and_put_to_people(bench: Bench) -> None:
    budgeted(bench, (BLOCKS, "hour: 1\n      in_force: 9"))
    first, second = [await bench.ask(target=f"203.0.113.{n}") for n in (1, 2)]
    for request in (first, second):
        await bench.write(lambda tx, r=request: guard(tx, bench.desk, r, bench.now))  # type: ignore[misc]
    assert bench.request(second.id).state == RequestState.BLOCKED
    [again] = bench.read(lambda tx: tx.requests.all([RequestState.QUEUED]))
    assert again.supersedes == second.id


async def test_a_detector_version_has_a_share_of_the_site_without_approval(bench: Bench, tmp_path: Path) -> None:
    budgeted(bench, (SITE, "points_hour: 40, kept_for_people: 0.5, detector_share: 0.1"))
    await flood(bench, tmp_path, 5)
    assert set(standing(bench)) == {"detector:load.generator@1"}
    used = bench.read(lambda tx: tx.budgets.usage("", bench.now)).points_hour_automatic
    assert 0 < used <= 4
    assert (await bench.ask(target="203.0.113.200")).state == RequestState.AUTHORISED


async def test_what_one_version_reports_beyond_its_hour_is_gathered(bench: Bench, tmp_path: Path) -> None:
    budgeted(bench, (LIMIT, f"{LIMIT}, detector_findings_hour: 3"))
    before = len(bench.read(lambda tx: tx.incidents.all()))
    await bench.feed(*made(bench, tmp_path, 60))
    trip = standing(bench)["detector:load.generator@1"]
    assert trip.gathered == 57
    assert len(bench.read(lambda tx: tx.incidents.all())) - before == 3 + 1
    assert len(bench.read(lambda tx: tx.findings.of(trip.incident_id))) == 57 + 1
    [entry] = bench.entries("findings.gathered")
    assert entry.body["count"] == 57
    [review] = bench.read(lambda tx: tx.reviews.waiting())
    assert "57 findings were taken in and not answered" in review.because


@pytest.mark.parametrize("name", ["source.health", "budget.tripped"])
async def test_no_name_gets_around_the_limit(bench: Bench, tmp_path: Path, name: str) -> None:
    budgeted(bench, (LIMIT, f"{LIMIT}, detector_findings_hour: 3"))
    await bench.feed(*(found.model_copy(update={"detector": name}) for found in made(bench, tmp_path, 10)))
    assert standing(bench)[f"detector:{name}@1"].gathered == 7
    counted = bench.read(lambda tx: [source.detector for source in tx.sources.all()])
    assert name in counted


async def test_a_gathered_finding_is_known_when_it_comes_again(bench: Bench, tmp_path: Path) -> None:
    budgeted(bench, (LIMIT, f"{LIMIT}, detector_findings_hour: 3"))
    await flood(bench, tmp_path, 10)
    await flood(bench, tmp_path, 10)
    assert standing(bench)["detector:load.generator@1"].gathered == 7


async def test_after_a_reset_findings_are_answered_again(bench: Bench, tmp_path: Path) -> None:
    budgeted(bench, (LIMIT, f"{LIMIT}, detector_findings_hour: 3"))
    await flood(bench, tmp_path, 10)
    for name in ("anna", "samir"):
        await reset(bench, name, scope="detector:load.generator@1")
    await bench.feed(*made(bench, tmp_path, 13))
    assert standing(bench) == {}


async def test_nobody_blinds_a_detector_by_feeding_in_its_name(bench: Bench, tmp_path: Path) -> None:
    budgeted(bench, (LIMIT, f"{LIMIT}, detector_findings_hour: 3"))
    by_hand = [one.model_copy(update={"submitter": "jonas"}) for one in made(bench, tmp_path, 10)]
    await bench.feed(*by_hand)
    assert set(standing(bench)) == {"submitter:jonas"}
    await bench.feed(*[one.model_copy(update={"id": f"{one.id}-x"}) for one in made(bench, tmp_path, 2)])
    assert set(standing(bench)) == {"submitter:jonas"}


async def test_a_version_that_found_little_in_the_hour_is_answered(bench: Bench, tmp_path: Path) -> None:
    budgeted(bench, (LIMIT, f"{LIMIT}, detector_findings_hour: 3"))
    for one in made(bench, tmp_path, 8):
        await bench.feed(one)
        await bench.later(timedelta(minutes=21))
    assert standing(bench) == {}


def made(bench: Bench, folder: Path, count: int) -> Sequence[Finding]:
    return findings([*alerts.findings(count, bench.now, hosts=200)], folder)


async def flood(bench: Bench, folder: Path, count: int) -> None:
    """Findings of one version about as many hosts, all answered as far as they are."""
    for one in made(bench, folder, count):
        await bench.feed(one)
