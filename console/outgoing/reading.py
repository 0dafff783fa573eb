"""Reads the ledger as it grows, and has people told what became of effects."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from itertools import islice

from engine.control.desk import Desk
from engine.control.telling import READER, is_told, tell
from engine.errors import InvalidInput, StoreUnavailable
from engine.ledger.entries import parse
from engine.model.entry import Entry
from engine.store.store import Store
from engine.store.tx import Tx

LOG = logging.getLogger("fireline")
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
    """The entries after this one, at most `AT_ONCE`; a damaged one keeps the others from nobody."""
    with store.ledger() as rows:
        found = filter(None, (_readable(number, data) for number, data, _ in rows.entries(after)))
        return [*islice(found, AT_ONCE)]


def _readable(number: int, data: bytes) -> Entry | None:
    try:
        return parse(data)
    except InvalidInput as error:
        LOG.error("entry %s of the ledger is damaged, and nobody is told of it: %s", number, error)
        return None
