"""From an accepted finding to three verified actions, beside bare Temporal of the same shape, in one run.

Bare: a parent that starts one abandoned child per action; each child runs one remote no-op activity. Full: the whole
path of the engine (intake, correlation, planning, policy, checks, commit token, snapshot, execute, verify, ledger),
its releases left for later. The release is shown apart: full beside a bare timer and activity.

Both run on an embedded Temporal with the same settings and file database. CPU is that of all processes, from /proc.
Run it with `make bench` or `python benchmarks/containment.py [--json] [--alone N] [--burst N]`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ACTIONS = 3
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Figures:
    """What one side came to."""

    incidents: int
    cpu_s: float
    wall_s: float
    latencies_s: list[float]

    @property
    def cpu_ms(self) -> float:
        """CPU-milliseconds an incident, all processes."""
        return self.cpu_s / self.incidents * 1000

    def percentile(self, share: float) -> float:
        """A latency in milliseconds."""
        ranked = sorted(self.latencies_s)
        return ranked[min(len(ranked) - 1, int(share * len(ranked)))] * 1000

    def as_json(self) -> dict[str, float]:
        """The figures by name."""
        return {
            "incidents": self.incidents,
            "incidents_per_s": round(self.incidents / self.wall_s, 2),
            "cpu_ms_per_incident": round(self.cpu_ms, 1),
            "p50_ms": round(statistics.median(self.latencies_s) * 1000, 1),
            "p95_ms": round(self.percentile(0.95), 1),
        }


def cpu_of(pid: int) -> float:
    """CPU-seconds a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


class Side:
    """One side in its own process, asked over pipes: `alone N`, `burst N`, `release N`, `stop`."""

    def __init__(self, script: str, home: Path) -> None:
        """Start it and wait until it is ready."""
        path = Path(__file__).parent / script
        self._process = subprocess.Popen(
            [sys.executable, str(path), str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._pids: list[int] = json.loads(self._line())["pids"]

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("a side of the benchmark died: see its errors above")
        return line

    def run(self, order: str, count: int) -> Figures:
        """Have `count` incidents done one by one, or all at once; CPU of all its processes is counted."""
        before, began = sum(map(cpu_of, self._pids)), time.monotonic()
        assert self._process.stdin is not None
        self._process.stdin.write(f"{order} {count}\n")
        self._process.stdin.flush()
        latencies: list[float] = json.loads(self._line())["latencies_s"] or [0.0]
        wall = time.monotonic() - began
        return Figures(count, sum(map(cpu_of, self._pids)) - before, wall, latencies)

    def stop(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.write("stop 0\n")
        self._process.stdin.flush()
        self._process.wait(30)


def measure(side: Side, order: str, count: int) -> Figures:
    """One order; what a release needs beforehand is not counted."""
    if order == "release":
        side.run("prepare", count)
    return side.run(order, count)


def compare(order: str, count: int, rounds: int, bare: Side, full: Side) -> dict[str, object]:
    """Both sides in turn, so that the machine's drift hits both alike."""
    pairs = [(measure(bare, order, count), measure(full, order, count)) for _ in range(rounds)]
    cpu = statistics.median(f.cpu_ms / b.cpu_ms for b, f in pairs)
    p50 = statistics.median(statistics.median(f.latencies_s) / statistics.median(b.latencies_s) for b, f in pairs)
    p95 = statistics.median(f.percentile(0.95) / b.percentile(0.95) for b, f in pairs)
    return {
        "bare": [b.as_json() for b, _ in pairs],
        "full": [f.as_json() for _, f in pairs],
        "ratio": {"cpu": round(cpu, 2), "p50": round(p50, 2), "p95": round(p95, 2)},
    }


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--alone", type=int, default=25, help="incidents one by one, each round")
    parser.add_argument("--burst", type=int, default=60, help="incidents at once, each round")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bare, full = Side("bare_side.py", Path(folder) / "bare"), Side("full_side.py", Path(folder) / "full")
        for side in (bare, full):
            side.run("alone", 3)
        found = {
            "alone": compare("alone", given.alone, given.rounds, bare, full),
            "burst": compare("burst", given.burst, given.rounds, bare, full),
            "release": compare("release", given.burst, 1, bare, full),
        }
        bare.stop()
        full.stop()
    print(json.dumps(found) if given.json else json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
