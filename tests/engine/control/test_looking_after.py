"""What is overdue is seen to by the connector's watch, be it only one."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from console.beside import look_after
from console.cli.simulation import SITE
from tests.bench import Bench


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
        async with asyncio.timeout(20):
            while len(woken(bench)) == before:
                await asyncio.sleep(0.01)
    assert woken(bench)[before] == f"watch/{SITE}"


async def test_what_is_not_due_wakes_nobody(bench: Bench) -> None:
    before = await held(bench)
    pending = len(bench.read(lambda tx: tx.outbox.pending(100)))
    with looked_after(bench):
        async with asyncio.timeout(20):
            while len(bench.read(lambda tx: tx.outbox.pending(100))) == pending:
                await asyncio.sleep(0.01)
    assert len(woken(bench)) == before
