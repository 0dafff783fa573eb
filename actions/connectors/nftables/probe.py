"""Tries by TCP, from where traffic should not get through, whether a block holds.

1. Only an answer proves anything: traffic still passes, so the block is not in effect. Silence is what a block looks
   like, and also a host that is off or never answers: that a block stands is for reading back to say.
2. An answer is an accepted connection or a refused one: a closed port answers too. A router on the way that says the
   host cannot be reached is none. A firewall on the way that refuses in the host's name cannot be told from it.
3. A prefix is not tried: no one address in it speaks for the others, and asking all of them would be a scan.
4. A probe that cannot even be tried is no silence, but an error.

TCP, because any user may open it from Python alone, where ICMP echo wants a raw socket or another program. A namespace
is entered by one thread, which opens the socket and ends; the socket stays there. So the connection is awaited like any
other, and no process has to be started, timed and killed for it.
"""

import asyncio
import ctypes
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from actions.connectors.nftables.values import require_namespace
from engine.errors import TargetRefused, TargetUnavailable
from engine.ports import Address, Network

NAMESPACES = Path("/var/run/netns")
"""Where `ip netns add` keeps them by name."""

CLONE_NEWNET = 0x40000000
"""From linux/sched.h: it is the network that is changed, nothing else."""


class ConnectProbe:
    """A `Probe` that opens a TCP connection, from this host or from a network namespace on it (that needs root)."""

    def __init__(self, port: int = 443, namespace: str | None = None) -> None:
        """Touch nothing yet."""
        self._port = port
        self._namespace = require_namespace(namespace) if namespace is not None else None

    async def require_ready(self) -> None:
        """Raise `TargetRefused` where nothing can be tried from (rule 4)."""
        try:
            self._open(socket.AF_INET).close()
        except OSError as error:
            raise TargetRefused(self._cannot(error)) from error

    async def passes(self, target: Address | Network) -> bool:
        """Whether the target answered; waits as long as the kernel does, so the caller bounds the time."""
        if not isinstance(target, IPv4Address | IPv6Address):
            return False
        try:
            endpoint = self._open(socket.AF_INET if target.version == 4 else socket.AF_INET6)
        except OSError as error:
            raise TargetUnavailable(self._cannot(error)) from error
        with endpoint:
            return await _is_answered(endpoint, (str(target), self._port))

    def _open(self, family: socket.AddressFamily) -> socket.socket:
        """A socket in the probe's own place; not awaited, for it takes well under a millisecond."""
        if self._namespace is None:
            return _opened(family)
        # INVARIANT: a thread of its own, never one of a shared pool: it ends where it has gone.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(_opened, family, NAMESPACES / self._namespace).result()

    def _cannot(self, error: OSError) -> str:
        place = "this host" if self._namespace is None else f"network namespace `{self._namespace}`"
        return f"cannot probe from {place}: {error.strerror}"


async def _is_answered(endpoint: socket.socket, address: tuple[str, int]) -> bool:
    try:
        await asyncio.get_running_loop().sock_connect(endpoint, address)
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return True


def _opened(family: socket.AddressFamily, namespace: Path | None = None) -> socket.socket:
    if namespace is not None:
        _enter(namespace)
    endpoint = socket.socket(family, socket.SOCK_STREAM)
    endpoint.setblocking(False)
    return endpoint


def _enter(namespace: Path) -> None:
    """Move this thread, and no other, there (`os.setns` comes only with Python 3.12)."""
    with namespace.open() as place:
        if ctypes.CDLL(None, use_errno=True).setns(place.fileno(), CLONE_NEWNET):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
