"""The bare side's workflows, in a module that the sandbox can load by itself."""

import asyncio
from datetime import timedelta

from temporalio import workflow

from workflows import timeouts


@workflow.defn(name="BareAction")
class BareAction:
    """One remote activity."""

    @workflow.run
    async def run(self, name: str) -> None:
        """Run it."""
        await workflow.execute_activity(
            "noop", name, task_queue="bare-zone", start_to_close_timeout=timedelta(seconds=30)
        )


@workflow.defn(name="BareIncident")
class BareIncident:
    """One abandoned child per action."""

    @workflow.run
    async def run(self, name: str, actions: int) -> None:
        """Start them all."""
        await asyncio.gather(
            *(
                workflow.start_child_workflow("BareAction", f"{name}/{n}", id=f"{name}/{n}", **timeouts.CHILD)
                for n in range(actions)
            )
        )


@workflow.defn(name="BareRelease")
class BareRelease:
    """A timer, then one remote activity."""

    @workflow.run
    async def run(self, name: str, ahead_s: float) -> None:
        """Wait, then act."""
        await asyncio.sleep(ahead_s)
        await workflow.execute_activity(
            "noop", name, task_queue="bare-zone", start_to_close_timeout=timedelta(seconds=30)
        )
