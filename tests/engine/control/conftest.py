"""The bench, and alerts of the demo's incidents."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from console.clock import now
from detectors.generators import alerts
from engine.control.governance import begin
from engine.model.finding import Finding
from engine.playbook_file import load_playbooks
from tests.bench import Bench, findings, on_bench
from tests.engine.control.playing import play

PLAYBOOKS = load_playbooks(Path(__file__).parents[1] / "playbooks" / "flat", ActionSpecs())
"""One step each, so that what a test sees is what the engine does with it."""


@pytest.fixture
async def bench(home: Path) -> AsyncIterator[Bench]:
    """An engine whose clock stands until it is moved."""
    with on_bench(home, now()) as made:
        play(made, *PLAYBOOKS)
        await made.later(timedelta(0))
        yield made


@pytest.fixture
def exfiltration(bench: Bench, tmp_path: Path) -> Finding:
    """It asks for an isolation at tier 4, and for a block meanwhile."""
    return findings(alerts.exfiltration(bench.now), tmp_path)[0]


@pytest.fixture
def beacon(bench: Bench, tmp_path: Path) -> Finding:
    """It has a listed address blocked by itself."""
    return findings(alerts.beaconing(bench.now, beats=1), tmp_path)[0]


@pytest.fixture
def takeover(bench: Bench, tmp_path: Path) -> Finding:
    """It asks about a privileged account, and holds a block meanwhile."""
    return findings(alerts.account_compromise(bench.now), tmp_path)[0]


@pytest.fixture
def alert(bench: Bench, tmp_path: Path) -> Finding:
    """Its detector may block outside addresses by itself."""
    return findings(list(alerts.findings(1, bench.now)), tmp_path)[0]


@pytest.fixture
async def governed(bench: Bench) -> Bench:
    """The bench after its first start."""
    assert await bench.write(lambda tx: begin(tx, bench.parts.given, bench.now)) == ()
    return bench
