"""Keeps the undo sheet in its file, written anew at every change, as long as the engine runs."""

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from engine.control.desk import Desk
from engine.errors import StoreUnavailable
from engine.model.lease import Lease
from engine.store.store import Store
from engine.store.tx import Tx
from engine.undo_sheet import render

LOG = logging.getLogger("fireline")
EVERY_S = 1.0


def sheet(tx: Tx, desk: Desk, now: datetime) -> str:
    """The undo sheet as of now."""
    return render(tx.leases.live(), desk.by_hand, desk.self_expiring, now)


def write_sheet(path: Path, text: str) -> None:
    """Put this text in place of what stands there, all at once; its owner's alone, and on the disk before it counts."""
    fresh = path.with_name(f"{path.name}.new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


class SheetKeeper:
    """Writes the sheet whenever an effect came, went or changed."""

    def __init__(self, store: Store, desk: Callable[[], Desk], path: Path, clock: Callable[[], datetime]) -> None:
        """Nothing is written yet, so the first look writes."""
        self._store, self._desk, self._path, self._clock = store, desk, path, clock
        self._written: Sequence[Lease] | None = None

    async def look(self) -> None:
        """Write where something changed; what cannot be written now is tried again with the next look."""
        try:
            leases = await self._store.read(lambda tx: tx.leases.live())
            if leases != self._written:
                desk = self._desk()
                text = render(leases, desk.by_hand, desk.self_expiring, self._clock())
                await asyncio.to_thread(write_sheet, self._path, text)
                self._written = leases
        except (StoreUnavailable, OSError) as error:
            LOG.warning("the undo sheet cannot be kept in %s: %s", self._path, error)

    async def run(self) -> None:
        """Look for as long as the engine runs."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_S)
