"""Processes of ours that may outlive us, known again by more than a number.

Rules: 1. A process id alone proves nothing, for it is given out again: a process is ours only while its start time and
command line are those we wrote down. 2. Signals go to that one process, never to a group or a name.
"""

import asyncio
import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from engine.model.base import Model

LOOK_EVERY = 0.05
KILLED_WITHIN = 10.0
"""Seconds the kernel may take over a killed process, as on a machine that is out of breath."""


class OwnProcess(Model):
    """One process that we started."""

    pid: int
    started: str
    """Boot and clock ticks on Linux, the date elsewhere: only compared, never read."""
    command: str
    """The words of its command line, with spaces between."""

    def is_running(self) -> bool:
        """Whether it still lives, and is not another under its number."""
        found = identify(self.pid)
        # While it starts its program it has no command line yet.
        return found is not None and found.started == self.started and found.command in ("", self.command)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal; nothing happens where it is gone."""
        if self.is_running():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def end(self, patience: float) -> None:
        """Ask it to end, and after `patience` seconds make it; return when it is gone."""
        self.signal(signal.SIGTERM)
        if not await self._gone_within(patience):
            self.signal(signal.SIGKILL)
            await self._gone_within(KILLED_WITHIN)

    async def _gone_within(self, seconds: float) -> bool:
        for _ in range(int(seconds / LOOK_EVERY)):
            if not self.is_running():
                return True
            await asyncio.sleep(LOOK_EVERY)
        return not self.is_running()


def identify(pid: int) -> OwnProcess | None:
    """The live process of this number as it can be written down; None if there is none (or only its remains)."""
    return _from_proc(pid) if Path("/proc/self/stat").exists() else _from_ps(pid)


def _from_proc(pid: int) -> OwnProcess | None:
    try:
        # The name in parentheses may hold anything, so the fields are counted from its end; see proc(5).
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        command = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").decode(errors="replace").replace("\0", " ")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (OSError, ValueError):
        return None
    # A killed process keeps its ports and files until the last of its threads is gone, which may be after its first.
    if state in "ZX" and int(fields[16]) <= 1:
        return None
    return OwnProcess(pid=pid, started=f"{boot} {fields[18]}", command=command)


def _from_ps(pid: int) -> OwnProcess | None:
    told = subprocess.run(
        ["ps", "-ww", "-o", "state=,lstart=,command=", "-p", str(pid)], capture_output=True, text=True
    )
    state, *rest = told.stdout.split() or ["Z"]
    if state.startswith("Z") or len(rest) < 6:
        return None
    return OwnProcess(pid=pid, started=" ".join(rest[:5]), command=" ".join(rest[5:]))
