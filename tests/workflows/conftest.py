"""The time-skipping server, and workers that run our workflows over an engine that is made up."""

from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from tests.workflows.made_up import Engine, Zone
from workflows.plugin import FirelinePlugin


@pytest.fixture
async def client(temporal_test_server: str) -> AsyncIterator[Client]:
    """A client of a server whose clock jumps to the next timer while nothing runs.

    Each test has its own: the clock leaps ten years whenever the last workflow ends, and overflows after some hundreds.
    """
    plugins = [FirelinePlugin()]
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=temporal_test_server, plugins=plugins
    ) as environment:
        yield environment.client


@pytest.fixture
async def engine(client: Client) -> AsyncIterator[Engine]:
    """The made-up engine, whose worker runs the workflows."""
    made_up = Engine()
    async with made_up.at_work(client):
        yield made_up


@pytest.fixture
async def zone(client: Client) -> AsyncIterator[Zone]:
    """The made-up zone worker of the connector `sim`."""
    made_up = Zone()
    async with made_up.worker(client):
        yield made_up
        made_up.over.set()
