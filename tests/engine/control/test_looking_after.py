"""What is overdue is seen to by the connector's watch, be it only one."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import pytest

from console.beside import look_after
from console.cli.simulation import SITE
from engine.control.watch import reconcile
from engine.model.incident import Incident, IncidentState
from tests.bench import Bench
from tests.patience import PATIENCE_S


def open_incidents(bench: Bench) -> Sequence[Incident]:
    return bench.read(lambda tx: tx.incidents.all(IncidentState.OPEN))


async def nothing_pending(bench: Bench) -> None:
    await bench.write(lambda tx: tx.outbox.delivered([row.id for row in tx.outbox.pending(100)]))


def subjects(bench: Bench) -> set[str]:
    return {row.subject for row in bench.read(lambda tx: tx.outbox.pending(100))}


@contextmanager
def looked_after(bench: Bench) -> Iterator[None]:
    looking = asyncio.create_task(look_after(bench.store, (SITE,), lambda: bench.now))
    try:
        yield
    finally:
        looking.cancel()


def woken(bench: Bench) -> list[str]:
    return [row.workflow_id for row in bench.read(lambda tx: tx.outbox.pending(100)) if row.workflow == "Watch"]


async def held(bench: Bench) -> int:
    """One effect in force; how many times the watch has been woken by then."""
    request = await bench.ask()
    await bench.respond(request.incident_id)
    return len(woken(bench))


async def test_a_single_effect_that_is_overdue_wakes_the_watch(bench: Bench) -> None:
    before = await held(bench)
    await bench.later(timedelta(days=3))
    with looked_after(bench):
        async with asyncio.timeout(PATIENCE_S):
            while len(woken(bench)) == before:
                await asyncio.sleep(0.01)
    assert woken(bench)[before] == f"watch/{SITE}"


@pytest.mark.parametrize(("before_its_end", "is_urgent"), [(timedelta(seconds=30), True), (timedelta(hours=1), False)])
async def test_what_cannot_wait_is_looked_at_before_everything_else(
    bench: Bench, before_its_end: timedelta, is_urgent: bool
) -> None:
    await held(bench)
    await nothing_pending(bench)
    lease = bench.read(lambda tx: tx.leases.all())[-1]
    assert lease.expires_at is not None
    at = lease.expires_at - before_its_end
    rest = await bench.write(lambda tx: reconcile(tx, at))
    assert (lease.key in subjects(bench), lease.key in {nudge.subject for nudge in rest}) == (is_urgent, not is_urgent)
    assert {one.id for one in open_incidents(bench)} <= {nudge.subject for nudge in rest}


async def test_the_rest_is_looked_at_by_and_by(bench: Bench) -> None:
    await held(bench)
    await nothing_pending(bench)
    with looked_after(bench):
        async with asyncio.timeout(PATIENCE_S):
            while not {one.id for one in open_incidents(bench)} <= subjects(bench):
                await asyncio.sleep(0.01)


async def test_what_is_not_due_wakes_nobody(bench: Bench) -> None:
    before = await held(bench)
    pending = len(bench.read(lambda tx: tx.outbox.pending(100)))
    with looked_after(bench):
        async with asyncio.timeout(PATIENCE_S):
            while len(bench.read(lambda tx: tx.outbox.pending(100))) == pending:
                await asyncio.sleep(0.01)
    assert len(woken(bench)) == before
