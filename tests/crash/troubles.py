"""What befalls the plant besides kills: pauses, lost results, a failing disk, a clock that jumps."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from tests.crash.plant import Plant
from tests.crash.steps import Kill
from tests.crash.trap import Loss
from tests.crash.verdict import Span

PAUSED_S = (2.5, 5.0)
"""Longer than heartbeats and task timeouts wait (2 s); once in a while longer than a commit token is good (10 s)."""
LONG_S = 11.0
LONG_ONE_IN = 8
LOSING_S = 3.0
FULL_S = 3.0
STEPPED_S = 3.0
STEP_S = 30.0
"""How far the clock jumps: beyond any timeout, and three times the life of a commit token."""


class Trouble(StrEnum):
    """Each kind of it."""

    PAUSE_WORKER = "worker paused"
    PAUSE_SERVER = "server paused"
    PAUSE_BOTH = "both paused"
    DROPPED = "results dropped"
    DELAYED = "results delayed"
    DUPLICATED = "results duplicated"
    DISK_FULL = "disk full"
    DISK_READ_ONLY = "disk read-only"
    CLOCK_FORWARD = "clock forward"
    CLOCK_BACK = "clock back"


DISK = (Trouble.DISK_FULL, Trouble.DISK_READ_ONLY)


@dataclass(frozen=True)
class Suffered:
    """One that was gone through."""

    trouble: Trouble
    span: Span


def possible(plant: Plant) -> tuple[Trouble, ...]:
    """Those that can be made here: a disk fails only where we may mount one."""
    return tuple(trouble for trouble in Trouble if plant.disk.may_fail or trouble not in DISK)


async def suffer(plant: Plant, trouble: Trouble, random: Random) -> Suffered:
    """Go through one; when this returns everything answers again, and the time until then is an outage."""
    began = time.time()
    await SUFFERED[trouble](plant, random)
    await plant.until_well(began)
    return Suffered(trouble, plant.outages[-1])


async def _pause(plant: Plant, random: Random, whose: Kill) -> None:
    long = random.randrange(LONG_ONE_IN) == 0
    await plant.pause(whose, LONG_S if long else random.uniform(*PAUSED_S))


async def _lose(plant: Plant, how: Loss) -> None:
    plant.files.lose(how)
    await asyncio.sleep(LOSING_S)
    plant.files.lose(None)


async def _fill(plant: Plant) -> None:
    plant.disk.fill()
    try:
        await asyncio.sleep(FULL_S)
    finally:
        plant.disk.empty()


async def _step(plant: Plant, seconds: float) -> None:
    plant.files.shift(seconds)
    await asyncio.sleep(STEPPED_S)
    plant.files.shift(0)


SUFFERED: Mapping[Trouble, Callable[[Plant, Random], Awaitable[None]]] = {
    Trouble.PAUSE_WORKER: lambda plant, random: _pause(plant, random, Kill.WORKER),
    Trouble.PAUSE_SERVER: lambda plant, random: _pause(plant, random, Kill.SERVER),
    Trouble.PAUSE_BOTH: lambda plant, random: _pause(plant, random, Kill.BOTH),
    Trouble.DROPPED: lambda plant, _: _lose(plant, Loss.DROPPED),
    Trouble.DELAYED: lambda plant, _: _lose(plant, Loss.DELAYED),
    Trouble.DUPLICATED: lambda plant, _: _lose(plant, Loss.DUPLICATED),
    Trouble.DISK_FULL: lambda plant, _: _fill(plant),
    Trouble.DISK_READ_ONLY: lambda plant, _: plant.start_read_only(),
    Trouble.CLOCK_FORWARD: lambda plant, _: _step(plant, STEP_S),
    Trouble.CLOCK_BACK: lambda plant, _: _step(plant, -STEP_S),
}
"""What is done about each."""
