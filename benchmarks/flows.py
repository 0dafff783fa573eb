"""What the look-back costs: ten million made-up flows, and which of them a block would have cut.

The question is asked of a host, a backup server, a monitor that polls everybody, a segment and the whole site, over two
weeks. Beside it stands the plain way, in the same run: numpy over all flows, with the same rules. Reported are the time
to build and to open the store, its bytes a flow, and the question's median and 95th percentile; judged is that no
question takes longer than `GOAL_MS` of CPU, and none longer than the plain way.
"""

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import made_flows as made
import numpy as np

from engine.context.static import StaticContext
from engine.flows.columns import merged
from engine.flows.recorded import RecordedFlows
from engine.flows.store import FlowStore
from engine.model.context import Flow
from engine.ports import FlowScope

GOAL_MS = 100.0
NOW = datetime.fromtimestamp((made.FIRST_DAY + made.DAYS) * made.DAY, UTC)
WINDOW = timedelta(days=made.DAYS)
TARGETS = {
    "a host": (f"{made.address(5000)}",),
    "a server": (f"{made.address(5)}",),
    "the backup server": (made.address(made.BACKUP),),
    "the monitor": (made.address(made.MONITOR),),
    "a segment (/24)": (f"{made.address(0)}/24",),
    "the whole site (/15)": (f"{made.address(0)}/15",),
}
PORTS = {8400: (made.BACKUP,), 9100: (made.MONITOR,), 5432: (), 5433: ()}
"""What the plain way takes for declared: a port, and one of these peers where there are any."""


@dataclass(frozen=True)
class Asked:
    """One question: what it found, and its CPU in milliseconds beside the plain way's."""

    target: str
    lines: int
    flows: int
    median_ms: float
    p95_ms: float
    plain_ms: float

    @property
    def ratio(self) -> float:
        """How many times the plain way takes."""
        return self.plain_ms / self.median_ms


@dataclass(frozen=True)
class Built:
    """What the store came to."""

    flows: int
    build_cpu_s: float
    open_cpu_s: float
    bytes_a_flow: float
    memory_mb: float


def cpu(work: Callable[[], object]) -> float:
    """CPU-seconds that some work takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def measure(flows: int, seed: int, rounds: int) -> tuple[Built, list[Asked]]:
    """Build, open and ask."""
    days = [*made.days(flows, seed)]
    with tempfile.TemporaryDirectory() as folder:
        store = FlowStore(Path(folder) / "flows", timedelta(days=35))
        built = cpu(lambda: store.append((merged([made.columns(day)]) for day in days), NOW))
        size = sum(path.stat().st_size for path in store.folder.iterdir())
        context = StaticContext(made.site(), {}, RecordedFlows(store.folder))
        opened = cpu(lambda: context.flow_coverage(NOW - WINDOW, NOW))
        count = sum(day.rows for day in days)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return Built(count, built, opened, size / count, memory), [*_asked(context, days, rounds)]


def _asked(context: StaticContext, days: Sequence[made.Raw], rounds: int) -> Iterator[Asked]:
    whole = _joined(days)
    for name, targets in TARGETS.items():
        scope = FlowScope(targets)
        found: Sequence[Flow] = context.flows(scope, NOW - WINDOW, NOW)
        took = sorted(1000 * cpu(lambda: context.flows(scope, NOW - WINDOW, NOW)) for _ in range(rounds))  # noqa: B023
        plain = statistics.median(1000 * cpu(lambda: _plain(whole, targets[0])) for _ in range(3))  # noqa: B023
        lines, flows = sum(flow.lines for flow in found), sum(flow.count for flow in found)
        yield Asked(name, lines, flows, statistics.median(took), took[int(0.95 * (len(took) - 1))], plain)


def _joined(days: Sequence[made.Raw]) -> made.Raw:
    """All flows as one table, which the plain way goes through."""
    fields = {name: np.concatenate([getattr(day, name) for day in days]) for name in made.COLUMNS}
    return made.Raw(day=0, **fields)


def _plain(whole: made.Raw, target: str) -> int:
    """Bytes by a look at every flow: those of the target on declared ports, with the declared peer."""
    text, _, bits = target.partition("/")
    first = int.from_bytes(bytes(map(int, text.split("."))), "big") >> (shift := 32 - int(bits or 32))
    mine = (whole.source >> shift == first) | (whole.destination >> shift == first)
    declared = np.zeros(whole.rows, bool)
    for port, peers in PORTS.items():
        there = np.isin(whole.destination, [made.NET + peer for peer in peers]) if peers else True
        declared |= (whole.port == port) & there
    return int(whole.size[mine & declared].sum())


def told(built: Built, asked: Sequence[Asked], held: bool) -> Iterator[str]:
    """What people read."""
    yield f"{built.flows:,} flows: built in {built.build_cpu_s:.1f} CPU-s, {built.bytes_a_flow:.1f} bytes a flow,"
    yield f"opened and tagged in {built.open_cpu_s:.2f} CPU-s; {built.memory_mb:.0f} MB at most, the raw flows among it"
    yield f"{'':22}{'lines':>9}{'flows':>11}{'median ms':>11}{'p95 ms':>9}{'plain ms':>10}{'ratio':>8}"
    for one in asked:
        figures = f"{one.median_ms:11.1f}{one.p95_ms:9.1f}{one.plain_ms:10.1f}{one.ratio:7.1f}x"
        yield f"{one.target:22}{one.lines:9,}{one.flows:11,}{figures}"
    bar = f"every question under {GOAL_MS:.0f} ms of CPU, and none dearer than the plain way"
    yield f"bar: {bar}: {'held' if held else 'MISSED'}"


def main() -> int:
    """Measure, print and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--flows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    built, asked = measure(given.flows, given.seed, given.rounds)
    held = all(one.median_ms < GOAL_MS and one.ratio > 1 for one in asked)
    answer = {"built": asdict(built), "asked": [asdict(one) | {"ratio": one.ratio} for one in asked], "held": held}
    print(json.dumps(answer) if given.json else "\n".join(told(built, asked, held)))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
