"""Two files that the embedded server's owner keeps: its lock on the home, and the server's log."""

import fcntl
import os
import re
from pathlib import Path
from typing import IO

from engine.errors import InvalidInput, ServiceAway

LOG_LIMIT = 10_000_000
"""Bytes after which the next start begins a new log and keeps one old."""
LINES_SAID = 3
PANIC = ("panic: ", "fatal error: ")
"""How the line begins in which a Go program says why it dies; what follows is where."""
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class HomeLock:
    """Held by one process at a time; the system lets go of it when that process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        """Not taken yet."""
        self._path = path
        self._held: IO[str] | None = None

    def take(self) -> None:
        """Take it, or raise `ServiceAway` where another process has it, `InvalidInput` where nobody can."""
        try:
            file = self._path.open("w")
        except OSError as error:
            raise InvalidInput(f"home `{self._path.parent.parent}` cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            raise ServiceAway(f"another fireline already runs under `{self._path.parent.parent}`") from error
        self._held = file

    def release(self) -> None:
        """Let go; nothing happens where it is not held."""
        if self._held is not None:
            self._held.close()
            self._held = None


class ServerLog:
    """What the server writes, appended over its restarts and readable by its owner only."""

    def __init__(self, path: Path) -> None:
        """Nothing is opened yet."""
        self._path = path
        self._start = 0

    def __str__(self) -> str:
        """Where to look."""
        return str(self._path)

    def open(self) -> IO[bytes]:
        """The file to hand to a server that starts now."""
        if self._path.exists() and self._path.stat().st_size > LOG_LIMIT:
            self._path.replace(self._path.with_suffix(".old.log"))
        self._path.touch(mode=0o600)
        file = self._path.open("ab")
        self._start = file.seek(0, os.SEEK_END)
        return file

    def said(self) -> str:
        """Why it died, in one printable line: the first line of a panic, else the last lines since the last `open`."""
        with self._path.open("rb") as file:
            file.seek(self._start)
            lines = [_printable(line) for line in file.read().decode(errors="replace").splitlines()]
        panic = next((line for line in lines if line.startswith(PANIC)), None)
        return panic or " | ".join(lines[-LINES_SAID:]) or "it said nothing"


def _printable(line: str) -> str:
    return "".join(char if char.isprintable() else " " for char in COLOUR.sub("", line)).strip()
