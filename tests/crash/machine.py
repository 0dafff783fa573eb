"""Whether the machine had time for us: how much of it strangers took, by the kernel's own accounts.

A bound in seconds says something about the engine only while the engine can run. So a stretch in which strangers
(whatever is neither the harness nor the plant) took more than `TAKEN` of all processors does not count as service, as
little as one in which the plant was down. Another test beside this one on two processors takes half, and excuses
nothing.
"""

import os
import time
from collections.abc import Iterable
from pathlib import Path

from tests.crash.verdict import Span

TAKEN = 0.6
TICKS = os.sysconf("SC_CLK_TCK")
IDLE = (3, 4)
"""The columns of /proc/stat that nobody uses: idle, and waiting for a disk."""


class Machine:
    """Two readings make a share; each call compares with the one before."""

    def __init__(self) -> None:
        """Take the first reading."""
        self._at, self._busy, self._ours = time.time(), _busy(), dict[int, float]()

    def look(self, ours: Iterable[int]) -> Span | None:
        """The stretch since the last look if strangers had the machine, None if we could have it."""
        at, busy, used = time.time(), _busy(), {pid: _used(pid) for pid in ours}
        own = sum(max(0.0, seconds - self._ours.get(pid, 0.0)) for pid, seconds in used.items())
        share = (busy - self._busy - own) / max(0.001, at - self._at) / (os.cpu_count() or 1)
        span = Span(self._at, at)
        self._at, self._busy, self._ours = at, busy, used
        return span if share > TAKEN else None


def _busy() -> float:
    """Processor seconds used by anybody since the machine started."""
    columns = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(ticks for n, ticks in enumerate(columns) if n not in IDLE) / TICKS


def _used(pid: int) -> float:
    """Processor seconds used by a process since it started; none if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS
