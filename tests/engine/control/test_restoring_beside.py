"""What an effect displaced is not given back from under another such effect, however late it is released."""

from datetime import timedelta
from pathlib import Path

import pytest

from console.cli.simulation import SITE
from engine.control.commit import work
from engine.control.doors import release_lease
from engine.control.drain import drain
from engine.control.late import release_without_ledger
from engine.control.moves import key_of
from engine.control.restoring import take_in
from engine.ledger.spool import Spool
from engine.model.action import Snapshot
from engine.model.execution import Release
from engine.model.lease import Lease, LeaseState
from engine.model.orders import AdvanceLease
from engine.model.request import Request
from tests.bench import Bench

DOMAIN, SETTING, BEFORE, NOTHING = "cdn.evil.example", "answer", "203.0.113.80", "no answer"
HEIR = "L-9999"


@pytest.fixture
async def held(bench: Bench) -> Request:
    """A domain that the resolver answered by itself has no answer any more, for a minute."""
    bench.site.others.set(DOMAIN, SETTING, BEFORE)
    request = await bench.ask(action="dns.sinkhole", target=DOMAIN, lease=timedelta(minutes=1))
    await bench.respond(request.incident_id)
    return request


def lease_of(bench: Bench, request: Request) -> Lease:
    found = bench.read(lambda tx: tx.leases.latest(key_of(request)))
    assert found is not None
    return found


def heir(bench: Bench) -> Lease:
    found = bench.read(lambda tx: tx.leases.get(HEIR))
    assert found is not None
    return found


async def wider(bench: Bench, first: Lease, **changes: object) -> None:
    """A later effect of ours stands there beside the first, under a key of its own."""
    await bench.site.resolver.sinkhole(DOMAIN, "fl-wider")
    found = Snapshot(present=True, displaced={SETTING: NOTHING})
    own = {"id": HEIR, "key": f"{first.key}/wider", "owner": "fl-wider", "snapshot": found, "active_at": bench.now}
    await bench.write(lambda tx: tx.leases.insert(first.model_copy(update=own | changes)))


def asked(bench: Bench) -> int:
    return sum(bool(task.lease) for task in bench.read(lambda tx: tx.tasks.all()))


async def answer(bench: Bench) -> object:
    return await bench.site.resolver.answer(DOMAIN)


async def test_a_late_copy_of_a_release_gives_nothing_back_from_under_the_next_generation(
    bench: Bench, held: Request
) -> None:
    await bench.later(timedelta(days=1))
    order = await bench.write(lambda tx: drain(tx, bench.desk, SITE, (), bench.now))
    await bench.later(timedelta(seconds=4))
    await bench.carry(key_of(held))
    again = await bench.ask("anna", action="dns.sinkhole", target=DOMAIN)
    await bench.respond(again.incident_id)
    outcomes = [await bench.parts.hands[SITE].release(late) for late in order.works]
    assert [outcome.restored for outcome in outcomes] == [{}]
    assert (lease_of(bench, again).generation, await answer(bench)) == (2, NOTHING)


async def test_one_that_was_only_beginning_and_stands_already_inherits_what_the_first_displaced(
    bench: Bench, held: Request
) -> None:
    first = lease_of(bench, held)
    began = {"state": LeaseState.APPLYING, "snapshot": None, "active_at": None, "committed_at": bench.now}
    await wider(bench, first, **began)
    anna = bench.person("anna")
    await bench.write(lambda tx: release_lease(tx, anna, first.id, "looked at", bench.now))
    await bench.carry(first.key)
    assert (lease_of(bench, held).state, await answer(bench), asked(bench)) == ("released", NOTHING, 0)
    # What its own worker found does not replace what it inherited.
    found = await bench.parts.hands[SITE].inspect(work(heir(bench)))
    after = await bench.write(lambda tx: take_in(tx, bench.desk, heir(bench), found, bench.now))
    assert after.state == "active"
    assert after.snapshot is not None
    assert after.snapshot.displaced == {SETTING: BEFORE}


async def test_a_release_while_the_database_is_away_leaves_it_to_a_later_effect_too(
    bench: Bench, held: Request, tmp_path: Path
) -> None:
    first = lease_of(bench, held)
    await wider(bench, first)
    await bench.later(timedelta(minutes=2))
    step = AdvanceLease(lease_key=first.key, key="step", now=bench.now, outcome=None)
    spool = Spool(tmp_path / "late.jsonl")
    order = bench.read(lambda tx: release_without_ledger(tx, bench.desk, step, bench.now, spool))
    assert order is not None
    assert isinstance(order.command, Release)
    outcome = await bench.parts.hands[SITE].release(order.command.work)
    await bench.write(lambda tx: take_in(tx, bench.desk, first, outcome, bench.now))
    snapshot = heir(bench).snapshot
    assert snapshot is not None
    assert (await answer(bench), snapshot.displaced, asked(bench)) == (NOTHING, {SETTING: BEFORE}, 0)


async def test_beside_somebody_elses_people_are_asked(bench: Bench, held: Request) -> None:
    await bench.site.resolver.sinkhole(DOMAIN, "by hand")
    anna, first = bench.person("anna"), lease_of(bench, held)
    await bench.write(lambda tx: release_lease(tx, anna, first.id, "looked at", bench.now))
    await bench.carry(first.key)
    assert (lease_of(bench, held).state, await answer(bench), asked(bench)) == ("released", NOTHING, 1)
