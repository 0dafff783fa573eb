"""The workflow that sweeps a connector, for ever and in runs of bounded length."""

import asyncio
from datetime import timedelta

from temporalio.client import Client, WorkflowHandle

from engine.model.orders import CompareSweep, WatchInput
from engine.model.watch import DrainOrder, SweepOrder
from tests.patience import PATIENCE_S
from tests.workflows.made_up import QUEUE, WORK, Engine, Zone, eventually
from workflows.timeouts import workflow_queue


async def start(client: Client, name: str, sweeps: int = 20) -> WorkflowHandle[object, None]:
    """The watch over the connector `sim`, running."""
    given, queue = WatchInput(connector="sim", sweeps=sweeps), workflow_queue("Watch", QUEUE)
    return await client.start_workflow("Watch", given, id=name, task_queue=queue)


async def test_it_sweeps_again_and_again_over_many_runs(client: Client, engine: Engine, zone: Zone) -> None:
    engine.sweeps = lambda step: SweepOrder(again_in_s=0.05)
    handle = await start(client, "watch/again", sweeps=3)
    await eventually(lambda: len(engine.steps["watch"]) > 9)
    await handle.terminate()
    assert engine.runs("watch") >= 3


async def test_a_zone_whose_clock_is_ahead_makes_no_sweep_younger(client: Client, engine: Engine, zone: Zone) -> None:
    zone.ahead = timedelta(hours=1)
    handle = await start(client, "watch/ahead")
    await eventually(lambda: len(engine.steps["watch"]) >= 1)
    description, step = await handle.describe(), engine.steps["watch"][0]
    await handle.terminate()
    assert isinstance(step, CompareSweep)
    assert description.start_time <= step.sweep.began_at <= step.now


async def test_what_no_lease_knows_is_removed(client: Client, engine: Engine, zone: Zone) -> None:
    def orphans(step: CompareSweep) -> SweepOrder:
        return SweepOrder(remove=("fl-1", "fl-2") if len(engine.steps["watch"]) == 1 else ())

    engine.sweeps = orphans
    handle = await start(client, "watch/orphans")
    await eventually(lambda: len(zone.done) >= 3)
    await handle.terminate()
    assert sorted(zone.done[1:3]) == ["remove fl-1", "remove fl-2"]


async def test_a_nudge_sweeps_now(client: Client, engine: Engine, zone: Zone) -> None:
    engine.sweeps = lambda step: SweepOrder(again_in_s=10**8)
    handle = await start(client, "watch/nudged")
    await eventually(lambda: len(engine.steps["watch"]) == 1)
    await handle.signal("nudge")
    await eventually(lambda: len(engine.steps["watch"]) == 2)
    await handle.terminate()


async def test_it_waits_for_a_zone_worker_to_come_back(client: Client, engine: Engine) -> None:
    handle, zone = await start(client, "watch/alone"), Zone()
    async with asyncio.timeout(PATIENCE_S):
        async with zone.worker(client):
            await eventually(lambda: len(engine.steps["watch"]) >= 1)
        await handle.terminate()
    assert "sweep" in zone.done


async def test_what_is_overdue_is_released_before_the_first_sweep(client: Client, engine: Engine, zone: Zone) -> None:
    orders = iter([DrainOrder(works=(WORK, WORK)), DrainOrder(works=(WORK,))])
    engine.drains = lambda step: next(orders, DrainOrder())
    handle = await start(client, "watch/overdue")
    await eventually(lambda: len(zone.done) >= 3)
    await handle.terminate()
    assert zone.done[:3] == ["release 2", "release 1", "sweep"]
    assert [len(step.released) for step in engine.drained[:3]] == [0, 2, 1]


async def test_a_zone_that_fails_to_release_is_left_to_the_leases(client: Client, engine: Engine, zone: Zone) -> None:
    zone.fails = True
    engine.drains = lambda step: DrainOrder(works=(WORK,))
    handle = await start(client, "watch/out-of-order")
    await eventually(lambda: "sweep" in zone.done)
    await handle.terminate()
    assert zone.done[:2] == ["release 1", "sweep"]
    assert engine.drained[0].released == ()
