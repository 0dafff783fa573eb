"""What a storm costs at the door: findings of one mistrained version taken in, gathered beyond its hour or not.

Both sides take the same findings about as many hosts in the same batches, in turn, each into a fresh database. Without
a limit each finding opens an incident and starts a workflow, which here only waits to be started: the playbooks and
checks behind it are not counted. Judged is that gathering is cheaper, and that what is left to be done does not grow.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from console import first_run
from console.cli.assembly import assemble
from detectors.generators import alerts
from detectors.intake.reader import Accepted, read
from engine.control.accept import accept
from engine.control.desk import Desk
from engine.model.finding import Finding
from engine.settings import Settings
from engine.store.store import Store

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
BATCH, LIMIT = 500, 500


@dataclass(frozen=True)
class Side:
    """One run: CPU seconds, and how many workflows wait to be started after it."""

    cpu_s: float
    workflows: int


def made(count: int, folder: Path) -> list[Finding]:
    """One version's findings about as many hosts."""
    file = folder / "storm.jsonl"
    file.write_text("\n".join(alerts.findings(count, NOW, hosts=count)) + "\n")
    return [item.finding for item in read(file) if isinstance(item, Accepted)]


def desk_under(folder: Path, limit: int | None) -> Desk:
    """The demo's desk, with this limit."""
    settings = Settings(home=folder, policy="demo", site="demo")
    settings.make_directories()
    first_run.init(folder, "demo")
    desk = assemble(settings).desk
    budgets = desk.policy.document.budgets
    site = budgets.site.model_copy(update={"detector_findings_hour": limit})
    document = desk.policy.document.model_copy(update={"budgets": budgets.model_copy(update={"site": site})})
    return replace(desk, policy=replace(desk.policy, document=document))


async def take_in(found: Sequence[Finding], limit: int | None) -> Side:
    """All of them into a fresh database."""
    with tempfile.TemporaryDirectory() as name:
        settings, desk = Settings(home=Path(name)), desk_under(Path(name), limit)
        store = Store(settings.database_url)
        began = time.process_time()
        for first in range(0, len(found), BATCH):
            batch = found[first : first + BATCH]
            await store.write(lambda tx, batch=batch: accept(tx, desk, batch, "sensor", NOW))  # type: ignore[misc]
        cpu = time.process_time() - began
        workflows = len(store.ask(lambda tx: tx.outbox.pending(10 * len(found))))
        store.close()
        return Side(cpu, workflows)


def find(count: int, rounds: int) -> dict[str, Side]:
    """The median of both sides' rounds, taken in turn."""
    with tempfile.TemporaryDirectory() as name:
        found = made(count, Path(name))
    limits = {"gathered": LIMIT, "answered": None}
    runs = [{side: asyncio.run(take_in(found, limit)) for side, limit in limits.items()} for _ in range(rounds)]
    return {side: Side(median(run[side].cpu_s for run in runs), runs[0][side].workflows) for side in limits}


def main() -> int:
    """Measure, print and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--findings", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    sides = find(asked.findings, asked.rounds)
    gathered, answered = sides["gathered"], sides["answered"]
    held = gathered.cpu_s < answered.cpu_s and gathered.workflows <= LIMIT + 1
    if asked.json:
        print(json.dumps({name: asdict(side) for name, side in sides.items()} | {"held": held}))
    else:
        for name, side in sides.items():
            speed = asked.findings / side.cpu_s
            print(f"{name}: {asked.findings:,} findings, {speed:,.0f} a second of CPU, {side.workflows:,} workflows")
        print(f"bar: gathering is cheaper and leaves a bounded rest: {'held' if held else 'MISSED'}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
