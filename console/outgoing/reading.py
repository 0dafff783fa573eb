"""Reads the ledger as it grows, and has people told what became of effects."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from engine.control.desk import Desk
from engine.control.telling import READER, is_told, tell
from engine.errors import StoreUnavailable
from engine.ledger.entries import parse
from engine.model.entry import Entry
from engine.store.store import Store
from engine.store.tx import Tx

EVERY_S = 10.0
"""What happens meanwhile is told together."""
AT_ONCE = 1000


async def keep_telling(store: Store, desk: Callable[[Tx], Desk], clock: Callable[[], datetime]) -> None:
    """Look until cancelled; a database that is away is read with the next look."""
    while True:
        with suppress(StoreUnavailable):
            while await tell_more(store, desk, clock()):
                pass
        await asyncio.sleep(EVERY_S)


async def tell_more(store: Store, desk: Callable[[Tx], Desk], now: datetime) -> bool:
    """Tell what the next entries say; whether there may be more."""
    after = await store.read(lambda tx: tx.read_until.get(READER))
    if after is None:
        await store.write(lambda tx: tx.read_until.put(READER, tx.read_until.newest()))
        return False
    entries = await asyncio.to_thread(next_entries, store, after)
    if entries and (len(entries) == AT_ONCE or any(map(is_told, entries))):
        await store.write(lambda tx: tell(tx, desk(tx), entries, entries[-1].seq, now))
    return len(entries) == AT_ONCE


def next_entries(store: Store, after: int) -> list[Entry]:
    """The entries after this one, at most `AT_ONCE`."""
    with store.ledger() as rows:
        found = (parse(data) for _, data, _ in rows.entries(after))
        return [entry for entry, _ in zip(found, range(AT_ONCE), strict=False)]
