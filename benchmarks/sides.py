"""What both sides of the containment benchmark share: taking orders over standard input, and counting histories."""

import asyncio
import json
import os
import sys
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import TextIO

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

ACTIONS = 3
"""Actions an incident."""
AHEAD_S = 6.0
"""How far ahead releases are put, so that preparing them is not counted."""
SETTLE_S = 0.5
"""What is still to be written after the last action is counted too."""
COUNTED = {
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: "remote_activities",
    EventType.EVENT_TYPE_MARKER_RECORDED: "local_activities",
    EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED: "workflow_tasks",
}


class Orders(ABC):
    """What a side can be told to do; each order answers with seconds, one for each incident or effect."""

    def __init__(self, client: Client, incident: str, action: str) -> None:
        """Count the histories of the workflow types `incident` and `action` through `client`."""
        self._client, self._incident, self._action = client, incident, action

    @abstractmethod
    async def one(self) -> float:
        """One incident, and its seconds until the last of its actions was carried out."""

    @abstractmethod
    async def prepare(self, count: int) -> list[float]:
        """Have the effects of `count` incidents end a while from now."""

    @abstractmethod
    async def release(self, count: int) -> list[float]:
        """How late after its time each of the prepared effects was gone."""

    async def alone(self, count: int) -> list[float]:
        """One after the other; then a moment for what is left to do."""
        latencies = [await self.one() for _ in range(count)]
        await asyncio.sleep(SETTLE_S)
        return latencies

    async def burst(self, count: int) -> list[float]:
        """All at once; then a moment for what is left to do."""
        latencies = list(await asyncio.gather(*(self.one() for _ in range(count))))
        await asyncio.sleep(SETTLE_S)
        return latencies

    async def histories(self) -> dict[str, float]:
        """What stands in the histories so far, for each action: its share of the incident's own workflow included."""
        counts = Counter[str]()
        kinds = f"WorkflowType IN ('{self._incident}', '{self._action}')"
        async for execution in self._client.list_workflows(kinds):
            counts[execution.workflow_type] += 1
            handle = self._client.get_workflow_handle(execution.id, run_id=execution.run_id)
            async for event in handle.fetch_history_events():
                counts["events"] += 1
                counts[COUNTED.get(event.event_type, "other")] += 1
        actions = counts[self._incident] * ACTIONS
        return {name: counts[name] / actions for name in ("events", *COUNTED.values())}


def answers() -> TextIO:
    """The way out for answers alone, opened first of all: what else prints (Temporal's core does) goes to stderr."""
    ours = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return ours


async def serve(pids: Mapping[str, int], side: Orders, to: TextIO) -> None:
    """Say which processes count, then carry out orders until told to stop."""
    orders: Mapping[str, Callable[[int], Awaitable[list[float]]]] = {
        "alone": side.alone,
        "burst": side.burst,
        "prepare": side.prepare,
        "release": side.release,
    }
    print(json.dumps(pids), file=to, flush=True)
    while True:
        order, _, count = (await asyncio.to_thread(sys.stdin.readline)).partition(" ")
        if order == "histories":
            print(json.dumps(await side.histories()), file=to, flush=True)
        elif order in orders:
            print(json.dumps(await orders[order](int(count))), file=to, flush=True)
        else:
            return
