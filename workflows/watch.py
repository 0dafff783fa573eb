"""The workflow that sweeps one connector: the world is compared with the leases, again and again."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows import timeouts

with workflow.unsafe.imports_passed_through():
    from engine.model.orders import (
        CompareSweep,
        DrainStep,
        ReleasedMany,
        ReleaseMany,
        RemoveInput,
        SweepInput,
        WatchInput,
    )
    from engine.model.watch import DrainOrder, Released, Sweep, SweepOrder

FAILED_PAUSE = timedelta(seconds=5)


@workflow.defn(name="Watch")
class Watch:
    """Releases what is overdue, sweeps for drift, orphans and the connector's health; leases that differ hear of it."""

    def __init__(self) -> None:
        """Nothing swept yet."""
        self._nudged = False
        self._drains = 0

    @workflow.signal(name="nudge")
    def nudge(self) -> None:
        """Sweep now."""
        self._nudged = True

    @workflow.run
    async def run(self, start: WatchInput) -> None:
        """Sweep for ever, in runs of bounded length."""
        for n in range(start.sweeps):
            self._nudged = False
            await self._drain(start.connector)
            pause = await self._sweep(start.connector, n)
            try:
                await workflow.wait_condition(lambda: self._nudged, timeout=pause.total_seconds())
            except TimeoutError:
                continue
        workflow.continue_as_new(start.model_copy(update={"run": start.run + 1}))

    async def _drain(self, connector: str) -> None:
        """Release what fell due while nobody was there, many at once."""
        released: tuple[Released, ...] = ()
        while True:
            self._drains += 1
            key = f"{workflow.info().workflow_id}/{workflow.info().run_id}/drain/{self._drains}"
            step = DrainStep(connector=connector, key=key, now=workflow.now(), released=released)
            order = await workflow.execute_local_activity("watch.drain", step, result_type=DrainOrder, **timeouts.STEP)
            if not order.works:
                return
            try:
                many = await workflow.execute_activity(
                    "effect.release_many",
                    ReleaseMany(works=order.works),
                    result_type=ReleasedMany,
                    task_queue=timeouts.zone_queue(connector),
                    **timeouts.EFFECT,
                )
            except ActivityError:
                # No zone worker answers, or it died over it: each lease's own workflow tries again by itself.
                return
            released = many.released

    async def _sweep(self, connector: str, n: int) -> timedelta:
        # By our clock, which also says since when an effect is in force; the zone's may be ahead of it.
        queue, began = timeouts.zone_queue(connector), workflow.now()
        try:
            sweep = await workflow.execute_activity(
                "connector.sweep",
                SweepInput(connector=connector),
                result_type=Sweep,
                task_queue=queue,
                **timeouts.SWEEP,
            )
        except ActivityError:
            # No zone worker answers; the age of the connector's last word tells the checks.
            return FAILED_PAUSE
        key = f"{workflow.info().workflow_id}/{workflow.info().run_id}/{n}"
        seen = sweep.model_copy(update={"began_at": began})
        step = CompareSweep(key=key, now=workflow.now(), sweep=seen)
        order = await workflow.execute_local_activity("watch.compare", step, result_type=SweepOrder, **timeouts.STEP)
        await asyncio.gather(*(self._remove(connector, owner) for owner in order.remove))
        return timedelta(seconds=order.again_in_s)

    async def _remove(self, connector: str, owner: str) -> None:
        queue = timeouts.zone_queue(connector)
        try:
            await workflow.execute_activity(
                "connector.remove", RemoveInput(connector=connector, owner=owner), task_queue=queue, **timeouts.SWEEP
            )
        except ActivityError:
            workflow.logger.warning("an effect that no lease knows could not be removed; the next sweep tries again")
