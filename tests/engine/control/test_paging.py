"""Pages: one a cause, again until somebody has seen it, over when the cause is; and one place that makes them."""

import ast
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import engine
from engine.control.acknowledging import BACK_AFTER, acknowledge
from engine.control.freezing import freeze, unfreeze
from engine.control.paging import Cause, page, pause, repeat
from engine.control.settling import settle
from engine.errors import Denied, NotFound
from engine.model.lease import LeaseState
from engine.model.page import Event, Message, Page, PageKind, PageState
from tests.bench import Bench

MINUTE = timedelta(minutes=1)
LATE = Cause(PageKind.EXPIRED, "AR-0001", "request/AR-0001", "AR-0001 expired unanswered")
FROZEN = Cause(PageKind.FREEZE, "global", "freeze", "frozen by anna")


async def paged(bench: Bench, cause: Cause = LATE) -> Page:
    return await bench.write(lambda tx: page(tx, cause, bench.now))


async def seen(bench: Bench, page_id: str = "PG-0001", by: str = "anna") -> Page:
    return await bench.write(lambda tx: acknowledge(tx, bench.person(by), page_id, bench.now))


def messages(bench: Bench) -> list[Message]:
    return [*bench.read(lambda tx: tx.messages.waiting(100))]


def events(bench: Bench) -> list[Event]:
    return [message.event for message in messages(bench)]


def standing(bench: Bench) -> list[Page]:
    return [*bench.read(lambda tx: tx.pages.standing())]


async def test_page_entry_and_message_are_written_together(bench: Bench) -> None:
    first = await paged(bench)
    [entry], [opened], [message] = bench.entries("page"), bench.entries("page.open"), messages(bench)
    assert (entry.subject, entry.body["text"], entry.body["page"]) == (LATE.subject, LATE.text, first.id)
    assert (opened.subject, message.event, message.about, message.title) == (
        f"page/{first.id}", Event.TRIGGER, first.id, LATE.text,
    )  # fmt: skip


async def test_what_is_rolled_back_pages_nobody(bench: Bench) -> None:
    def fails(tx: object) -> None:
        page(tx, LATE, bench.now)  # type: ignore[arg-type]
        raise Denied("not after all")

    with pytest.raises(Denied):
        await bench.write(fails)
    assert (standing(bench), messages(bench), bench.entries("page")) == ([], [], [])


async def test_the_same_cause_again_is_no_second_page_but_stands_in_the_ledger(bench: Bench) -> None:
    await paged(bench)
    again = await paged(bench)
    assert (again.id, again.times) == ("PG-0001", 2)
    assert (len(standing(bench)), events(bench), len(bench.entries("page"))) == (1, [Event.TRIGGER], 2)


async def test_a_cause_that_reads_otherwise_goes_out_once_more(bench: Bench) -> None:
    await paged(bench)
    await paged(bench, replace(LATE, text="and worse"))
    assert [message.title for message in messages(bench)] == [LATE.text, "and worse"]


@pytest.mark.parametrize(("times", "minutes"), [(1, 5), (2, 10), (3, 20), (4, 40), (5, 60), (500, 60)])
def test_pauses_grow_up_to_an_hour(times: int, minutes: int) -> None:
    assert pause(times) == minutes * MINUTE


async def test_it_goes_out_again_until_somebody_has_seen_it(bench: Bench) -> None:
    await paged(bench)
    rounds = []
    for after in (4, 1, 9, 1, 20):
        bench.now += after * MINUTE
        rounds.append([one.round for one in await bench.write(lambda tx: repeat(tx, bench.now))])
    await seen(bench)
    bench.now += timedelta(days=1)
    assert await bench.write(lambda tx: repeat(tx, bench.now)) == []
    assert (rounds, [one.round for one in messages(bench)]) == ([[], [1], [], [2], [3]], [0, 1, 2, 3, 3])


async def test_what_does_not_last_is_over_once_it_was_seen(bench: Bench) -> None:
    await paged(bench)
    assert (await seen(bench)).state is PageState.RESOLVED
    assert events(bench) == [Event.TRIGGER, Event.RESOLVE]
    assert [(entry.actor, entry.body) for entry in bench.entries("page.resolved")] == [("anna", {"by": "anna"})]


async def test_what_goes_on_comes_back_hours_after_it_was_seen(bench: Bench) -> None:
    await paged(bench, FROZEN)
    assert (await seen(bench)).state is PageState.ACKNOWLEDGED
    bench.now += BACK_AFTER - MINUTE
    assert await bench.write(lambda tx: repeat(tx, bench.now)) == []
    bench.now += MINUTE
    [back] = await bench.write(lambda tx: repeat(tx, bench.now))
    assert (back.state, back.acknowledged_by, back.round) == (PageState.OPEN, "", 0)
    assert events(bench) == [Event.TRIGGER, Event.ACKNOWLEDGE, Event.TRIGGER]


@pytest.mark.parametrize(
    ("by", "page_id", "error", "said"),
    [
        ("siem-bot", "PG-0001", Denied, "is a bot"),
        ("anna", "PG-0009", NotFound, "there is no page `PG-0009`"),
    ],
)
async def test_who_may_not_and_what_is_not_there(
    bench: Bench, by: str, page_id: str, error: type[Denied], said: str
) -> None:
    await paged(bench)
    with pytest.raises(error, match=said):
        await seen(bench, page_id, by)
    assert [one.state for one in standing(bench)] == [PageState.OPEN]


async def test_nobody_takes_on_what_another_has(bench: Bench) -> None:
    await paged(bench, FROZEN)
    await seen(bench)
    with pytest.raises(Denied, match="PG-0001 is acknowledged by `anna`"):
        await seen(bench, by="tom")


async def test_after_it_was_resolved_the_cause_has_a_new_page(bench: Bench) -> None:
    await paged(bench)
    await seen(bench)
    assert (await paged(bench)).id == "PG-0002"


async def test_a_freeze_pages_until_it_is_lifted(bench: Bench) -> None:
    await bench.write(lambda tx: freeze(tx, bench.desk, bench.person("anna"), "global", "odd", None, bench.now))
    assert await bench.write(lambda tx: settle(tx, bench.now)) == []
    await bench.write(lambda tx: unfreeze(tx, bench.person("tom"), "global", "over", bench.now))
    [over] = await bench.write(lambda tx: settle(tx, bench.now))
    assert (over.kind, over.state, standing(bench)) == (PageKind.FREEZE, PageState.RESOLVED, [])


async def test_a_stuck_release_pages_until_it_is_released(bench: Bench) -> None:
    request = await bench.ask()
    await bench.respond(request.incident_id)
    [lease] = bench.read(lambda tx: tx.leases.live())
    stuck = lease.model_copy(update={"state": LeaseState.STUCK})
    await bench.write(lambda tx: tx.leases.save(stuck, before=lease.state))
    await paged(bench, Cause(PageKind.STUCK_RELEASE, lease.id, f"lease/{lease.id}", "stuck"))
    assert await bench.write(lambda tx: settle(tx, bench.now)) == []
    await bench.write(
        lambda tx: tx.leases.save(stuck.model_copy(update={"state": LeaseState.RELEASED}), before=stuck.state)
    )
    assert [one.about for one in await bench.write(lambda tx: settle(tx, bench.now))] == [f"stuck-release/{lease.id}"]


def test_every_page_goes_through_the_one_place() -> None:
    root = Path(engine.__path__[0])
    makers = [
        path.name
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "note" and ast.unparse(node.args[2]) == "'page'"
    ]
    assert makers == ["paging.py"]
