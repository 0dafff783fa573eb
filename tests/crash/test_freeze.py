"""A freeze in the middle of a stream of requests (I7), by the site's journal."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

from actions.simulators.events import Op
from engine.model.base import Json
from tests.crash.doors import Doors
from tests.crash.ground import outside
from tests.crash.plant import LOOK_EVERY_S, Plant
from tests.patience import PATIENCE_S

STREAMS = 4
"""Clients that ask for one effect after the other."""
PAUSE_S = 0.5
"""Between two requests of a client: the doors take far more a second than can be carried out."""
IN_FORCE = 20
"""Effects that were placed before the freeze."""
LEASE_S = 3.0
STOPPED_WITHIN_S = 1.0
STREAMED_ON_S = 4.0
"""How long they go on asking after the freeze."""


@asynccontextmanager
async def plant_in(home: Path) -> AsyncIterator[tuple[Plant, Doors]]:
    """A plant that answers, and its doors; whatever is left of it is ended."""
    plant = Plant(home)
    doors = Doors(plant.port, (home / "token").read_text().strip())
    try:
        await plant.start(time.time())
        yield plant, doors
    finally:
        await doors.close()
        plant.close()


async def ask(doors: Doors, number: int) -> None:
    """Ask for one address to be blocked, as a person does; it may be refused."""
    body: Json = {"action": "network.block_ip", "target": outside(number), "lease_s": LEASE_S, "reason": "a test"}
    await doors.post("/actions", body)


async def until(happens: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happens():
        assert time.monotonic() < deadline, f"did not happen in time: {what}"
        await asyncio.sleep(5 * LOOK_EVERY_S)


def instants(plant: Plant, op: Op) -> Sequence[float]:
    """When this happened at the site, by its journal."""
    return [event.at.timestamp() for event in plant.site.history() if event.op is op]


async def stream(doors: Doors, first: int) -> None:
    """Ask for one after the other until cancelled."""
    for number in count(first, STREAMS):
        await ask(doors, number)
        await asyncio.sleep(PAUSE_S)


async def test_a_freeze_stops_within_a_second_what_has_not_begun_and_no_release(tmp_path: Path) -> None:
    async with plant_in(tmp_path / "home") as (plant, doors):
        streams = [asyncio.create_task(stream(doors, first)) for first in range(STREAMS)]
        await until(lambda: len(instants(plant, Op.PLACED)) >= IN_FORCE, f"{IN_FORCE} are in force")
        answer = await doors.post("/freezes", {"scope": "global", "reason": "a test"})
        frozen = time.time()
        await asyncio.sleep(STREAMED_ON_S)
        for task in streams:
            task.cancel()
        placed = instants(plant, Op.PLACED)
        await until(lambda: len(instants(plant, Op.RELEASED)) == len(placed), "everything is released")
        assert answer.is_success
        assert [at - frozen for at in placed if at > frozen + STOPPED_WITHIN_S] == []
        assert max(instants(plant, Op.RELEASED)) > frozen
        assert instants(plant, Op.PLACED) == placed
