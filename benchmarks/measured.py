"""What the containment benchmark measures of a side: a process asked over pipes, its CPU, latencies, and ratios."""

import json
import math
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sides import SETTLE_S

TICK = os.sysconf("SC_CLK_TCK")
STOP_WITHIN_S = 30


@dataclass(frozen=True)
class Figures:
    """What one order came to; CPU by process."""

    incidents: int
    cpu_s: Mapping[str, float]
    wall_s: float
    latencies_s: tuple[float, ...]

    @property
    def cpu_ms(self) -> float:
        """CPU-milliseconds an incident, all processes."""
        return sum(map(self.cpu_ms_of, self.cpu_s))

    @property
    def rate(self) -> float:
        """Incidents a second."""
        return self.incidents / self.wall_s

    def cpu_ms_of(self, which: str) -> float:
        """CPU-milliseconds an incident of one process."""
        return self.cpu_s[which] / self.incidents * 1000

    def percentile(self, share: float) -> float:
        """The smallest latency, in milliseconds, that `share` of all do not exceed."""
        return sorted(self.latencies_s)[math.ceil(share * len(self.latencies_s)) - 1] * 1000

    def joined(self, other: "Figures") -> "Figures":
        """Both as one."""
        return Figures(
            self.incidents + other.incidents,
            {which: spent + other.cpu_s[which] for which, spent in self.cpu_s.items()},
            self.wall_s + other.wall_s,
            self.latencies_s + other.latencies_s,
        )

    def as_json(self) -> dict[str, float]:
        """The figures by name."""
        return {
            "incidents": self.incidents,
            "incidents_per_s": round(self.rate, 2),
            "cpu_s": round(sum(self.cpu_s.values()), 2),
            "cpu_ms_per_incident": round(self.cpu_ms, 1),
            **{f"{which}_cpu_ms_per_incident": round(self.cpu_ms_of(which), 1) for which in self.cpu_s},
            "p50_ms": round(self.percentile(0.5), 1),
            "p95_ms": round(self.percentile(0.95), 1),
        }


@dataclass(frozen=True)
class Ratios:
    """Full over bare."""

    cpu: float
    p50: float
    p95: float


def median(values: Iterable[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def ratios(bare: Sequence[Figures], full: Sequence[Figures]) -> Ratios:
    """The medians of the rounds' ratios."""
    pairs = list(zip(bare, full, strict=True))
    p50, p95 = (median(f.percentile(share) / b.percentile(share) for b, f in pairs) for share in (0.5, 0.95))
    return Ratios(median(f.cpu_ms / b.cpu_ms for b, f in pairs), p50, p95)


def cpu_of(pid: int) -> float:
    """CPU-seconds a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


class Process:
    """One side in its own process, asked over pipes: `alone N`, `burst N`, `prepare N`, `release N`, `histories 0`."""

    def __init__(self, script: str, home: Path) -> None:
        """Start it and wait until it is ready."""
        path = Path(__file__).parent / script
        self._process = subprocess.Popen(
            [sys.executable, str(path), str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._pids: dict[str, int] = json.loads(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("a side of the benchmark died: see its errors above")
        return line

    def _say(self, order: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{order}\n")
        self._process.stdin.flush()

    def run(self, order: str, count: int) -> Figures:
        """Have `count` incidents done one by one, or all at once; CPU of all its processes is counted."""
        before, began = self._spent(), time.monotonic()
        self._say(f"{order} {count}")
        latencies: list[float] = json.loads(self._line()) or [0.0]
        wall = time.monotonic() - began - SETTLE_S
        cpu = {which: spent - before[which] for which, spent in self._spent().items()}
        return Figures(count, cpu, wall, tuple(latencies))

    def histories(self) -> dict[str, float]:
        """What stands in its histories for each action."""
        self._say("histories 0")
        counts: dict[str, float] = json.loads(self._line())
        return counts

    def _spent(self) -> dict[str, float]:
        return {which: cpu_of(pid) for which, pid in self._pids.items()}

    def __enter__(self) -> "Process":
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End it and its server: at once where something went wrong, for it may never come to read."""
        if kind is None:
            self._say("stop 0")
            self._process.wait(STOP_WITHIN_S)
            return
        for pid in self._pids.values():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(STOP_WITHIN_S)
