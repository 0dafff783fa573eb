"""A line of JSON for each event.

Rules: 1. The file is made its owner's alone; whoever was let in since, as a shipper of logs is, stays so.
2. It is opened for each batch, so that whoever moves it away gets no line too many. 3. A line that was cut off by a
crash is ended before the next is written. 4. What counts as taken is on the disk.
"""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from engine.digest import canonical
from engine.errors import TargetUnavailable
from engine.model.base import Json
from engine.model.siem import EventFileSettings


class EventFile:
    """One file."""

    at_once = 1000

    def __init__(self, settings: EventFileSettings) -> None:
        """It is made with its first line."""
        self.settings = settings

    async def send(self, events: Sequence[Json]) -> None:
        """Append them."""
        lines = b"".join(canonical(event) + b"\n" for event in events)
        try:
            await asyncio.to_thread(_append, self.settings.path, lines)
        except OSError as error:
            raise TargetUnavailable(f"`{self.settings.path}` cannot be written: {error.strerror}") from None

    async def health(self) -> str:
        """Whether it could be written, as far as that can be told without writing."""
        path = Path(self.settings.path)
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise TargetUnavailable(f"`{path}` cannot be written")
        return f"`{path}` can be written"


def _append(path: str, lines: bytes) -> None:
    is_new = not os.path.exists(path)
    with open(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+b", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        torn = size > 0 and os.pread(file.fileno(), 1, size - 1) != b"\n"
        rest = memoryview(b"\n" + lines if torn else lines)
        while rest:
            rest = rest[file.write(rest) :]
        os.fsync(file.fileno())
    if is_new:
        _keep_name(Path(path).parent)


def _keep_name(folder: Path) -> None:
    """A new file is on the disk (rule 4) once its folder says so."""
    found = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(found)
    finally:
        os.close(found)
