"""Runs one workflow under the plugin with tracing on, and prints its spans as they would be sent."""

import asyncio
import json
import os
import sys
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

# The sandbox loads this file anew for its workflow, which needs none of these.
with workflow.unsafe.imports_passed_through():
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from workflows import tracing
    from workflows.plugin import FirelinePlugin


@activity.defn(name="act")
async def act(secret: str) -> str:
    """Give back what came."""
    return secret


@workflow.defn(name="Respond")
class Respond:
    """One remote activity."""

    @workflow.run
    async def run(self, secret: str) -> str:
        """Carry it through."""
        return await workflow.execute_activity(act, secret, start_to_close_timeout=timedelta(seconds=5))


async def main(server: str) -> None:
    """Run it against the time-skipping `server`."""
    spans = InMemorySpanExporter()
    sent = tracing.begin(spans, InMemoryMetricReader())
    plugins = [FirelinePlugin(traced=sent.on)]
    async with (
        await WorkflowEnvironment.start_time_skipping(test_server_existing_path=server, plugins=plugins) as environment,
        Worker(environment.client, task_queue="traced", workflows=[Respond], activities=[act]),
    ):
        with sent.tracer.start_as_current_span("intake"):
            await environment.client.execute_workflow("Respond", "hunter2", id="incident/1", task_queue="traced")
    sent.shutdown()
    print(json.dumps([json.loads(span.to_json()) for span in spans.get_finished_spans()]), flush=True)
    # Not by the interpreter's way out, on which a process that ran a Worker may die.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
