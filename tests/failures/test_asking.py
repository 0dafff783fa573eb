"""Asking people: what others let pass for an answer."""

import asyncio

import httpx

from console.api.app import build_app
from console.api.backend import Backend
from engine.model.finding import Finding
from tests.bench import Bench
from tests.failures.conftest import SECOND, WORKSTATIONS, asked, placed


async def test_following_a_link_never_votes(bench: Bench) -> None:
    """n8n 27870: link previews and bots approved by a GET."""
    request = await asked(bench)

    async def ready() -> bool:
        return True

    backend = Backend(bench.store, bench.desks, lambda: bench.now, bench.parts.ledger_key, bench.settings.home, ready)
    token = bench.settings.token_file.read_text().strip()
    headers = {"Authorization": f"Bearer {token}", "X-Fireline-As": "anna"}
    transport = httpx.ASGITransport(build_app(backend))
    async with httpx.AsyncClient(transport=transport, base_url="http://engine/api/v1", headers=headers) as visitor:
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
            for path in ("votes", "votes?kind=approve&reason=yes", "approve", ""):
                await visitor.request(method, f"/approvals/{request.id}/{path}")
    await bench.respond(request.incident_id)
    assert bench.read(lambda tx: tx.votes.of(request.id)) == []
    assert bench.request(request.id).state == "awaiting_approval"


async def test_an_answer_faster_than_the_wait_is_not_lost(bench: Bench) -> None:
    """st2 4135: an answer that came before anybody waited for it was dropped."""
    request = await asked(bench)
    await bench.vote(request.id, "anna")
    # Only now does the incident's workflow look for the first time.
    await bench.respond(request.incident_id)
    assert bench.request(request.id).state == "held"


async def test_parallel_waits_never_cross(bench: Bench) -> None:
    """Shuffle 1588: an answer to one question was taken for another's."""
    first, second = await asked(bench), await asked(bench, WORKSTATIONS[1])
    crossed = await bench.vote(second.id, "anna", digest=first.digest)
    assert not crossed.accepted
    await bench.vote(first.id, "anna", digest=first.digest)
    for request in (first, second):
        await bench.respond(request.incident_id)
    assert (bench.request(first.id).state, bench.request(second.id).state) == ("held", "awaiting_approval")
    assert placed(bench) == [WORKSTATIONS[0]]


async def test_one_person_is_counted_once_by_whatever_ways(bench: Bench, exfiltration: Finding) -> None:
    """superplane 1785, and a Vault flaw: one person twice made a quorum of two."""
    incident = await bench.feed(exfiltration)
    request = bench.requests(incident, "host.isolate")[-1]
    answers = await asyncio.gather(*(bench.vote(request.id, "samir") for _ in range(10)))
    await bench.respond(incident)
    assert sum(answer.accepted for answer in answers) == 1
    assert bench.request(request.id).state == "awaiting_approval"


async def test_who_requested_it_may_not_approve_it(bench: Bench) -> None:
    """StackStorm: whoever may run the workflow may approve it."""
    request = await asked(bench)
    assert "requested this action" in (await bench.vote(request.id, "tom")).because


async def test_who_fed_the_finding_by_hand_may_not_approve_its_action(bench: Bench, exfiltration: Finding) -> None:
    """The insider's way around the rule before."""
    incident = await bench.feed(exfiltration.model_copy(update={"submitter": "jonas"}))
    request = bench.requests(incident, "host.isolate")[-1]
    assert not (await bench.vote(request.id, "jonas")).accepted


async def test_anyone_who_can_see_it_may_not_therefore_approve_it(bench: Bench) -> None:
    """Tracecat: anyone in the channel could click."""
    request = await asked(bench)
    assert (
        "neither an approver" in (await bench.vote(request.id, "siem-bot")).because
        or "bot" in (await bench.vote(request.id, "siem-bot")).because
    )
    assert bench.read(lambda tx: tx.votes.of(request.id)) == []


async def test_what_is_approved_is_what_is_done_and_the_record_holds_it(bench: Bench) -> None:
    """Tracecat: an approver could change the arguments, and the record left the approved ones out."""
    request = await asked(bench)
    await bench.vote(request.id, "anna")
    await bench.respond(request.incident_id)
    requested = next(e for e in bench.entries("request.requested") if e.subject == f"request/{request.id}")
    committed = bench.entries("lease.committed")[0]
    assert requested.body["params"] == request.params
    assert committed.body["approved"] == request.digest == bench.entries("vote.cast")[0].body["digest"]


async def test_a_question_nobody_answers_ends(bench: Bench) -> None:
    """Tracecat: no expiry at all."""
    request = await asked(bench)
    assert request.deadline is not None
    await bench.later(request.deadline - bench.now)
    await bench.respond(request.incident_id)
    assert bench.request(request.id).state == "expired"
    assert placed(bench) == []


async def test_a_no_is_never_counted_as_success(bench: Bench) -> None:
    """SOARCA: a human's failure ended the step well."""
    request = await asked(bench)
    await bench.vote(request.id, "anna", "deny")
    await bench.vote(request.id, "jonas", "approve")
    await bench.later(61 * SECOND)
    await bench.respond(request.incident_id)
    assert bench.request(request.id).state == "rejected"
    assert placed(bench) == []
