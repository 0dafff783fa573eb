"""From an accepted finding to three verified actions, beside bare Temporal of the same shape, in one run.

    python benchmarks/containment.py [--json] [--alone 20] [--burst 30] [--rounds 5]

Bare: a parent that starts one abandoned child per action; each child runs one remote no-op activity. Full: the whole
path of the engine (intake, correlation, planning, policy, checks, commit token, snapshot, execute, verify, ledger),
its releases left for later. The release is shown apart: full beside a bare timer and activity.

Both run on an embedded Temporal with the same settings and file database, in turn, so that the machine's drift hits
both alike; ratios are formed in each round, and their median is judged. CPU is that of all processes, from /proc.
Events and activities are counted in the histories afterwards. Exit code 1 where a bar is missed.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from measured import Figures, Process, Ratios, median, ratios
from sides import ACTIONS

CPU_BAR, P95_BAR = 1.6, 4.0
WARM_UP = 10
"""Incidents before anything is counted: imports, caches, prepared statements."""
Histories = Mapping[str, float]


@dataclass(frozen=True)
class Compared:
    """One kind of load on both sides, round by round."""

    bare: tuple[Figures, ...]
    full: tuple[Figures, ...]

    @property
    def ratio(self) -> Ratios:
        """Full over bare: the medians of the rounds' ratios."""
        return ratios(self.bare, self.full)


@dataclass(frozen=True)
class Found:
    """All that was measured."""

    loads: Mapping[str, Compared]
    histories: Mapping[str, Histories]

    @property
    def bars(self) -> dict[str, bool]:
        """Each bar, and whether it is held; CPU is judged over both loads."""
        alone, burst = self.loads["alone"], self.loads["burst"]
        cpu = ratios(_both(alone.bare, burst.bare), _both(alone.full, burst.full)).cpu
        return {
            f"CPU-seconds {cpu:.2f} x bare, at most {CPU_BAR}": cpu <= CPU_BAR,
            f"p95 alone {alone.ratio.p95:.2f} x bare, at most {P95_BAR}": alone.ratio.p95 <= P95_BAR,
        }


def _both(first: Sequence[Figures], second: Sequence[Figures]) -> tuple[Figures, ...]:
    return tuple(a.joined(b) for a, b in zip(first, second, strict=True))


def measure(process: Process, order: str, count: int) -> Figures:
    """One order; what a release needs beforehand is not counted."""
    if order == "release":
        process.run("prepare", count)
    return process.run(order, count)


def compare(order: str, count: int, rounds: int, bare: Process, full: Process) -> Compared:
    """Both sides in turn."""
    pairs = [(measure(bare, order, count), measure(full, order, count)) for _ in range(rounds)]
    return Compared(tuple(b for b, _ in pairs), tuple(f for _, f in pairs))


def find(alone: int, burst: int, rounds: int) -> Found:
    """Start both sides, measure and stop them."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Process("bare_side.py", Path(folder) / "bare") as bare,
        Process("full_side.py", Path(folder) / "full") as full,
    ):
        for side in (bare, full):
            side.run("alone", WARM_UP)
        loads = {name: compare(name, n, rounds, bare, full) for name, n in (("alone", alone), ("burst", burst))}
        histories = {"bare": bare.histories(), "full": full.histories()}
        loads["release"] = compare("release", burst, 1, bare, full)
    return Found(loads, histories)


def as_json(found: Found) -> dict[str, object]:
    """For a program."""
    loads = {
        name: {
            "bare": [figures.as_json() for figures in both.bare],
            "full": [figures.as_json() for figures in both.full],
            "ratio": {name: round(ratio, 2) for name, ratio in asdict(both.ratio).items()},
        }
        for name, both in found.loads.items()
    }
    return {**loads, "per_action": found.histories, "bars": found.bars}


def told(found: Found) -> Iterator[str]:
    """For a person: absolutes as medians of the rounds, then what is judged."""
    yield f"{'':14}{'incidents/s':>12}{'CPU-ms each':>12}{'of server':>11}{'of worker':>11}{'p50 ms':>9}{'p95 ms':>9}"
    for name, both in found.loads.items():
        yield from (_row(f"{name} {side}", getattr(both, side)) for side in ("bare", "full"))
        ratio = both.ratio
        yield f"{'  full : bare':26}{ratio.cpu:12.2f}{'':22}{ratio.p50:9.2f}{ratio.p95:9.2f}"
    yield ""
    yield f"an action (an incident of {ACTIONS}), from the histories:"
    for name in found.histories["bare"]:
        bare, full = found.histories["bare"][name], found.histories["full"][name]
        each = (f"{side} {n:6.2f} ({n * ACTIONS:6.2f})" for side, n in (("bare", bare), ("full", full)))
        yield f"  {name.replace('_', ' '):20}{'   '.join(each)}"
    yield from ("", f"next bottleneck: {bottleneck(found.loads['burst'])}")
    yield from (f"bar: {bar}: {'held' if held else 'MISSED'}" for bar, held in found.bars.items())


def _row(name: str, rounds: Sequence[Figures]) -> str:
    rate, cpu = median(f.rate for f in rounds), median(f.cpu_ms for f in rounds)
    server, worker = (median(f.cpu_ms_of(which) for f in rounds) for which in ("server", "worker"))
    p50, p95 = (median(f.percentile(share) for f in rounds) for share in (0.5, 0.95))
    return f"{name:14}{rate:12.1f}{cpu:12.1f}{server:11.1f}{worker:11.1f}{p50:9.0f}{p95:9.0f}"


def bottleneck(burst: Compared) -> str:
    """Where the full path's CPU goes under load, and what of it bare Temporal does not need."""
    spent = {which: median(f.cpu_ms_of(which) for f in burst.full) for which in ("server", "worker")}
    base = {which: median(f.cpu_ms_of(which) for f in burst.bare) for which in ("server", "worker")}
    most = max(spent, key=lambda which: spent[which])
    grown = max(spent, key=lambda which: spent[which] - base[which])
    share = spent[most] / sum(spent.values())
    return (
        f"the {most} process, {share:.0%} of the CPU; what is on top of bare is mostly in the {grown} process, "
        f"{spent[grown] - base[grown]:.0f} ms an incident"
    )


def main() -> int:
    """Measure, print and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--alone", type=int, default=20, help="incidents one by one, each round")
    parser.add_argument("--burst", type=int, default=30, help="incidents at once, each round")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    found = find(asked.alone, asked.burst, asked.rounds)
    print(json.dumps(as_json(found)) if asked.json else "\n".join(told(found)))
    return 0 if all(found.bars.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
