"""Reads the ledger as it grows, and has rooms follow the requests that people are asked about."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

from console.outgoing.reading import AT_ONCE, next_entries
from engine.control.chat_threads import READER, Paces, begin, follow, is_followed
from engine.control.desk import Desk
from engine.control.enrolment import note_enrolments
from engine.errors import StoreUnavailable
from engine.store.store import Store
from engine.store.tx import Tx

EVERY_S = 0.5
ENROLMENTS_EVERY = 60
"""In how many looks the people's file is looked at for new users of rooms."""
Desks = Callable[[Tx], Desk]


async def keep_following(
    store: Store,
    desk: Desks,
    rooms: Sequence[str],
    clock: Callable[[], datetime],
    *,
    simulated: bool,
    paces: Paces | None = None,
) -> None:
    """Look until cancelled; a database that is away is read with the next look."""
    looks, begun = 0, False
    while True:
        with suppress(StoreUnavailable):
            if not begun:
                # A room may be new, or have been away for long.
                await store.write(lambda tx: begin(tx, desk(tx), rooms, simulated, paces))
                begun = True
            if looks % ENROLMENTS_EVERY == 0:
                await store.write(lambda tx: note_enrolments(tx, desk(tx).people, clock()))
            while await follow_more(store, desk, rooms, simulated=simulated, paces=paces):
                pass
        looks += 1
        await asyncio.sleep(EVERY_S)


async def follow_more(
    store: Store, desk: Desks, rooms: Sequence[str], *, simulated: bool, paces: Paces | None = None
) -> bool:
    """Take in what the next entries say; whether there may be more."""
    after = await store.read(lambda tx: tx.read_until.get(READER))
    if after is None:
        await store.write(lambda tx: begin(tx, desk(tx), rooms, simulated, paces))
        return False
    entries = await asyncio.to_thread(next_entries, store, after)
    if entries and (len(entries) == AT_ONCE or any(map(is_followed, entries))):
        await store.write(lambda tx: follow(tx, desk(tx), rooms, entries, entries[-1].seq, simulated, paces))
    return len(entries) == AT_ONCE
