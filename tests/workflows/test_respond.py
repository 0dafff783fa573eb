"""The workflow of an incident: leases started or joined, and nobody's wish lost between two of them."""

import asyncio
from datetime import timedelta

from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle

from engine.model.execution import Finish, Hold, IncidentOrder, LeaseOrder, LeaseStart
from engine.model.orders import AdvanceIncident, AdvanceLease, RespondInput
from tests.patience import PATIENCE_S
from tests.workflows.made_up import QUEUE, Engine, after, eventually

FINISH = LeaseOrder(command=Finish())


async def start(client: Client, incident: str, history_limit: int = 2000) -> WorkflowHandle[object, None]:
    """The incident's workflow, running."""
    given = RespondInput(incident_id=incident, history_limit=history_limit)
    return await client.start_workflow("Respond", given, id=f"incident/{incident}", task_queue=QUEUE)


def wants(key: str) -> IncidentOrder:
    """Have a lease started, and nothing more."""
    return IncidentOrder(start=(LeaseStart(key=key, request_id="AR-1"),), done=True)


async def test_a_lease_outlives_its_incident(client: Client, engine: Engine) -> None:
    engine.incidents = lambda step: wants("lease/outlives")
    engine.leases = lambda step: LeaseOrder(command=Hold(until=after(step, days=3000)))
    await (await start(client, "outlived")).result()
    await eventually(lambda: len(engine.steps["lease/outlives"]) == 1)
    lease = client.get_workflow_handle("lease/outlives")
    assert (await lease.describe()).status is WorkflowExecutionStatus.RUNNING
    await lease.terminate()


async def test_a_running_lease_is_joined_and_not_started_again(client: Client, engine: Engine) -> None:
    def until_joined(step: AdvanceLease) -> LeaseOrder:
        alone = len(engine.steps[step.lease_key]) == 1
        return LeaseOrder(command=Hold(until=after(step, days=3000))) if alone else FINISH

    engine.incidents, engine.leases = lambda step: wants("lease/joined"), until_joined
    await (await start(client, "first")).result()
    await eventually(lambda: len(engine.steps["lease/joined"]) == 1)
    await (await start(client, "second")).result()
    await eventually(lambda: len(engine.steps["lease/joined"]) == 2)
    assert engine.runs("lease/joined") == 1


async def test_a_join_that_comes_while_the_lease_takes_its_last_step_is_not_lost(
    client: Client, engine: Engine
) -> None:
    engine.incidents, engine.leases = lambda step: wants("lease/ending"), lambda step: FINISH
    engine.lease_may_go_on.clear()
    await (await start(client, "first")).result()
    await eventually(lambda: len(engine.steps["lease/ending"]) == 1)
    await (await start(client, "second")).result()
    engine.lease_may_go_on.set()
    await eventually(lambda: len(engine.steps["lease/ending"]) > 1)


async def test_a_lease_that_ended_before_it_was_joined_is_started_again(client: Client, engine: Engine) -> None:
    engine.incidents, engine.leases = lambda step: wants("lease/ended"), lambda step: FINISH
    for incident in ("first", "second"):
        await (await start(client, incident)).result()
        await client.get_workflow_handle("lease/ended").result()
    assert engine.runs("lease/ended") == 2


async def test_it_looks_again_when_it_is_nudged_long_before_its_time(client: Client, engine: Engine) -> None:
    def twice(step: AdvanceIncident) -> IncidentOrder:
        wait = {1: timedelta(days=30), 2: timedelta(days=30)}.get(len(engine.steps[step.incident_id]))
        return IncidentOrder(done=True) if wait is None else IncidentOrder(wake_at=step.now + wait)

    engine.incidents = twice
    handle = await start(client, "looking")
    async with asyncio.timeout(PATIENCE_S):
        await eventually(lambda: len(engine.steps["looking"]) == 1)
        await handle.signal("nudge")
        # Two nudges at once would be one look, and then only the clock could give the next.
        await eventually(lambda: len(engine.steps["looking"]) == 2)
        await handle.signal("nudge")
        await handle.result()
    assert len(engine.steps["looking"]) == 3


async def test_a_repeated_order_is_asked_for_again(client: Client, engine: Engine) -> None:
    orders = iter([IncidentOrder(repeated=True, done=True), IncidentOrder(done=True)])
    engine.incidents = lambda step: next(orders)
    await (await start(client, "repeated")).result()
    assert len(engine.steps["repeated"]) == 2


async def test_a_long_history_goes_on_in_a_new_run(client: Client, engine: Engine) -> None:
    def often(step: AdvanceIncident) -> IncidentOrder:
        over = len(engine.steps[step.incident_id]) > 8
        return IncidentOrder(done=True) if over else IncidentOrder(wake_at=after(step, seconds=0.1))

    engine.incidents = often
    await (await start(client, "long", history_limit=12)).result()
    assert engine.runs("long") > 1
    assert len(engine.steps["long"]) == 9
