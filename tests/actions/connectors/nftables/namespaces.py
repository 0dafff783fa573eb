"""A client, a router and a server in network namespaces, and real traffic between them."""

import asyncio
import ctypes
import socket
import subprocess
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.patience import PATIENCE_S

CLONE_NEWNET = 0x40000000
QUIET = 0.4
"""Seconds without an answer that count as dropped; an answer takes well under a millisecond."""
TURNS = 20
"""Into so many it is cut: a machine that stands still for a moment takes away one of them."""
T = TypeVar("T")


def run(*argv: str, stdin: str = "") -> str:
    ended = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=PATIENCE_S)
    assert ended.returncode == 0, f"{argv}: {ended.stderr}"
    return ended.stdout


def open_socket(namespace: str, address: str, kind: socket.SocketKind, port: int = 0) -> socket.socket:
    """A socket that lives in another namespace than this process, bound there."""

    def opened() -> socket.socket:
        # Only this thread changes over, and it ends here.
        with Path("/run/netns", namespace).open() as place:
            if ctypes.CDLL(None, use_errno=True).setns(place.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
        made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setblocking(False)
        made.bind((address, port))
        return made

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(opened).result()


@dataclass(frozen=True)
class Site:
    """Three namespaces; the router forwards between the client's network and the server's."""

    client: str
    router: str
    server: str

    CLIENT4, OTHER4, SERVER4, ROUTER4 = "198.51.100.2", "198.51.100.3", "203.0.113.2", "198.51.100.1"
    CLIENT6, SERVER6, ROUTER6 = "2001:db8:1::2", "2001:db8:2::2", "2001:db8:1::1"
    PORT, OTHER_PORT = 7, 8007

    def nft(self, *argv: str, stdin: str = "") -> str:
        """Somebody else's hand on the router's rules."""
        return run("ip", "netns", "exec", self.router, "nft", *argv, stdin=stdin)

    async def connect(self, server: str, port: int = PORT, client: str = "", source_port: int = 0) -> socket.socket:
        """An open TCP connection from the client's side; `TimeoutError` where nothing answers."""
        return await self._connect(self.client, client or self._mine(server), server, port, source_port)

    async def connect_from_router(self, server: str) -> socket.socket:
        """An open TCP connection from the router itself."""
        return await self._connect(self.router, "::" if ":" in server else "0.0.0.0", server, self.PORT, 0)

    async def tcp(self, server: str, port: int = PORT, client: str = "", source_port: int = 0) -> bool:
        """Whether a new TCP connection opens and echoes."""
        try:
            with await self.connect(server, port, client, source_port) as connection:
                return await answers(connection)
        except TimeoutError:
            return False

    async def udp(self, server: str, port: int = PORT) -> bool:
        """Whether a datagram is echoed."""
        with open_socket(self.client, self._mine(server), socket.SOCK_DGRAM) as endpoint:
            endpoint.connect((server, port))
            return await answers(endpoint)

    def forget_neighbours(self) -> None:
        """Make the router ask for its neighbours anew."""
        run("ip", "-n", self.router, "neighbour", "flush", "all")

    def _mine(self, server: str) -> str:
        return self.CLIENT6 if ":" in server else self.CLIENT4

    async def _connect(self, place: str, mine: str, server: str, port: int, source_port: int) -> socket.socket:
        connection = open_socket(place, mine, socket.SOCK_STREAM, source_port)
        # Leave no state behind: the same source port must be free for the next attempt.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        try:
            await unless_quiet(asyncio.get_running_loop().sock_connect(connection, (server, port)))
        except TimeoutError:
            connection.close()
            raise
        return connection


async def unless_quiet(answer: Awaitable[T]) -> T:
    """What comes; `TimeoutError` where nothing does."""
    coming = asyncio.ensure_future(answer)
    for _ in range(TURNS):
        if (await asyncio.wait((coming,), timeout=QUIET / TURNS))[0]:
            return coming.result()
    coming.cancel()
    await asyncio.wait((coming,))
    raise TimeoutError


async def answers(connection: socket.socket) -> bool:
    """Whether what is sent comes back."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(connection, b"still there?")
    try:
        return await unless_quiet(loop.sock_recv(connection, 64)) == b"still there?"
    except TimeoutError:
        return False


async def eventually(holds: Callable[[], Awaitable[bool]], within: float = PATIENCE_S) -> bool:
    """Whether it comes true in time; asks again as soon as the last answer is there, and once more when time is up."""
    deadline, last = asyncio.get_running_loop().time() + within, False
    while not (held := await holds()) and not last:
        last = asyncio.get_running_loop().time() >= deadline
        await asyncio.sleep(0)
    return held


async def echo_datagrams(endpoint: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    while True:
        data, sender = await loop.sock_recvfrom(endpoint, 64)
        await loop.sock_sendto(endpoint, data, sender)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(64):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def serve(stack: AsyncExitStack, namespace: str, address: str, port: int) -> None:
    stream = open_socket(namespace, address, socket.SOCK_STREAM, port)
    server = await asyncio.start_server(echo, sock=stream)
    stack.callback(server.close)
    endpoint = stack.enter_context(open_socket(namespace, address, socket.SOCK_DGRAM, port))
    stack.callback(asyncio.create_task(echo_datagrams(endpoint)).cancel)


def join(site: Site, leaf: str, here: tuple[str, ...], there: tuple[str, ...]) -> None:
    """A cable from the router to a leaf, with their addresses; the leaf's default route goes over it."""
    near, far = f"to-{leaf[-6:]}", "uplink"
    run("ip", "link", "add", near, "netns", site.router, "type", "veth", "peer", "name", far, "netns", leaf)
    for namespace, link, addresses in ((site.router, near, here), (leaf, far, there)):
        for address in addresses:
            extra = ("nodad",) if ":" in address else ()
            run("ip", "-n", namespace, "address", "add", address, "dev", link, *extra)
        run("ip", "-n", namespace, "link", "set", "dev", link, "up")
    for address in here:
        run("ip", "-n", leaf, "route", "add", "default", "via", address.partition("/")[0])
