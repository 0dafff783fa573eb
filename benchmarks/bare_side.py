"""Bare Temporal of the same shape: parent, one abandoned child per action, one remote no-op activity each."""

import asyncio
import os
import sys
import time
from pathlib import Path

from bare_workflows import BareAction, BareIncident, BareRelease
from sides import ACTIONS, AHEAD_S, SETTLE_S, Orders, answers, serve
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from engine.settings import Settings
from workflows import timeouts
from workflows.embedded import EmbeddedTemporal
from workflows.plugin import FirelinePlugin

done: dict[str, "asyncio.Future[float]"] = {}


@activity.defn(name="noop")
async def noop(name: str) -> None:
    """Nothing, and when that was over."""
    done[name].set_result(time.monotonic())


class Bare(Orders):
    """The orders, on bare Temporal."""

    def __init__(self, client: Client) -> None:
        """Start workflows through `client`."""
        super().__init__(client, "BareIncident", "BareAction")
        self._count, self._due = 0, 0.0
        self._waits: list[asyncio.Future[float]] = []

    async def one(self) -> float:
        """Seconds from the start to the last activity's end."""
        self._count += 1
        name, began = f"incident-{self._count}", time.monotonic()
        waits = [self._expect(f"{name}/{n}") for n in range(ACTIONS)]
        await self._client.start_workflow(
            "BareIncident", args=[name, ACTIONS], id=name, task_queue="bare", task_timeout=timeouts.TASK
        )
        return max(await asyncio.gather(*waits)) - began

    def _expect(self, name: str) -> "asyncio.Future[float]":
        done[name] = asyncio.get_running_loop().create_future()
        return done[name]

    async def prepare(self, count: int) -> list[float]:
        """Start timers that all end a while from now."""
        self._due = time.monotonic() + AHEAD_S
        self._waits = []
        for n in range(count * ACTIONS):
            name = f"release-{self._count}-{n}"
            self._waits.append(self._expect(name))
            ahead = self._due - time.monotonic()
            await self._client.start_workflow("BareRelease", args=[name, ahead], id=name, task_queue="bare")
        self._count += 1
        return []

    async def release(self, count: int) -> list[float]:
        """How late after its timer each activity was over."""
        latencies = [ended - self._due for ended in await asyncio.gather(*self._waits)]
        await asyncio.sleep(SETTLE_S)
        return latencies


async def main() -> None:
    """Serve orders on a Temporal of our own."""
    to, home = answers(), Path(sys.argv[1])
    settings = Settings(home=home)
    settings.make_directories()
    temporal = EmbeddedTemporal(settings)
    address = await temporal.start()
    client = await Client.connect(address, namespace=settings.temporal_namespace, plugins=[FirelinePlugin()])
    control = Worker(
        client,
        task_queue="bare",
        workflows=[BareIncident, BareAction, BareRelease],
        sticky_queue_schedule_to_start_timeout=timeouts.STICKY,
    )
    zone = Worker(client, task_queue="bare-zone", activities=[noop])
    async with control, zone:
        assert temporal.pid is not None
        await serve({"worker": os.getpid(), "server": temporal.pid}, Bare(client), to)
    await temporal.stop()
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
