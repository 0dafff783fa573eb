"""A release into a changed world: our own goes at once, the rest is asked about, and done as people say."""

from datetime import timedelta

import pytest

from actions.simulators.faults import ANY_ACTION, FaultKind
from console.cli.simulation import SITE
from console.rounds import one_round
from engine.control.absorb import PAGE_AFTER
from engine.control.doors import release_lease
from engine.control.drain import drain
from engine.control.lease import LeasePath
from engine.control.moves import key_of
from engine.control.restoring import ANSWER_WITHIN
from engine.control.tasks import answer_task
from engine.errors import Denied, InvalidInput
from engine.lifecycle import is_final
from engine.model.execution import Hold, Release
from engine.model.lease import Lease
from engine.model.request import Request
from engine.model.task import Task
from engine.model.watch import Released
from tests.bench import Bench

DOMAIN, SETTING = "cdn.evil.example", "answer"
BEFORE, MEANWHILE, SINCE = "203.0.113.80", "192.0.2.1", "192.0.2.2"


async def in_force(bench: Bench) -> Request:
    """A domain that the resolver answered by itself has no answer any more."""
    bench.site.others.set(DOMAIN, SETTING, BEFORE)
    request = await bench.ask(action="dns.sinkhole", target=DOMAIN)
    await bench.respond(request.incident_id)
    assert await bench.site.resolver.answer(DOMAIN) == "no answer"
    return request


async def released(bench: Bench, request: Request) -> Lease:
    anna, now = bench.person("anna"), bench.now
    [holder] = bench.read(lambda tx: [tx.holders.get(request.id)])
    assert holder is not None
    await bench.write(lambda tx: release_lease(tx, anna, holder.lease_id, "looked at", now))
    await bench.carry(key_of(request))
    return lease(bench, request)


def lease(bench: Bench, request: Request) -> Lease:
    found = bench.read(lambda tx: tx.leases.latest(key_of(request)))
    assert found is not None
    return found


async def left_changed(bench: Bench) -> Request:
    """Released after somebody gave the setting another value."""
    request = await in_force(bench)
    bench.site.others.set(DOMAIN, SETTING, MEANWHILE)
    await released(bench, request)
    return request


def tasks(bench: Bench) -> list[Task]:
    return [task for task in bench.read(lambda tx: tx.tasks.all()) if task.lease]


async def answer(bench: Bench, said: str, by: str = "tom") -> Task:
    [task] = [task for task in tasks(bench) if not is_final(task.state)]
    person, now = bench.person(by), bench.now
    return await bench.write(lambda tx: answer_task(tx, bench.desk, person, task.id, {SETTING: said}, now))


def pages(bench: Bench) -> list[str]:
    return [str(page.state) for page in bench.read(lambda tx: tx.pages.all()) if page.kind == "world-changed"]


async def test_what_is_as_we_left_it_is_given_back_and_nobody_asked(bench: Bench) -> None:
    over = await released(bench, await in_force(bench))
    assert (over.state, await bench.site.resolver.answer(DOMAIN)) == ("released", BEFORE)
    assert (tasks(bench), pages(bench)) == ([], [])
    [entry] = bench.entries("lease.restored")
    assert entry.body == {"settings": {SETTING: BEFORE}}


async def test_into_a_changed_world_our_own_goes_at_once_and_people_are_asked(bench: Bench) -> None:
    request = await left_changed(bench)
    assert (lease(bench, request).state, await bench.standing()) == ("released", [])
    assert is_final(bench.request(request.id).state)
    assert await bench.site.resolver.answer(DOMAIN) == MEANWHILE
    [task] = tasks(bench)
    assert (task.incident_id, task.about["target"]) == (request.incident_id, DOMAIN)
    assert task.questions[0].text == f"answer: was `{BEFORE}`, left as `no answer`, is now `{MEANWHILE}`"
    [entry] = bench.entries("lease.world_changed")
    changed = {"setting": SETTING, "was": BEFORE, "left": "no answer", "now": MEANWHILE, "refused": "", "beyond": ""}
    assert entry.body == {"changed": [changed]}
    assert pages(bench) == ["open"]


@pytest.mark.parametrize(("said", "stands"), [("restore", BEFORE), ("leave", MEANWHILE)])
async def test_it_is_done_as_people_say_and_their_page_is_over(bench: Bench, said: str, stands: str) -> None:
    request = await left_changed(bench)
    await answer(bench, said)
    await bench.carry(key_of(request))
    await one_round(bench.store, bench.desks, bench.now)
    assert await bench.site.resolver.answer(DOMAIN) == stands
    assert (pages(bench), lease(bench, request).agreed) == (["resolved"], ())


async def test_what_people_agreed_to_is_done_once_however_often_the_answer_is_lost(bench: Bench) -> None:
    request = await left_changed(bench)
    await answer(bench, "restore")
    for _ in range(3):
        order = await bench.write(lambda tx: LeasePath(tx, bench.desk, key_of(request), bench.now).advance(None))
        assert isinstance(order.command, Release)
        assert order.command.work.owner == lease(bench, request).owner
        await bench.parts.hands[SITE].release(order.command.work)
    await bench.carry(key_of(request))
    changes = [event for event in bench.site.history() if event.op == "set"]
    assert [event.details["value"] for event in changes] == [BEFORE, MEANWHILE, BEFORE]
    assert lease(bench, request).changed == ()


async def test_what_is_agreed_is_not_forgotten_where_temporal_forgot_it(bench: Bench) -> None:
    request = await left_changed(bench)
    await answer(bench, "restore")
    told = bench.read(lambda tx: tx.outbox.pending(100))
    await bench.write(lambda tx: tx.outbox.delivered([row.id for row in told]))
    await one_round(bench.store, bench.desks, bench.now)
    assert key_of(request) in [row.subject for row in bench.read(lambda tx: tx.outbox.pending(100))]


async def test_a_target_that_is_away_is_tried_until_it_answers(bench: Bench) -> None:
    request = await left_changed(bench)
    await answer(bench, "restore")
    bench.site.faults.switch_on(FaultKind.UNREACHABLE, ANY_ACTION)
    for _ in range(PAGE_AFTER):
        command = await bench.carry(key_of(request))
        assert isinstance(command, Hold)
        await bench.later(command.until - bench.now)
    [page] = [page for page in bench.read(lambda tx: tx.pages.all()) if page.kind == "world-changed"]
    assert "displaced cannot be given back" in page.text
    bench.site.faults.clear()
    await bench.carry(key_of(request))
    assert await bench.site.resolver.answer(DOMAIN) == BEFORE


async def test_the_first_release_keeps_what_a_later_effect_displaces_for_the_end_of_that(bench: Bench) -> None:
    request = await in_force(bench)
    first = lease(bench, request)
    assert first.snapshot is not None
    wider = {"id": "L-9999", "key": f"{first.key}/wider", "owner": "fl-wider"}
    after = first.snapshot.model_copy(update={"displaced": {SETTING: "no answer"}})
    later = first.model_copy(update={**wider, "snapshot": after, "active_at": bench.now})
    await bench.write(lambda tx: tx.leases.insert(later))
    await released(bench, request)
    assert await bench.site.resolver.answer(DOMAIN) == "no answer"
    heir = bench.read(lambda tx: tx.leases.get("L-9999"))
    assert heir is not None
    assert heir.snapshot == first.snapshot
    assert tasks(bench) == []


async def test_what_changed_since_people_looked_is_asked_again(bench: Bench) -> None:
    request = await left_changed(bench)
    await answer(bench, "restore")
    bench.site.others.set(DOMAIN, SETTING, SINCE)
    await bench.carry(key_of(request))
    assert await bench.site.resolver.answer(DOMAIN) == SINCE
    first, second = tasks(bench)
    assert (first.state, second.state) == ("answered", "open")
    assert f"is now `{SINCE}`" in second.questions[0].text


async def test_two_that_tell_of_one_release_ask_once(bench: Bench) -> None:
    request = await in_force(bench)
    bench.site.others.set(DOMAIN, SETTING, MEANWHILE)
    await bench.later(timedelta(days=1))
    order = await bench.write(lambda tx: drain(tx, bench.desk, SITE, (), bench.now))
    outcomes = [await bench.parts.hands[SITE].release(work) for work in order.works for _ in range(2)]
    told = [Released(owner=lease(bench, request).owner, outcome=outcome) for outcome in outcomes]
    await bench.write(lambda tx: drain(tx, bench.desk, SITE, told, bench.now))
    assert (lease(bench, request).state, len(tasks(bench))) == ("released", 1)


async def test_what_somebody_changes_after_the_release_is_no_question(bench: Bench) -> None:
    request = await in_force(bench)
    await bench.later(timedelta(days=1))
    order = await bench.write(lambda tx: drain(tx, bench.desk, SITE, (), bench.now))
    await bench.later(timedelta(minutes=1))
    await bench.carry(key_of(request))
    bench.site.others.set(DOMAIN, SETTING, SINCE)
    outcomes = [await bench.parts.hands[SITE].release(work) for work in order.works]
    told = [Released(owner=lease(bench, request).owner, outcome=outcome) for outcome in outcomes]
    await bench.write(lambda tx: drain(tx, bench.desk, SITE, told, bench.now))
    assert (outcomes[0].changed[0].now, tasks(bench)) == (SINCE, [])


async def test_nobody_has_to_answer(bench: Bench) -> None:
    await left_changed(bench)
    await bench.later(ANSWER_WITHIN)
    await one_round(bench.store, bench.desks, bench.now)
    assert [task.state for task in tasks(bench)] == ["expired"]
    assert await bench.site.resolver.answer(DOMAIN) == MEANWHILE


async def test_the_next_generation_takes_over_and_the_question_is_withdrawn(bench: Bench) -> None:
    request = await left_changed(bench)
    await answer(bench, "restore")
    again = await bench.ask("anna", action="dns.sinkhole", target=DOMAIN)
    await bench.respond(again.incident_id)
    over = await released(bench, again)
    assert (over.generation, over.state, key_of(again)) == (2, "released", key_of(request))
    assert await bench.site.resolver.answer(DOMAIN) == MEANWHILE
    assert len(bench.entries("lease.restore_dropped")) == 1


async def test_a_question_nobody_answered_is_withdrawn_by_the_next_generation(bench: Bench) -> None:
    await left_changed(bench)
    again = await bench.ask("anna", action="dns.sinkhole", target=DOMAIN)
    await bench.respond(again.incident_id)
    assert [task.state for task in tasks(bench)] == ["withdrawn"]


async def test_only_what_is_asked_is_answered_and_not_by_anybody(bench: Bench) -> None:
    await left_changed(bench)
    with pytest.raises(InvalidInput, match="is answered by one of: restore, leave"):
        await answer(bench, "forensics")
    with pytest.raises(Denied, match="is a bot"):
        await answer(bench, "leave", by="siem-bot")


async def without_snapshot(bench: Bench, request: Request) -> None:
    """As after a worker that died over the execution."""
    seen = lease(bench, request)
    await bench.write(lambda tx: tx.leases.save(seen.model_copy(update={"snapshot": None}), before=seen.state))


async def test_without_its_snapshot_the_word_of_the_target_is_taken(bench: Bench) -> None:
    request = await in_force(bench)
    await without_snapshot(bench, request)
    await released(bench, request)
    assert (tasks(bench), await bench.site.resolver.answer(DOMAIN)) == ([], BEFORE)


async def test_without_its_snapshot_and_element_people_are_told_what_nobody_knows(bench: Bench) -> None:
    request = await in_force(bench)
    await without_snapshot(bench, request)
    bench.site.others.lift(lease(bench, request).owner)
    await released(bench, request)
    [task] = tasks(bench)
    assert (task.questions[0].choices, await bench.site.resolver.answer(DOMAIN)) == (("leave",), "no answer")
    assert pages(bench) == ["open"]
