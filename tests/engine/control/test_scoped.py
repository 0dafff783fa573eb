"""A policy's exclusions, protections and authorised activity, end to end: asked, decided, checked, recorded, shown."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from console.status import status_view
from engine.control.hypothetical import suppose
from engine.model.finding import Finding, Severity
from engine.model.request import RequestState
from engine.model.review import ReviewKind
from engine.policy_file import parse_policy
from tests.bench import Bench

DEMO = (Path(__file__).parents[3] / "policies" / "demo.yaml").read_text()
BLOCK = "network.block_ip"
Enforce = Callable[..., None]


@pytest.fixture
def enforce(bench: Bench) -> Enforce:
    """`enforce("exclusions", "targets: [x]")`: the demo's policy with one such entry, which ends in an hour."""

    def put(section: str, scope: str, end: timedelta = timedelta(hours=1)) -> None:
        ends = (bench.now + end).isoformat()
        entry = f"{section}: [{{id: calm, {scope}, owner: it-lead, reason: change 4711, expires_at: {ends}}}]\n"
        policy = parse_policy(DEMO + entry, "demo.yaml", ActionSpecs())
        bench.parts = replace(bench.parts, desk=replace(bench.desk, policy=policy))

    return put


async def blocked(bench: Bench, *found: Finding) -> list[RequestState]:
    incident = await bench.feed(*found)
    return [request.state for request in bench.requests(incident, BLOCK)]


async def test_what_is_excluded_is_denied_by_name_and_left_alone(
    bench: Bench, beacon: Finding, enforce: Enforce
) -> None:
    enforce("exclusions", "targets: [0.0.0.0/0]")
    incident = await bench.feed(beacon)
    [request] = bench.requests(incident, BLOCK)
    assert (request.state, await bench.standing()) == (RequestState.DENIED, [])
    assert request.outcome.startswith("excluded by it-lead until ")
    assert request.outcome.endswith(": change 4711")
    assert [check.check for check in request.checks if check.outcome.stops] == ["exclusion"]


async def test_after_its_end_nothing_is_left_of_an_exclusion(bench: Bench, beacon: Finding, enforce: Enforce) -> None:
    enforce("exclusions", "targets: [0.0.0.0/0]")
    await bench.later(timedelta(hours=1))
    assert await blocked(bench, beacon) == [RequestState.HELD]


async def test_a_person_s_request_is_denied_too(bench: Bench, enforce: Enforce) -> None:
    enforce("exclusions", "targets: [203.0.113.0/24]")
    request = await bench.ask(target="203.0.113.7")
    assert (request.state, "excluded by it-lead" in request.outcome) == (RequestState.DENIED, True)


async def test_an_exclusion_made_while_people_are_asked_still_stops_it(
    bench: Bench, exfiltration: Finding, enforce: Enforce
) -> None:
    incident = await bench.feed(exfiltration)
    asked = bench.requests(incident, "host.isolate")[-1]
    enforce("exclusions", "targets: [files-02], actions: [host.isolate]")
    await bench.vote(asked.id, "anna")
    await bench.vote(asked.id, "samir")
    await bench.settle(incident)
    stopped = bench.request(asked.id)
    assert (stopped.state, "host.isolate" in await bench.standing()) == (RequestState.BLOCKED, False)
    assert "`calm` excluded by it-lead until " in stopped.outcome


async def test_what_the_policy_protects_waits_for_two_people(bench: Bench, beacon: Finding, enforce: Enforce) -> None:
    enforce("protected", "targets: [0.0.0.0/0]")
    incident = await bench.feed(beacon)
    [request] = bench.requests(incident, BLOCK)
    assert request.state is RequestState.AWAITING_APPROVAL
    assert request.decision is not None
    assert (request.decision.tier, request.decision.obligations.quorum) == (4, 2)
    assert "protected by it-lead until " in request.decision.why_asked


SCAN = "kind: penetration_test, sources: [0.0.0.0/0], targets: "


async def test_authorised_activity_is_asked_about_recorded_and_reviewed(
    bench: Bench, beacon: Finding, enforce: Enforce
) -> None:
    enforce("authorised_activity", f"{SCAN}[0.0.0.0/0]")
    incident = await bench.feed(beacon.model_copy(update={"severity": Severity.HIGH}))
    [request] = bench.requests(incident, BLOCK)
    assert request.state is RequestState.AWAITING_APPROVAL
    assert request.decision is not None
    assert "its source is at authorised penetration_test of it-lead until " in request.decision.why_asked
    [entry] = bench.entries("activity.authorised")
    assert (entry.subject, entry.body["within"], entry.body["beyond"]) == (f"finding/{beacon.id}", ["calm"], [])
    [review] = bench.read(lambda tx: tx.reviews.waiting())
    assert (review.kind, review.finding_id) == (ReviewKind.AUTHORISED_ACTIVITY, beacon.id)
    assert review.because[0].startswith("calm: its source is at authorised penetration_test of it-lead")


async def test_what_goes_beyond_it_is_met_as_any_attack_and_reviewed(
    bench: Bench, beacon: Finding, enforce: Enforce
) -> None:
    enforce("authorised_activity", f"{SCAN}[192.0.2.0/24]")
    assert await blocked(bench, beacon) == [RequestState.HELD]
    [entry] = bench.entries("activity.authorised")
    assert (entry.body["within"], entry.body["beyond"]) == ([], ["calm"])
    [review] = bench.read(lambda tx: tx.reviews.waiting())
    assert review.because[0].startswith("calm: it goes beyond the targets of authorised penetration_test of it-lead")


async def test_what_is_not_grave_and_within_is_recorded_only(bench: Bench, beacon: Finding, enforce: Enforce) -> None:
    enforce("authorised_activity", f"{SCAN}[0.0.0.0/0]")
    await bench.feed(beacon.model_copy(update={"severity": Severity.MEDIUM}))
    assert len(bench.entries("activity.authorised")) == 1
    assert [one.kind for one in bench.read(lambda tx: tx.reviews.waiting())] == []


async def test_after_its_end_it_is_an_attack_like_any_other(bench: Bench, beacon: Finding, enforce: Enforce) -> None:
    enforce("authorised_activity", f"{SCAN}[0.0.0.0/0]")
    await bench.later(timedelta(hours=1))
    assert await blocked(bench, beacon) == [RequestState.HELD]
    assert bench.entries("activity.authorised") == []


@pytest.mark.parametrize(
    ("later", "listed"),
    [(timedelta(0), [("calm", "ends soon")]), (timedelta(hours=1), [("calm", "ended, counts no more")])],
)
async def test_the_status_lists_what_ends(
    later: timedelta, listed: list[tuple[str, str]], bench: Bench, enforce: Enforce
) -> None:
    enforce("exclusions", "targets: [files-02]")
    await bench.later(later)
    ending = bench.read(lambda tx: status_view(tx, bench.desk, bench.now))["ending"]
    assert isinstance(ending, list)
    assert [(one["id"], one["state"]) for one in ending if isinstance(one, dict)] == listed


async def test_an_explanation_names_the_exclusion(bench: Bench, beacon: Finding, enforce: Enforce) -> None:
    enforce("exclusions", "targets: [203.0.113.7]")
    seen = bench.read(lambda tx: suppose(tx, bench.desk, beacon, BLOCK, "203.0.113.7", {}, bench.now))
    assert (seen.decision.effect, seen.decision.reasons[-1].rule) == ("deny", "calm")
