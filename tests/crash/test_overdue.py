"""200 leases that fell due in one outage are released within 5 s of its end (I3), by the site's journal."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from actions.simulators.events import Op
from engine.model.base import Json
from tests.crash.doors import Doors
from tests.crash.ground import outside
from tests.crash.plant import Plant
from tests.crash.steps import Kill
from tests.crash.test_freeze import instants, plant_in, until
from tests.crash.verdict import longest_service

LEASES = 200
AT_ONCE = 20
"""Requests on their way to the API at the same time."""
LEASE_S = 30.0
"""Well beyond what placing them all takes."""
BOUND_S = 5.0


async def block(doors: Doors, number: int) -> None:
    """Have one address blocked, as a person does."""
    body: Json = {"action": "network.block_ip", "target": outside(number), "lease_s": LEASE_S, "reason": "a test"}
    (await doors.post("/actions", body)).raise_for_status()


async def block_all(doors: Doors) -> None:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with room:
            await block(doors, number)

    await asyncio.gather(*map(one, range(LEASES)))


def latest(plant: Plant) -> float:
    """How long after the end of the outage the last one was gone, as far as the machine had time for us."""
    answers = plant.outages[-1].end
    return max(longest_service(answers, at, plant.heart.starved) for at in instants(plant, Op.RELEASED))


async def test_200_leases_that_fell_due_in_an_outage_are_released_within_5_s_of_its_end(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    async with plant_in(tmp_path / "home") as (plant, doors):
        await block_all(doors)
        await until(lambda: len(instants(plant, Op.PLACED)) == LEASES, "200 are in force")
        hit = await plant.strike(Kill.BOTH)
        assert instants(plant, Op.RELEASED) == []
        await asyncio.sleep(max(instants(plant, Op.PLACED)) + LEASE_S + 1 - time.time())
        await plant.recover(hit)
        await until(lambda: len(instants(plant, Op.RELEASED)) == LEASES, "200 are released")
        late = latest(plant)
        gone = [at - plant.outages[-1].end for at in instants(plant, Op.RELEASED)]
        record_property("overdue", f"200 overdue: first {min(gone):.1f} s, last {max(gone):.1f} s after the outage")
    assert late <= BOUND_S
