"""The workflow of an incident: ask the engine what is next, start or join the leases it names, wait."""

import asyncio
from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import FailureError, WorkflowAlreadyStartedError

from workflows import timeouts

with workflow.unsafe.imports_passed_through():
    from engine.model.execution import IncidentOrder, LeaseStart
    from engine.model.orders import AdvanceIncident, LeaseInput, RespondInput


@workflow.defn(name="Respond")
class Respond:
    """Responds to one incident until every action it asked for is over. All state stands in the database."""

    def __init__(self) -> None:
        """Nothing has been heard yet."""
        self._nudged = False
        self._steps = 0

    @workflow.signal(name="nudge")
    def nudge(self) -> None:
        """Something changed in the database: look again."""
        self._nudged = True

    @workflow.run
    async def run(self, start: RespondInput) -> None:
        """Step until the incident is over."""
        while True:
            self._nudged = False
            order = await self._advance(start.incident_id)
            await asyncio.gather(*(self._start_or_join(lease) for lease in order.start))
            # A repeated order may be older than the last signal, which this run has already counted as heard.
            self._nudged |= order.repeated
            if order.done and not self._nudged:
                return
            if workflow.info().get_current_history_length() > start.history_limit:
                workflow.continue_as_new(start.model_copy(update={"run": start.run + 1}))
            await self._wait(None if order.done else order.wake_at)

    async def _advance(self, incident_id: str) -> IncidentOrder:
        self._steps += 1
        key = f"{workflow.info().workflow_id}/{workflow.info().run_id}/{self._steps}"
        step = AdvanceIncident(incident_id=incident_id, key=key, now=workflow.now())
        order: IncidentOrder = await workflow.execute_local_activity(
            "incident.advance", step, result_type=IncidentOrder, **timeouts.STEP
        )
        return order

    async def _start_or_join(self, lease: LeaseStart) -> None:
        """A lease already running is told; one that ended between the two is started after all."""
        begin = LeaseInput(key=lease.key, request_id=lease.request_id)
        queue = timeouts.workflow_queue("Lease", workflow.info().task_queue)
        for _ in range(timeouts.JOIN_ATTEMPTS):
            try:
                await workflow.start_child_workflow("Lease", begin, id=lease.key, task_queue=queue, **timeouts.CHILD)
                return
            except WorkflowAlreadyStartedError:
                if await self._join(lease.key):
                    return

    async def _join(self, key: str) -> bool:
        try:
            await workflow.get_external_workflow_handle(key).signal("join")
        except FailureError:
            return False
        return True

    async def _wait(self, until: datetime | None) -> None:
        if until is None:
            await workflow.wait_condition(lambda: self._nudged)
            return
        seconds = (until - workflow.now()).total_seconds()
        if seconds > 0:
            try:
                await workflow.wait_condition(lambda: self._nudged, timeout=seconds)
            except TimeoutError:
                return
