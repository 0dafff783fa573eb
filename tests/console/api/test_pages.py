"""Pages at their doors, and how the state of everything shows them."""

from datetime import timedelta

import pytest

from engine.control.paging import Cause, page
from engine.model.context import FlowCoverage
from engine.model.lease import LeaseState
from engine.model.page import Attempt, PageKind
from engine.model.provenance import Source
from tests.bench import Bench
from tests.console.api.conftest import BOT, Api

FROZEN = Cause(PageKind.FREEZE, "global", "freeze", "frozen by anna")
LATE = Cause(PageKind.EXPIRED, "AR-0001", "request/AR-0001", "AR-0001 expired unanswered")


async def paged(bench: Bench) -> None:
    for cause in (FROZEN, LATE):
        await bench.write(lambda tx, cause=cause: page(tx, cause, bench.now))  # type: ignore[misc]


async def test_what_nobody_has_acknowledged_comes_first_and_what_is_over_only_when_asked_for(
    api: Api, bench: Bench
) -> None:
    await paged(bench)
    taken = await api.post("/pages/PG-0001/acknowledgement", {}, person="anna")
    assert (taken.json()["state"], taken.json()["acknowledged_by"]) == ("acknowledged", "anna")
    listed = (await api.get("/pages")).json()["pages"]
    assert [one["id"] for one in listed] == ["PG-0002", "PG-0001"]
    await api.post("/pages/PG-0002/acknowledgement", {}, person="anna")
    assert [one["id"] for one in (await api.get("/pages")).json()["pages"]] == ["PG-0001"]
    assert len((await api.get("/pages?all=true")).json()["pages"]) == 2


async def test_a_bot_takes_nothing_on_and_that_is_recorded(api: Api, bench: Bench) -> None:
    await paged(bench)
    refused = await api.post("/pages/PG-0001/acknowledgement", {}, token=BOT)
    assert (refused.status_code, len(bench.entries("door.refused"))) == (403, 1)


async def test_the_state_of_everything_shows_stuck_releases_first_and_pages_nobody_has_seen(
    api: Api, bench: Bench
) -> None:
    for target in ("203.0.113.7", "203.0.113.8"):
        await bench.respond((await bench.ask(target=target)).incident_id)
    troubled = zip(bench.read(lambda tx: tx.leases.live()), (LeaseState.DRIFTED, LeaseState.STUCK), strict=True)
    for lease, state in troubled:
        after = lease.model_copy(update={"state": state})
        await bench.write(lambda tx, after=after, before=lease.state: tx.leases.save(after, before))  # type: ignore[misc]
    await paged(bench)
    await api.post("/pages/PG-0001/acknowledgement", {}, person="anna")
    status = (await api.get("/status")).json()
    assert [one["state"] for one in status["stuck"]] == ["stuck", "drifted"]
    assert [one["id"] for one in status["pages"]] == ["PG-0002"]


async def test_the_state_of_everything_shows_what_no_channel_took(api: Api, bench: Bench) -> None:
    await paged(bench)
    first, second = bench.read(lambda tx: tx.messages.waiting(10))
    tried = Attempt(count=3, next_at=bench.now, because="connection refused")
    both = {"pager": tried, "desk": tried}
    for message, attempts in ((first, both), (second, {"pager": tried})):
        behind = message.model_copy(update={"tried": attempts, "sent": ("desk",)})
        await bench.write(lambda tx, behind=behind: tx.messages.save(behind))  # type: ignore[misc]
    since = first.made_at.isoformat()
    told = {"channel": "pager", "count": 2, "since": since, "because": "connection refused"}
    assert (await api.get("/status")).json()["undelivered"] == [told]


async def test_the_state_of_everything_shows_what_is_known_of_the_place_and_stale(
    api: Api, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = (await api.get("/status")).json()
    assert (status["stale_context"], status["stale_flows"]) == ([], [])
    old = Source(
        name="cmdb", format="csv", file="cmdb.csv", sha256="0" * 64, by="anna", at=bench.now,
        as_of=bench.now - timedelta(days=9), valid_for=timedelta(days=7),
    )  # fmt: skip
    context = type(bench.desk.context)
    monkeypatch.setattr(context, "sources", lambda self: (old, old.model_copy(update={"valid_for": None})))
    silent = FlowCoverage(days=15, recorded=0)
    monkeypatch.setattr(context, "flow_coverage", lambda self, since, until: silent)
    status = (await api.get("/status")).json()
    assert [(one["name"], one["file"]) for one in status["stale_context"]] == [("cmdb", "cmdb.csv")]
    assert status["stale_flows"] == [{"days": 15, "recorded": 0, "newest": None}]
