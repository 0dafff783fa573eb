"""Whatever was acknowledged before a process was killed is there afterwards, and the record of it holds."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine.ledger.sealer import LedgerSealer
from engine.store.database import sqlite_url
from tests.engine.store.conftest import OpenStore, Verify
from tests.engine.store.samples import NOON, record

ROOT = Path(__file__).parents[3]


def acknowledged_before_the_kill(path: Path, enough: int) -> set[int]:
    """Let a process write to `path`, kill it after so many acknowledgements, and return all it managed to give."""
    command = [sys.executable, "-m", "tests.engine.store.acknowledging", sqlite_url(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(enough)]
        child.kill()
        rest = child.stdout.read().splitlines(keepends=True)
    return {int(line) for line in [*lines, *rest] if line.endswith(b"\n")}


@pytest.mark.parametrize("enough", [1, 250, 700])
async def test_every_acknowledged_write_outlives_a_kill(
    path: Path, enough: int, open_store: OpenStore, sealer: LedgerSealer, verify: Verify
) -> None:
    acknowledged = acknowledged_before_the_kill(path, enough)
    store = open_store()
    there = {incident.id: incident for incident in store.ask(lambda tx: tx.incidents.all())}
    assert len(acknowledged) >= enough
    assert {f"INC-{number}" for number in acknowledged} <= there.keys()
    assert await store.write(lambda tx: record(tx, "everybody")) == [2 * len(there)]
    await store.seal(sealer, NOON)
    report = verify(store)
    assert (report.verified, report.sealed) == (True, 2 * len(there) + 1)
