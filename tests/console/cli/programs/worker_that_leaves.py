"""A short-lived command that runs a Worker for one workflow, and leaves as such commands do."""

import asyncio
import sys

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker

with workflow.unsafe.imports_passed_through():
    from console.cli.leaving import leave
    from workflows.plugin import FirelinePlugin


@workflow.defn(name="Echo")
class Echo:
    """Nothing to do."""

    @workflow.run
    async def run(self, word: str) -> str:
        """Say it back."""
        return word


async def main(address: str, queue: str) -> str:
    """Run one workflow from start to end."""
    client = await Client.connect(address, plugins=[FirelinePlugin()])
    async with Worker(client, task_queue=queue, workflows=[Echo]):
        return await client.execute_workflow(Echo.run, "done", id=queue, task_queue=queue)


if __name__ == "__main__":
    print(asyncio.run(main(*sys.argv[1:])))
    leave(0)
