"""What every client, worker and replayer shares: converter, sandbox, tracing, and which errors fail a workflow."""

import dataclasses

from temporalio.contrib.opentelemetry import OpenTelemetryInterceptor
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.plugin import SimplePlugin
from temporalio.worker import WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from engine.errors import EngineBug, FirelineError

PASSED_THROUGH = ("engine.model", "engine.errors", "pydantic", "pydantic_core")
"""Pure modules that need no copy in each workflow: measured with 30 models, 55 -> 14 ms a workflow."""

PASSED_WHEN_TRACED = "opentelemetry"
"""It finds its context implementation by reading files, which the sandbox refuses."""


class FirelinePlugin(SimplePlugin):
    """One object for all of them, so that none can differ."""

    def __init__(self, *, traced: bool = False) -> None:
        """`traced` needs the provider of `workflows.tracing.setup`, and is its `on`."""
        passed = (*PASSED_THROUGH, PASSED_WHEN_TRACED) if traced else PASSED_THROUGH

        def runner(given: WorkflowRunner | None) -> WorkflowRunner:
            if not isinstance(given, SandboxedWorkflowRunner):
                raise EngineBug("workflows run in the sandbox only")
            restrictions = given.restrictions.with_passthrough_modules(*passed)
            return dataclasses.replace(given, restrictions=restrictions)

        super().__init__(
            "fireline",
            data_converter=pydantic_data_converter,
            interceptors=[OpenTelemetryInterceptor(add_temporal_spans=True)] if traced else [],
            workflow_runner=runner,
            # Without it an error of ours would leave the workflow running for ever, retrying its task.
            workflow_failure_exception_types=[FirelineError],
        )
