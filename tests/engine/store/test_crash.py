"""Whatever was acknowledged before a process was killed is there afterwards, and the record of it holds."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine.ledger.sealer import LedgerSealer
from tests.engine.store.conftest import OpenStore, Verify
from tests.engine.store.samples import NOON, record

ROOT = Path(__file__).parents[3]


def acknowledged_before_the_kill(url: str, enough: int) -> set[int]:
    """Let a process write there, kill it after so many acknowledgements, and return all it managed to give."""
    command = [sys.executable, "-m", "tests.engine.store.acknowledging", url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(enough)]
        child.kill()
        rest = child.stdout.read().splitlines(keepends=True)
    return {int(line) for line in [*lines, *rest] if line.endswith(b"\n")}


@pytest.mark.parametrize(
    ("url", "enough"), [("in_file", 1), ("in_file", 250), ("in_file", 700), ("in_server", 250)], indirect=["url"]
)
async def test_every_acknowledged_write_outlives_a_kill(
    url: str, enough: int, open_store: OpenStore, sealer: LedgerSealer, verify: Verify
) -> None:
    acknowledged = acknowledged_before_the_kill(url, enough)
    store = open_store()
    there = {incident.id: incident for incident in store.ask(lambda tx: tx.incidents.all())}
    assert len(acknowledged) >= enough
    assert {f"INC-{number}" for number in acknowledged} <= there.keys()
    assert await store.write(lambda tx: record(tx, "everybody")) == [2 * len(there)]
    await store.seal(sealer, NOON)
    report = verify(store)
    assert (report.verified, report.sealed) == (True, 2 * len(there) + 1)
