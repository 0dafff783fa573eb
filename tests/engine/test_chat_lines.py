"""Each thing that happens to a request has its line, and what nobody follows has none."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import JsonValue

from engine.chat_lines import BECAUSE, SAID, line_of
from engine.lifecycle import LEASE, REQUEST
from engine.model.entry import Entry

AT = datetime(2026, 11, 22, 3, 11, tzinfo=UTC)
REACHED = {to for row in REQUEST.values() for to in row}

BLOCK: JsonValue = {"action": "network.block_ip", "target": "evil.com", "until": "2026-11-22T04:11:00+00:00"}
MORE = "nothing more is done; network.block_ip on evil[.]com holds until 22 Nov 04:11:00 UTC"


def entry(kind: str, actor: str = "engine", **body: JsonValue) -> Entry:
    subject = "lease/L-0001" if kind.startswith("lease.") else "request/AR-0001"
    return Entry(seq=7, n=0, prev="", subject=subject, kind=kind, actor=actor, at=AT, body=body)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (entry("approval.asked", asked=["anna", "samir"]), "asked: anna, samir"),
        (entry("approval.escalated", asked=["anna"]), "time runs out, also asked: anna"),
        (
            entry("approval.escalated", asked=["anna", "tom"], gone=75, deadline="2026-11-22T04:14:45+01:00"),
            "75 % of the time is over, 3m45s left, decide by 22 Nov 03:14:45 UTC: asked now anna, tom",
        ),
        (entry("vote.cast", "anna", vote="approve", reason=""), "anna approves"),
        (entry("vote.cast", "anna", vote="approve", reason="briefly", lease_s=900.0), "anna approves for 15m: briefly"),
        (entry("vote.cast", "tom", vote="deny", reason="<!here> evil.com"), "tom DENIES: ‹!here› evil[.]com"),
        (
            entry("vote.struck", principal="anna", because="submitted this finding, so may not decide its action"),
            "the answer of anna counts no more: submitted this finding, so may not decide its action",
        ),
        (entry("request.authorised", approvers=["anna"]), "APPROVED by anna; checked again before it is done"),
        (
            entry("request.authorised", approvers=["anna"], lease_s=5),
            "APPROVED by anna for 5s; checked again before it is done",
        ),
        (entry("request.authorised"), "nobody vetoed: it is done"),
        (entry("request.blocked", stopped_by=["budget: spent"]), "BLOCKED AFTER APPROVAL, NOT DONE: budget: spent"),
        (entry("request.superseded", changed=["new warning: x"]), "void: asked again: new warning: x"),
        (entry("request.failed", because="no route"), "FAILED: no route"),
        (entry("request.rejected"), "denied: nothing is done"),
        (entry("request.expired"), "nobody answered in time: nothing is done"),
        (entry("request.expired", holding=[BLOCK]), f"nobody answered in time: {MORE}"),
        (entry("request.rejected", holding=[BLOCK]), f"denied: {MORE}"),
        (entry("lease.active"), "EXECUTED AND VERIFIED: L-0001 is in force"),
        (entry("lease.extended", until="2026-11-22T04:11:00+00:00"), "L-0001 extended until 22 Nov 04:11:00 UTC"),
        (entry("lease.held_on"), "L-0001 extended until a later time"),
        (entry("lease.stuck"), "RELEASE STUCK: L-0001 is tried again until it is over"),
        (entry("lease.decided_again"), None),
        (entry("request.requested"), None),
    ],
    ids=lambda value: value.kind if isinstance(value, Entry) else "",
)
def test_an_entry_and_its_line(said: Entry, line: str | None) -> None:
    assert line_of(said) == line


@pytest.mark.parametrize(
    "said", [entry("lease.extended", until=AT.isoformat()), entry("approval.escalated", deadline=AT.isoformat())]
)
def test_times_are_those_of_the_room_s_clock(said: Entry) -> None:
    assert "22 Nov 04:11:00 CET" in (line_of(said, ZoneInfo("Europe/Zurich")) or "")


def test_a_thread_tells_every_way_in_which_a_request_that_was_asked_goes_on() -> None:
    untold = {"denied", "observed", "queued", "awaiting_approval", "held", "ended"}
    assert {state for state in REACHED if line_of(entry(f"request.{state}")) is None} == untold


def test_a_thread_tells_every_state_of_a_lease_but_its_beginning() -> None:
    states = {*LEASE, *(to for row in LEASE.values() for to in row)}
    assert {state for state in states if line_of(entry(f"lease.{state}")) is None} == {"applying"}


def test_no_line_stands_for_what_never_happens() -> None:
    known = {f"request.{state}" for state in REACHED} | {f"lease.{state}" for state in (*LEASE, "failed", "released")}
    assert {*SAID, *BECAUSE} - known == {"request.cleared", "lease.surrendered"}
