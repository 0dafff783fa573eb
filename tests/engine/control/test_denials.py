"""A denial ends what was asked on what was known then; what comes later asks afresh, and not for ever."""

from datetime import timedelta

import pytest

from engine.control.carding import card_of
from engine.control.denials import RE_ASKS
from engine.control.drain import drain
from engine.model.decision import OnExpiry
from engine.model.finding import Endpoint, Finding
from engine.model.page import PageKind
from engine.model.request import Request, RequestState
from tests.bench import Bench
from tests.engine.control.test_drift import edited
from tests.engine.control.test_prolonging import longer

ISOLATE, BLOCK = "host.isolate", "network.block_ip"


def later(finding: Finding, bench: Bench, number: int) -> Finding:
    """Another finding of the same, as sure."""
    return finding.model_copy(update={"id": f"later-{number}", "time": bench.now})


async def denied(bench: Bench, asked: Request, by: str = "anna", reason: str = "our backup") -> None:
    """With the minute in which it may be taken back."""
    await bench.vote(asked.id, by, "deny", reason)
    await bench.later(bench.desk.retraction)
    await bench.respond(asked.incident_id)
    assert bench.request(asked.id).state is RequestState.REJECTED


@pytest.fixture
async def refused(bench: Bench, exfiltration: Finding) -> Request:
    """An isolation at tier 4 that anna denied."""
    incident = await bench.feed(exfiltration)
    asked = bench.requests(incident, ISOLATE)[-1]
    await denied(bench, asked)
    return bench.request(asked.id)


async def test_a_later_finding_asks_afresh_and_shows_who_denied_it_when_and_why(
    bench: Bench, refused: Request, exfiltration: Finding
) -> None:
    at = bench.now - bench.desk.retraction
    assert await bench.feed(later(exfiltration, bench, 1)) == refused.incident_id
    again = bench.requests(refused.incident_id, ISOLATE)[-1]
    assert (again.state, again.finding_id) == (RequestState.AWAITING_APPROVAL, "later-1")
    assert again.denied == (f"{refused.id} was denied by anna at {at:%Y-%m-%d %H:%M} UTC: our backup",)
    shown = bench.read(lambda tx: card_of(tx, bench.desk, again.id))
    [changed] = [line.text for line in shown.items[0].lines if line.label == "CHANGED"]
    assert changed.startswith(again.denied[0])
    assert bench.read(lambda tx: tx.votes.of(again.id)) == []


async def test_what_was_accepted_before_the_denial_was_final_is_answered_by_it(
    bench: Bench, exfiltration: Finding
) -> None:
    incident = await bench.feed(exfiltration)
    asked = bench.requests(incident, ISOLATE)[-1]
    await bench.vote(asked.id, "anna", "deny", "our backup")
    await bench.feed(later(exfiltration, bench, 1))
    await bench.later(bench.desk.retraction)
    await bench.respond(incident)
    assert bench.requests(incident, ISOLATE)[-1].id == asked.id
    assert bench.request(asked.id).state is RequestState.REJECTED


async def test_what_was_denied_too_often_is_not_asked_again_but_held_and_paged_once(
    bench: Bench, refused: Request, exfiltration: Finding
) -> None:
    for number in range(RE_ASKS):
        await bench.feed(later(exfiltration, bench, number))
        await denied(bench, bench.requests(refused.incident_id, ISOLATE)[-1])
    for number in range(RE_ASKS, RE_ASKS + 3):
        await bench.feed(later(exfiltration, bench, number).model_copy(update={"confidence": 0.971 + number / 1000}))
    asked = [one for one in bench.requests(refused.incident_id, ISOLATE) if one.asked_at is not None]
    assert [one.state for one in asked] == [RequestState.REJECTED] * (1 + RE_ASKS)
    last = bench.requests(refused.incident_id, ISOLATE)[-1]
    assert (last.state, len(last.denied)) == (RequestState.QUEUED, 1 + RE_ASKS)
    assert [page.kind for page in bench.read(lambda tx: tx.pages.standing())] == [PageKind.CHANGED]
    holder = bench.read(lambda tx: tx.holders.get(bench.requests(refused.incident_id, BLOCK)[-1].id))
    assert holder is not None
    await bench.later(holder.expires_at - bench.now)
    await bench.respond(refused.incident_id)
    because = {entry.body["because"] for entry in bench.entries("lease.held_on")}
    assert because == {f"{last.id} was denied 3 times in {last.incident_id}, and not asked again"}


async def test_after_a_yes_a_no_of_before_is_no_more_counted(
    bench: Bench, refused: Request, exfiltration: Finding
) -> None:
    await bench.feed(later(exfiltration, bench, 1))
    again = bench.requests(refused.incident_id, ISOLATE)[-1]
    await bench.vote(again.id, "anna")
    await bench.vote(again.id, "samir")
    await bench.respond(refused.incident_id)
    assert bench.request(again.id).state is RequestState.HELD
    assert ISOLATE in await bench.standing()


async def test_where_silence_would_have_it_done_a_denial_stands(
    bench: Bench, refused: Request, exfiltration: Finding
) -> None:
    assert refused.decision is not None
    wanted = refused.decision.obligations.model_copy(update={"on_expiry": OnExpiry.ACT})
    veto = refused.model_copy(update={"decision": refused.decision.model_copy(update={"obligations": wanted})})
    await bench.write(lambda tx: tx.requests.save(veto, before=refused.state))
    await bench.feed(later(exfiltration, bench, 1))
    assert bench.requests(refused.incident_id, ISOLATE)[-1].id == refused.id


INSIDE = "decide_in: 30s\n    because: an address inside"
HELD_ON = INSIDE.replace("\n", "\n    on_expiry: hold\n    interim_lease: 100s\n")


@pytest.fixture
def lateral(bench: Bench, beacon: Finding) -> Finding:
    """It asks for a block inside at tier 3, and blocks the one connection meanwhile, beyond the minute of a denial."""
    edited(bench, INSIDE, HELD_ON)
    ends = {"source": Endpoint(ip="10.20.16.127"), "destination": Endpoint(ip="10.20.16.114", port=445)}
    return beacon.model_copy(update=ends)


async def asked_anew(bench: Bench, lateral: Finding) -> tuple[Request, Request, Request]:
    """The block that anna denied, the narrow one that holds meanwhile, and what a later finding asks for."""
    incident = await bench.feed(lateral)
    asked, narrow = bench.requests(incident, BLOCK)
    assert (narrow.state, narrow.interim_for, narrow.params["port"]) == (RequestState.HELD, asked.id, 445)
    await denied(bench, asked)
    await bench.feed(later(lateral, bench, 1))
    again = bench.requests(incident, BLOCK)[-1]
    assert again.id not in (asked.id, narrow.id)
    return asked, narrow, again


async def test_what_holds_meanwhile_is_no_answer_to_a_later_finding(bench: Bench, lateral: Finding) -> None:
    asked, narrow, again = await asked_anew(bench, lateral)
    assert (again.state, again.interim_for, again.params) == (RequestState.AWAITING_APPROVAL, None, asked.params)
    assert again.denied[0].startswith(f"{asked.id} was denied by anna")
    assert bench.request(narrow.id).state is RequestState.HELD


async def test_nor_is_it_once_people_have_it_last_longer(bench: Bench, lateral: Finding) -> None:
    incident = await bench.feed(lateral)
    asked, narrow = bench.requests(incident, BLOCK)
    await denied(bench, asked)
    extension = await longer(bench, bench.request(narrow.id))
    await bench.vote(extension.id, "samir")
    await bench.respond(incident)
    assert bench.request(extension.id).state is RequestState.HELD
    await bench.feed(later(lateral, bench, 1))
    again = bench.requests(incident, BLOCK)[-1]
    assert (again.state, again.params, len(again.denied)) == (RequestState.AWAITING_APPROVAL, asked.params, 1)


async def test_what_is_approved_after_a_denial_takes_the_place_of_what_held_meanwhile(
    bench: Bench, lateral: Finding
) -> None:
    asked, narrow, again = await asked_anew(bench, lateral)
    await bench.vote(again.id, "samir")
    await bench.respond(again.incident_id)
    states = {one.id: one.state for one in bench.requests(again.incident_id, BLOCK)}
    assert states == {
        asked.id: RequestState.REJECTED, narrow.id: RequestState.ENDED, again.id: RequestState.HELD,
    }  # fmt: skip
    [lease] = bench.read(lambda tx: tx.leases.live())
    assert (lease.params, await bench.standing()) == (again.params, [BLOCK])


async def test_what_holds_meanwhile_is_held_on_for_the_later_question_after_an_outage_too(
    bench: Bench, lateral: Finding
) -> None:
    _, narrow, again = await asked_anew(bench, lateral)
    assert again.deadline is not None
    await bench.later(again.deadline - bench.now)
    await bench.respond(again.incident_id)
    assert bench.request(again.id).state is RequestState.EXPIRED
    share = bench.read(lambda tx: tx.holders.get(narrow.id))
    assert share is not None
    await bench.later(share.expires_at - bench.now + timedelta(seconds=2))
    order = await bench.write(lambda tx: drain(tx, bench.desk, narrow.connector, (), bench.now))
    await bench.settle(again.incident_id)
    assert (order.works, bench.request(narrow.id).state, await bench.standing()) == ((), RequestState.HELD, [BLOCK])


async def test_what_would_prolong_it_was_not_denied(bench: Bench, lateral: Finding) -> None:
    _, _, again = await asked_anew(bench, lateral)
    await bench.vote(again.id, "samir")
    await bench.respond(again.incident_id)
    asked = await longer(bench, bench.request(again.id))
    assert (asked.extends, asked.denied) == (again.id, ())
