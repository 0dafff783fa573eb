"""Lines for sites that have no pager: a file, or syslog (RFC 5424)."""

import asyncio
import os
import socket
from datetime import datetime

from console.outgoing.address import resolve
from engine.digest import canonical
from engine.errors import TargetUnavailable
from engine.model.channel import FileSettings, SyslogSettings
from engine.model.page import Event
from engine.outgoing import Notice

FACILITY = 13 * 8
"""Log audit."""
SEVERITY = {Event.TRIGGER: 2, Event.ACKNOWLEDGE: 5, Event.RESOLVE: 5, Event.TELL: 6}
DATAGRAM = 2000


class File:
    """Appends a line of JSON, on the disk before it counts as taken."""

    def __init__(self, settings: FileSettings) -> None:
        """The file is made with its first line, its owner's alone."""
        self.settings = settings

    async def send(self, notice: Notice, now: datetime) -> None:
        """Write one line."""
        line = canonical(notice.model_dump(mode="json")) + b"\n"
        try:
            await asyncio.to_thread(self._append, line)
        except OSError as error:
            raise TargetUnavailable(f"`{self.settings.path}` cannot be written: {error.strerror}") from None

    def _append(self, line: bytes) -> None:
        with open(os.open(self.settings.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "wb") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())


class Syslog:
    """Sends a datagram; nobody says whether it arrived, so it is best beside another channel."""

    def __init__(self, settings: SyslogSettings) -> None:
        """Nothing is opened before the first message."""
        self.settings = settings

    async def send(self, notice: Notice, now: datetime) -> None:
        """Send one line."""
        line = syslog_line(notice, now).encode()[:DATAGRAM]
        try:
            await self._send(line)
        except OSError as error:
            raise TargetUnavailable(f"syslog at `{self.settings.address}` is away: {error.strerror}") from None

    async def _send(self, line: bytes) -> None:
        address = self.settings.address
        if address.startswith("/"):
            await asyncio.to_thread(_datagram, socket.AF_UNIX, address, line)
            return
        host, _, port = address.rpartition(":")
        [first, *_] = await resolve(host, int(port))
        await asyncio.to_thread(
            _datagram, socket.AF_INET6 if ":" in first else socket.AF_INET, (first, int(port)), line
        )


def _datagram(family: socket.AddressFamily, to: str | tuple[str, int], line: bytes) -> None:
    with socket.socket(family, socket.SOCK_DGRAM) as out:
        out.settimeout(2)
        out.connect(to)
        out.send(line)


def syslog_line(notice: Notice, now: datetime) -> str:
    """The line of RFC 5424: priority, time, who, which message, and what."""
    said = " | ".join((notice.title, *notice.lines))
    return f"<{FACILITY + SEVERITY[notice.event]}>1 {now.isoformat()} - fireline - {notice.id} - {notice.event}: {said}"
