"""Servers on loopback that probes try."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest

from engine.errors import ProbeFailed, TargetError
from engine.model.action import Executor
from engine.model.base import Json


class Loopback:
    """Servers of one test: a page, or a name server; each on a port of its own."""

    def __init__(self) -> None:
        """None yet."""
        self.asked: list[bytes] = []
        self._servers: list[asyncio.Server] = []
        self._transports: list[asyncio.DatagramTransport] = []

    async def page(self, answer: bytes) -> int:
        """The port of a server that answers everything with these bytes."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.asked.append(await reader.readline())
            writer.write(answer)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        self._servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def names(self, flags: int, answers: int, number: int = 0) -> int:
        """The port of a name server whose reply says this of every name; `number` is added to the question's own."""
        asked = self.asked

        class Server(asyncio.DatagramProtocol):
            def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
                self.transport = transport

            def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
                asked.append(data)
                own = (int.from_bytes(data[:2]) + number) % 2**16
                counts = data[4:6] + answers.to_bytes(2) + data[8:]
                self.transport.sendto(own.to_bytes(2) + flags.to_bytes(2) + counts, addr)

        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Server, local_addr=("127.0.0.1", 0))
        self._transports.append(transport)
        port: int = transport.get_extra_info("sockname")[1]
        return port

    async def close(self) -> None:
        """End them all."""
        for transport in self._transports:
            transport.close()
        for server in self._servers:
            server.close()
            await server.wait_closed()


@pytest.fixture
async def loopback() -> AsyncIterator[Loopback]:
    """No server yet; whatever is started is ended again."""
    servers = Loopback()
    yield servers
    await servers.close()


class Mute:
    """A connector that takes no commands."""

    instance = "edge-1"
    executor = Executor.SIMULATED

    async def health(self) -> None:
        """Always well."""

    async def owned(self) -> dict[str, Json]:
        """Nothing."""
        return {}

    async def remove(self, key: str) -> None:
        """Nothing to take away."""


class Talking(Mute):
    """One that knows a single command, with what it was asked."""

    def __init__(self, fails: TargetError | TimeoutError | None = None) -> None:
        """Answer well, or raise this."""
        self.asked: list[tuple[str, ...]] = []
        self._fails = fails

    async def ask(self, command: str, arguments: Sequence[str], within: timedelta) -> str:
        """As told."""
        self.asked.append((command, *arguments))
        if self._fails is not None:
            raise self._fails
        return "fine"


@pytest.fixture
def failing() -> Talking:
    """One whose command fails."""
    return Talking(ProbeFailed("exit 1"))
