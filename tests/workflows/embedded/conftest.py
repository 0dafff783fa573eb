"""Embedded servers for these tests, and what a killed engine leaves."""

import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.service import ConnectConfig, ServiceClient

from engine.settings import Settings, load
from tests.patience import PATIENCE_S
from workflows import embedded
from workflows.embedded import EmbeddedTemporal
from workflows.own_process import identify

Make = Callable[..., EmbeddedTemporal]
Hear = Callable[[], Awaitable[str]]
Connect = Callable[[str], Awaitable[Hear]]
ENGINE = """
import asyncio
from engine.settings import load
from workflows.embedded import EmbeddedTemporal

async def main():
    temporal = EmbeddedTemporal(load())
    await temporal.start()
    print(temporal.pid, temporal.address, flush=True)
    await temporal.watch()

asyncio.run(main())
"""


@pytest.fixture
def settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    # Nobody's work is lost here by a server that is made to end.
    monkeypatch.setattr(embedded, "STOP_WITHIN", 0.2)
    return load()


@pytest.fixture
async def make(settings: Settings) -> AsyncIterator[Make]:
    """Makes servers, and stops whatever a test leaves of them."""
    made = list[EmbeddedTemporal]()

    def build(settings: Settings = settings) -> EmbeddedTemporal:
        made.append(EmbeddedTemporal(settings))
        return made[-1]

    yield build
    for server in made:
        await server.stop()


@pytest.fixture
async def temporal(make: Make) -> EmbeddedTemporal:
    server = make()
    await server.start()
    return server


@pytest.fixture
async def killed_engine(settings: Settings) -> AsyncIterator[tuple[int, str]]:
    """An engine that was killed while its server ran: the server's process id and address."""
    with subprocess.Popen([sys.executable, "-c", ENGINE], stdout=subprocess.PIPE, text=True) as engine:
        assert engine.stdout is not None
        pid, address = engine.stdout.readline().split()
        left = identify(int(pid))
        engine.kill()
    assert left is not None
    yield left.pid, address
    await left.end(0.2)


@pytest.fixture
def connect() -> Connect:
    """Connects a client that keeps trying while the server is away; it hears the namespace's name."""

    async def connect(address: str) -> Hear:
        client = await ServiceClient.connect(ConnectConfig(target_host=address))

        async def hear() -> str:
            request = DescribeNamespaceRequest(namespace="fireline")
            found = await client.workflow_service.describe_namespace(
                request, retry=True, timeout=timedelta(seconds=PATIENCE_S)
            )
            return found.namespace_info.name

        return hear

    return connect
