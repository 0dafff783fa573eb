"""Pages at their doors, and how the state of everything shows them."""

from engine.control.paging import Cause, page
from engine.model.lease import LeaseState
from engine.model.page import PageKind
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
