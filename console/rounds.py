"""A round a minute: how sources are, which reviews and proposals nobody answered, which freezes and pages end."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from engine.control.desk import Desk
from engine.control.freezing import tell_endings
from engine.control.governance import expire
from engine.control.paging import repeat
from engine.control.restoring import look_at_questions
from engine.control.review_queue import flag_overdue
from engine.control.settling import settle
from engine.control.sources import look_at_sources
from engine.errors import StoreUnavailable
from engine.store.store import Store
from engine.store.tx import Tx

ROUND_EVERY_S = 60.0
"""`engine.source_health.LOOKS` counts on this."""


async def go_round(store: Store, desk: Callable[[Tx], Desk], clock: Callable[[], datetime]) -> None:
    """Look until cancelled; a database that is away is looked at with the next round."""
    while True:
        with suppress(StoreUnavailable):
            await one_round(store, desk, clock())
        await asyncio.sleep(ROUND_EVERY_S)


async def one_round(store: Store, desk: Callable[[Tx], Desk], now: datetime) -> None:
    """Everything a round looks at, in one transaction."""

    def work(tx: Tx) -> None:
        look_at_sources(tx, desk(tx), now)
        flag_overdue(tx, now)
        expire(tx, now)
        tell_endings(tx, now)
        look_at_questions(tx, desk(tx), now)
        settle(tx, now)
        repeat(tx, now)
        tx.trips.forget(now)

    await store.write(work)
