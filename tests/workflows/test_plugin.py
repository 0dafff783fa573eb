"""The one plugin: models cross Temporal, our errors end a workflow, and the sandbox still holds."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker
from temporalio.worker.workflow_sandbox import RestrictedWorkflowAccessError

from engine.errors import Denied, EngineBug
from engine.model.principal import Principal, Role
from workflows.plugin import PASSED_THROUGH, FirelinePlugin

QUEUE = "plugin-tests"
ANNA = Principal(id="anna", name="Anna", roles=(Role.APPROVER,), groups=("db-owners",))


@activity.defn(name="plugin.promote")
async def promote(who: Principal) -> Principal:
    return who.model_copy(update={"roles": (*who.roles, Role.ADMIN)})


@workflow.defn(name="PluginEcho")
class Echo:
    @workflow.run
    async def run(self, who: Principal) -> Principal:
        return await workflow.execute_activity(promote, who, start_to_close_timeout=timedelta(seconds=5))


@workflow.defn(name="PluginRefuse")
class Refuse:
    @workflow.run
    async def run(self) -> None:
        raise Denied("not by policy")


@workflow.defn(name="PluginClock")
class Clock:
    @workflow.run
    async def run(self) -> str:
        try:
            return str(datetime.now(UTC))
        except RestrictedWorkflowAccessError as error:
            return error.qualified_name


WORKFLOWS: Sequence[type] = (Echo, Refuse, Clock)


@pytest.fixture(scope="module")
async def client(temporal_test_server: str) -> AsyncIterator[Client]:
    async with (
        await WorkflowEnvironment.start_time_skipping(
            test_server_existing_path=temporal_test_server, plugins=[FirelinePlugin()]
        ) as environment,
        Worker(environment.client, task_queue=QUEUE, workflows=WORKFLOWS, activities=[promote]),
    ):
        yield environment.client


async def test_models_cross_client_workflow_and_activity_as_they_are(client: Client) -> None:
    back: Principal = await client.execute_workflow("PluginEcho", ANNA, id="e", task_queue=QUEUE, result_type=Principal)
    assert back == ANNA.model_copy(update={"roles": (Role.APPROVER, Role.ADMIN)})


async def test_an_error_of_ours_ends_the_workflow_with_its_name(client: Client) -> None:
    with pytest.raises(WorkflowFailureError) as caught:
        await client.execute_workflow("PluginRefuse", id="r", task_queue=QUEUE)
    assert isinstance(caught.value.cause, ApplicationError)
    assert (caught.value.cause.type, caught.value.cause.message) == ("Denied", "not by policy")


async def test_the_clock_of_the_machine_is_out_of_a_workflows_reach(client: Client) -> None:
    read: str = await client.execute_workflow("PluginClock", id="c", task_queue=QUEUE, result_type=str)
    assert read == "datetime.datetime.now.__call__"


async def test_a_replayer_with_the_plugin_reads_what_a_worker_wrote(client: Client) -> None:
    handle = await client.start_workflow("PluginEcho", ANNA, id="p", task_queue=QUEUE)
    await handle.result()
    replayer = Replayer(workflows=WORKFLOWS, plugins=[FirelinePlugin()])
    result = await replayer.replay_workflow(await handle.fetch_history())
    assert result.replay_failure is None


def test_exactly_the_pure_modules_are_passed_through() -> None:
    assert PASSED_THROUGH == ("engine.model", "engine.errors", "pydantic", "pydantic_core")


async def test_a_worker_without_the_sandbox_is_refused(client: Client) -> None:
    with pytest.raises(EngineBug, match="workflows run in the sandbox only"):
        Worker(client, task_queue=QUEUE, workflows=[Echo], workflow_runner=UnsandboxedWorkflowRunner())
