"""Joins that race with the end of a lease, at a real server: one whose clock jumps ends tasks that are under way."""

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random

import pytest
from temporalio.client import Client

from engine.model.execution import Finish, IncidentOrder, LeaseOrder, LeaseStart
from engine.model.orders import AdvanceIncident, AdvanceLease, RespondInput
from tests.temporal import NAMESPACE, temporal
from tests.workflows.made_up import QUEUE, Engine, eventually
from workflows.plugin import FirelinePlugin


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A server whose clock is that of the world."""
    with temporal(tmp_path) as serving:
        yield serving


@pytest.fixture
async def client(address: str) -> Client:
    """A client of it, in place of one whose clock jumps."""
    return await Client.connect(address, namespace=NAMESPACE, plugins=[FirelinePlugin()])


async def test_no_join_is_lost_when_the_lease_ends_at_about_that_moment(client: Client, engine: Engine) -> None:
    waiting, wished = set[str](), set[str]()

    def wish(step: AdvanceIncident) -> IncidentOrder:
        # A step that is asked for again is answered as before: its wish stands in the database already.
        waiting.update({step.key} - wished)
        wished.add(step.key)
        return IncidentOrder(start=(LeaseStart(key="lease/racing", request_id="AR-1"),), done=True)

    def serve(step: AdvanceLease) -> LeaseOrder:
        waiting.clear()
        return LeaseOrder(command=Finish())

    async def respond(incident: str) -> None:
        given = RespondInput(incident_id=incident)
        await client.execute_workflow("Respond", given, id=f"incident/{incident}", task_queue=QUEUE)

    engine.incidents, engine.leases = wish, serve
    # Seconds from what a lease has read to its end, in which it is joined: as long as it takes to ask for it.
    engine.lease_takes = partial(Random(1).uniform, 0, 0.1)
    for wave in range(10):
        await asyncio.gather(*(respond(f"{wave}-{n}") for n in range(4)))
        await eventually(lambda: not waiting)
    assert len(wished) >= 40
    assert engine.runs("lease/racing") > 1
