"""The workflow that sweeps one connector: the world is compared with the leases, again and again."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows import timeouts

with workflow.unsafe.imports_passed_through():
    from engine.model.orders import CompareSweep, RemoveInput, SweepInput, WatchInput
    from engine.model.watch import Sweep, SweepOrder

FAILED_PAUSE = timedelta(seconds=5)


@workflow.defn(name="Watch")
class Watch:
    """Sweeps for drift, orphans and the connector's health; only leases that differ hear of it."""

    def __init__(self) -> None:
        """Nothing swept yet."""
        self._nudged = False

    @workflow.signal(name="nudge")
    def nudge(self) -> None:
        """Sweep now."""
        self._nudged = True

    @workflow.run
    async def run(self, start: WatchInput) -> None:
        """Sweep for ever, in runs of bounded length."""
        for n in range(start.sweeps):
            self._nudged = False
            pause = await self._sweep(start.connector, n)
            try:
                await workflow.wait_condition(lambda: self._nudged, timeout=pause.total_seconds())
            except TimeoutError:
                continue
        workflow.continue_as_new(start.model_copy(update={"run": start.run + 1}))

    async def _sweep(self, connector: str, n: int) -> timedelta:
        queue = timeouts.zone_queue(connector)
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
        step = CompareSweep(key=key, now=workflow.now(), sweep=sweep)
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
