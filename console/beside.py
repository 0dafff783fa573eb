"""What runs beside the engine's doors and workers: sealing, taking in late releases, counting strangers, measuring."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

from console.outgoing.reading import next_entries
from console.strangers import Knocks, Strangers, record
from engine.control.drain import overdue
from engine.control.forwarding import behind
from engine.control.spooled import take_in_spool
from engine.control.watch import Nudge, look_again, reconcile, wake
from engine.errors import InvalidInput, ServiceAway, StoreUnavailable
from engine.ledger.spool import Spool
from engine.measures import Measures
from engine.store.store import Sealer, Store
from engine.store.tx import Tx

LOG = logging.getLogger("fireline")
Clock = Callable[[], datetime]
LATE_EVERY_S = 5.0
AGAIN_S = 5.0
KNOCKS_EVERY_S = 15.0
MEASURE_EVERY_S = 1.0
FORGET_EVERY_S = 3600.0
RECONCILE_EVERY = timedelta(hours=1)
OVERDUE_LOOK_S = 1.0
MANY_OVERDUE = 10
PORTION = 20
"""Workflows that are woken a second, of those that can wait."""
DRAIN_PATIENCE = timedelta(seconds=5)
STEPS_KEPT = timedelta(days=2)
"""A step's result is asked for again while its workflow task is retried, which takes seconds."""


@asynccontextmanager
async def beside(work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """Run `work` beside the block; where it fails, the block's task is cancelled and its error raised."""
    block = asyncio.current_task()
    assert block is not None
    task = asyncio.create_task(work)
    task.add_done_callback(lambda done: None if done.cancelled() else block.cancel())
    try:
        yield
    except asyncio.CancelledError:
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            raise error from None
        raise
    finally:
        task.cancel()
        # Whatever it still says was raised above, or nobody waits for it any more.
        await asyncio.wait([task])


async def unending(work: Callable[[], Coroutine[object, object, None]]) -> None:
    """Do it until cancelled, and again where it ends: whatever others send, the engine goes on."""
    while True:
        [error] = await asyncio.gather(work(), return_exceptions=True)
        LOG.error("what serves a room or another system ended, and is begun again: %r", error, exc_info=error)
        await asyncio.sleep(AGAIN_S)


async def seal(store: Store, sealer: Sealer, every: timedelta, clock: Clock) -> None:
    """Sign a checkpoint whenever the ledger has grown, and copy it out."""
    while True:
        await asyncio.sleep(every.total_seconds())
        try:
            await store.seal(sealer, clock())
        except ServiceAway as error:
            # Both are tried again with the next one; the engine goes on, for effects have to end.
            LOG.warning("%s", error)


async def take_in(store: Store, spool: Spool, clock: Clock) -> None:
    """Bring late releases into the ledger as soon as it can be written again."""
    while True:
        try:
            await take_in_spool(store, spool, clock())
        except (StoreUnavailable, InvalidInput) as error:
            # A damaged line waits for somebody to look at the file; effects have to end meanwhile.
            LOG.warning("late releases wait: %s", error)
        await asyncio.sleep(LATE_EVERY_S)


async def forget_steps(store: Store, clock: Clock) -> None:
    """Drop results of workflow steps that no retry can ask for any more."""
    while True:
        with suppress(StoreUnavailable):
            before = clock() - STEPS_KEPT
            await store.write(lambda tx, before=before: tx.steps.forget(before))  # type: ignore[misc]
        await asyncio.sleep(FORGET_EVERY_S)


async def look_after(store: Store, connectors: tuple[str, ...], clock: Clock) -> None:
    """Have what is overdue released many at once, and everything under way looked at in case its workflow was lost.

    A single one too: the worker, or the server, that had its release may have died over it. Where much is overdue the
    second waits: to wake each of those as well would only be in the way of the first.
    """
    due, rest = clock(), list[Nudge]()
    while True:
        with suppress(StoreUnavailable):
            now = clock()
            late = await store.read(lambda tx, now=now: overdue(tx, now))  # type: ignore[misc]
            if late:
                await store.write(lambda tx: look_again(tx, connectors))
            if now >= due + (DRAIN_PATIENCE if late >= MANY_OVERDUE else timedelta(0)):
                rest = await store.write(lambda tx, now=now: reconcile(tx, now))  # type: ignore[misc]
                due = now + RECONCILE_EVERY
            elif rest:
                portion, rest = rest[:PORTION], rest[PORTION:]
                await store.write(lambda tx, portion=portion: wake(tx, portion))  # type: ignore[misc]
        await asyncio.sleep(OVERDUE_LOOK_S)


async def count_strangers(store: Store, strangers: Strangers, clock: Clock) -> None:
    """Record, minute by minute, who knocked without a valid token."""
    while True:
        await asyncio.sleep(KNOCKS_EVERY_S)
        with suppress(StoreUnavailable):
            await tell_strangers(store, strangers.take(clock()), clock())


async def tell_strangers(store: Store, knocks: list[Knocks], now: datetime) -> None:
    """Record these; nothing is written where nobody knocked."""

    def work(tx: Tx) -> None:
        record(tx, knocks, now)

    if knocks:
        await store.write(work)


async def measure(store: Store, measures: Measures, receivers: Sequence[str] = ()) -> None:
    """Have operators see in numbers what the ledger says happened, and how far `receivers` of events have come."""
    last: int | None = None
    while True:
        with suppress(StoreUnavailable):
            if last is None:
                # What stands in it already was counted when it happened.
                last = await store.read(lambda tx: tx.read_until.newest())
            last = await asyncio.to_thread(_take, store, last, measures)
            measures.standing(await store.read(lambda tx: [lease.state for lease in tx.leases.live()]))
            measures.behind(await store.read(lambda tx: {one: behind(tx.read_until, one) or 0 for one in receivers}))
        await asyncio.sleep(MEASURE_EVERY_S)


def _take(store: Store, after: int, measures: Measures) -> int:
    last = after
    while entries := next_entries(store, last):
        last = entries[-1].seq
        for entry in entries:
            measures.take(entry)
    return last
