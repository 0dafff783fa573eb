"""A real Temporal as a process of its own, as a site runs it; and what ends TLS before it, for it cannot itself."""

import asyncio
import ssl
import subprocess
import threading
from collections.abc import Coroutine, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from tests.console.api.authority import Authority, Files
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.processes import until
from workflows.temporal_server import Ports, command_line, find_binary, serves

T = TypeVar("T")
NAMESPACE = "fireline"


def free_ports() -> Ports:
    """All that a server takes."""
    return Ports(grpc=free_port(), http=free_port(), ui=free_port(), metrics=free_port())


@contextmanager
def temporal(folder: Path) -> Iterator[str]:
    """A server with our namespace; its address."""
    ports = free_ports()
    with (folder / "temporal.log").open("wb") as log:
        words = command_line(find_binary(), ports, folder / "temporal.db", NAMESPACE)
        process = subprocess.Popen(words, stdout=log, stderr=log, cwd=folder)
    try:
        until(lambda: asyncio.run(serves(ports.address, NAMESPACE)) or None, "Temporal serves")
        yield ports.address
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


class Front:
    """Passes on to another server whatever it is sent, once TLS is taken off; and keeps what that was."""

    def __init__(self, behind: str, context: ssl.SSLContext | None) -> None:
        self._context = context
        self._host, _, self._port = behind.rpartition(":")
        self._open, self._lines = set[asyncio.Task[object]](), list[asyncio.WriteTransport]()
        self.address = ""
        self.sent = bytearray()

    async def serve(self) -> asyncio.Server:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    async def end(self, server: asyncio.Server) -> None:
        server.close()
        for one in self._open:
            one.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        # Below TLS, which would wait for the other side to say goodbye.
        for line in self._lines:
            line.abort()
        await asyncio.sleep(0)
        await server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        self._lines.append(writer.transport)
        with suppress(asyncio.CancelledError, OSError), closing(writer):
            if self._context is not None:
                await writer.start_tls(self._context)
            # Kept before anybody answers: whoever takes offence at the answer may be gone at once.
            first = await reader.read(65536)
            self.sent += first
            there, here = await asyncio.open_connection(self._host, int(self._port))
            here.write(first)
            await asyncio.gather(_pass(reader, here, self.sent), _pass(there, writer, bytearray()))
        self._open.discard(task)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: bytearray) -> None:
    """Until one side ends, or is ended; then the other hears of it."""
    try:
        while part := await reader.read(65536):
            kept += part
            writer.write(part)
            await writer.drain()
    except OSError:
        return
    finally:
        writer.close()


def asks_for_certificates(own: Files, authority: Authority) -> ssl.SSLContext:
    """How a cluster speaks TLS that shows `own` and takes whoever this authority has signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.certificate, own.key)
    context.load_verify_locations(authority.file)
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["h2"])
    return context


@contextmanager
def in_front(behind: str, context: ssl.SSLContext | None) -> Iterator[Front]:
    """A front before that address, in a thread of its own; without a context what it is sent stays as it is."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(PATIENCE_S)

    front = Front(behind, context)
    server = run(front.serve())
    try:
        yield front
    finally:
        run(front.end(server))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
