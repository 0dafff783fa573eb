"""Releases while the database cannot be written: whatever is to end ends, and is tried until it has."""

from datetime import timedelta
from pathlib import Path

import pytest

from console.cli.simulation import SITE
from engine.control.doors import release_lease
from engine.control.late import PAUSE, release_without_ledger
from engine.control.lease import LeasePath
from engine.ledger.spool import Spool
from engine.model.execution import Command, Hold, Outcome, Release, Result
from engine.model.finding import Finding
from engine.model.lease import Lease
from engine.model.orders import AdvanceLease
from tests.bench import Bench
from tests.engine.control.test_again import under
from tests.engine.control.test_drift import paged
from tests.engine.control.test_interim import unanswered

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def lease(bench: Bench) -> Lease:
    """A block for five minutes."""
    request = await bench.ask(lease=5 * MINUTE)
    await bench.respond(request.incident_id)
    return bench.read(lambda tx: tx.leases.live())[0]


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """What is written while the database is away."""
    return Spool(tmp_path / "spool")


async def ordered(bench: Bench, lease: Lease) -> None:
    anna, now = bench.person("anna"), bench.now
    await bench.write(lambda tx: release_lease(tx, anna, lease.id, "it is ours", now))


def away(bench: Bench, lease: Lease, spool: Spool, result: Result | None = None) -> Command | None:
    """What the lease's workflow is told while the database is away."""
    outcome = None if result is None else Outcome(result=result, at=bench.now)
    step = AdvanceLease(lease_key=lease.key, key="step", now=bench.now, outcome=outcome)
    order = bench.read(lambda tx: release_without_ledger(tx, bench.desk, step, bench.now, spool))
    return None if order is None else order.command


def because(spool: Spool) -> list[object]:
    return [draft.body["because"] for draft in spool.drafts()]


async def test_what_somebody_holds_waits_for_the_database(bench: Bench, lease: Lease, spool: Spool) -> None:
    assert (away(bench, lease, spool), because(spool)) == (None, [])


async def test_what_is_due_is_released_and_its_entry_kept(bench: Bench, lease: Lease, spool: Spool) -> None:
    await bench.later(5 * MINUTE)
    assert isinstance(away(bench, lease, spool), Release)
    assert because(spool) == ["its time is up; the database was away"]


async def test_what_nobody_answered_is_held_on_only_where_that_can_be_written(
    bench: Bench, takeover: Finding, spool: Spool
) -> None:
    _, _, share = await unanswered(bench, takeover)
    lease = bench.read(lambda tx: tx.leases.get(share.lease_id))
    assert lease is not None
    assert away(bench, lease, spool) is None
    await bench.later(share.expires_at - bench.now)
    assert isinstance(away(bench, lease, spool), Release)


async def test_a_release_that_people_ordered_goes_ahead(bench: Bench, lease: Lease, spool: Spool) -> None:
    await ordered(bench, lease)
    assert isinstance(away(bench, lease, spool), Release)
    assert because(spool) == ["nobody holds it any more; the database was away"]


async def test_what_somebody_waits_to_share_is_not_ended_unasked(bench: Bench, lease: Lease, spool: Spool) -> None:
    await ordered(bench, lease)
    assert (await bench.ask("tom")).state == "authorised"
    assert away(bench, lease, spool) is None


async def test_a_release_that_failed_before_its_end_is_tried_again(bench: Bench, lease: Lease, spool: Spool) -> None:
    await ordered(bench, lease)
    await bench.write(lambda tx: LeasePath(tx, bench.desk, lease.key, bench.now).advance(None))
    assert away(bench, lease, spool, Result.RELEASE_FAILED) == Hold(until=bench.now + PAUSE)
    assert isinstance(away(bench, lease, spool), Release)
    assert because(spool) == ["its release had begun; the database was away"]
    assert away(bench, lease, spool, Result.RELEASED) is None


@pytest.mark.parametrize("drifted", ["re_apply", "surrender"])
async def test_who_joined_by_a_slow_write_has_it_put_back_after_a_release_that_went_ahead(
    bench: Bench, lease: Lease, spool: Spool, drifted: str
) -> None:
    under(bench, f"on_drift: {drifted}")
    await bench.later(5 * MINUTE)
    command = away(bench, lease, spool)
    assert isinstance(command, Release)
    joined = await bench.ask("tom", lease=5 * MINUTE)
    await bench.write(lambda tx: LeasePath(tx, bench.desk, lease.key, bench.now).advance(None))
    released = await bench.parts.hands[SITE].release(command.work)
    await bench.write(lambda tx: LeasePath(tx, bench.desk, lease.key, bench.now).advance(released))
    await bench.carry(lease.key)
    assert (bench.request(joined.id).state, await bench.standing()) == ("held", ["network.block_ip"])
    [told] = paged(bench)
    assert "released by us before it was heard that somebody holds it on; it is put back once" in told.text


@pytest.mark.parametrize("heard", [Result.VERIFIED, Result.ABSENT, Result.STALE, Result.PROBED, Result.UNPROBED])
async def test_what_was_heard_of_anything_but_a_release_holds_no_release_up(
    bench: Bench, lease: Lease, spool: Spool, heard: Result
) -> None:
    await bench.later(5 * MINUTE)
    assert isinstance(away(bench, lease, spool, heard), Release)


async def test_a_disk_on_which_nothing_can_be_kept_holds_no_release_up(
    bench: Bench, lease: Lease, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await bench.later(5 * MINUTE)
    assert isinstance(away(bench, lease, Spool(tmp_path / "gone" / "spool")), Release)
    [said] = caplog.messages
    assert said.startswith(f"lease/{lease.id} is released without a ledger entry, now or later: spool file")
