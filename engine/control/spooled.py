"""Bringing late releases from the spool file into the ledger."""

import asyncio
from datetime import datetime

from engine.ledger.spool import LATE, Spool
from engine.model.entry import Draft
from engine.store.store import Store
from engine.store.tx import Tx


async def take_in_spool(store: Store, spool: Spool, now: datetime) -> int:
    """Record everything that was spooled, marked late; return how many entries that were."""
    if not await asyncio.to_thread(spool.drafts):
        return 0
    with spool.taking(now) as drafts:
        await store.write(lambda tx: _record(tx, drafts))
    return len(drafts)


def _record(tx: Tx, drafts: tuple[Draft, ...]) -> None:
    for draft in drafts:
        known = (body.get(LATE) for body in tx.bodies(draft.subject))
        # The file promises to hand over at least once: what was taken in before a crash is not taken twice.
        if draft.body[LATE] not in [late for late in known if late is not None]:
            tx.record(draft)
