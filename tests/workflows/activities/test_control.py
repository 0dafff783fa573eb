"""A lease's step while the database takes nothing."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from console.clock import now
from engine.errors import StoreUnavailable
from engine.ledger.spool import Spool
from engine.model.execution import Release
from engine.model.lease import Lease
from engine.model.orders import AdvanceLease
from tests.bench import DATABASE, Bench, on_bench
from workflows.activities import control
from workflows.activities.control import ControlActivities

LENGTH = timedelta(minutes=5)


@pytest.fixture
async def bench(home: Path) -> AsyncIterator[Bench]:
    """An engine whose clock stands until it is moved."""
    with on_bench(home, now()) as made:
        await made.later(timedelta(0))
        yield made


@pytest.fixture
async def lease(bench: Bench) -> Lease:
    """A block for five minutes."""
    request = await bench.ask(lease=LENGTH)
    await bench.respond(request.incident_id)
    return bench.read(lambda tx: tx.leases.live())[0]


@pytest.fixture
def locked(bench: Bench, lease: Lease, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody else holds the database, for longer than a release waits."""
    monkeypatch.setattr(control, "WRITE_WITHIN_S", 0.1)
    with closing(sqlite3.connect(bench.settings.home / DATABASE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.fixture
def activities(bench: Bench, tmp_path: Path) -> ControlActivities:
    """What a lease's workflow asks."""
    return ControlActivities(bench.store, bench.desks, Spool(tmp_path / "spool"), lambda: bench.now)


@pytest.mark.usefixtures("locked")
async def test_a_step_that_was_asked_for_before_the_end_releases_once_it_has_come(
    bench: Bench, lease: Lease, activities: ControlActivities
) -> None:
    step = AdvanceLease(lease_key=lease.key, key="step", now=bench.now, outcome=None)
    with pytest.raises((StoreUnavailable, TimeoutError)):
        await activities.advance_lease(step)
    bench.now += LENGTH
    assert isinstance((await activities.advance_lease(step)).command, Release)
