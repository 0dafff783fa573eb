"""Pieces of work that are waiting together when the writer comes to them."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from engine.store.store import Store
from engine.store.tx import Tx
from tests.patience import PATIENCE_S


@asynccontextmanager
async def held_up(store: Store) -> AsyncIterator[None]:
    """Keep the writer busy, so that what is written meanwhile is waiting together."""
    go, begun = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait(_: Tx) -> None:
        loop.call_soon_threadsafe(begun.set)
        assert go.wait(PATIENCE_S)

    busy = asyncio.create_task(store.write(wait))
    await begun.wait()
    try:
        yield
    finally:
        go.set()
        await busy


async def together(store: Store, *pieces: Callable[[Tx], object]) -> list[object]:
    """What becomes of pieces of work that were waiting together."""
    async with held_up(store):
        tasks = [asyncio.create_task(store.write(piece)) for piece in pieces]
        await asyncio.sleep(0)
    return await asyncio.gather(*tasks, return_exceptions=True)
