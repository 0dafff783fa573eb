"""A step-down that something dies over is done once, and its effect released once."""

import subprocess
import sys
from pathlib import Path

import pytest

from actions.simulators.events import Op
from console.cli.simulation import SITE
from console.clock import now
from engine.control.lease import LeasePath
from engine.control.moves import key_of
from engine.control.verdicts import release_by_hand
from engine.errors import StaleState
from engine.model.execution import Outcome, Release, Result
from engine.model.finding import Finding
from engine.store.tx import Tx
from tests.bench import Bench, on_bench
from tests.engine.control.harming import CUT, bodies, declare, harmful, lease_of, pages, step
from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[3]


async def test_a_step_down_that_is_cut_short_leaves_nothing_and_is_done_once(bench: Bench, beacon: Finding) -> None:
    request, outcome = await harmful(bench, beacon)

    def cut_short(tx: Tx) -> None:
        LeasePath(tx, bench.desks(tx), key_of(request), bench.now).advance(outcome)
        raise StaleState("the worker died here")

    with pytest.raises(StaleState):
        await bench.write(cut_short)
    assert (pages(bench), bodies(bench, "request.stepped_down")) == ([], [])
    assert lease_of(bench, request).state == "active"
    assert isinstance(await step(bench, request, outcome), Release)
    assert (len(pages(bench)), len(bodies(bench, "request.stepped_down"))) == (1, 1)


@pytest.mark.parametrize("releases", [0, 1], ids=["lost-before", "lost-after"])
async def test_a_worker_lost_over_the_release_steps_down_once(bench: Bench, beacon: Finding, releases: int) -> None:
    request, outcome = await harmful(bench, beacon)
    command = await step(bench, request, outcome)
    assert isinstance(command, Release)
    for _ in range(releases):
        await bench.parts.hands[SITE].release(command.work)
    await step(bench, request, Outcome(result=Result.LOST, at=bench.now))
    await bench.carry(key_of(request))
    assert (lease_of(bench, request).state, bench.request(request.id).state) == ("released", "ended")
    assert len(bodies(bench, "request.stepped_down")) == 1
    assert await bench.standing() == []
    assert [event.op for event in bench.site.history() if event.owner == command.work.owner].count(Op.RELEASED) == 1


async def test_a_failed_look_after_a_person_let_go_changes_nothing(bench: Bench, beacon: Finding) -> None:
    request, outcome = await harmful(bench, beacon)
    tom = bench.person("tom")
    await bench.write(
        lambda tx: release_by_hand(tx, bench.desks(tx), tom, lease_of(bench, request).id, "mine", bench.now)
    )
    await step(bench, request)
    await step(bench, request, outcome)
    assert bodies(bench, "lease.harm") == []


@pytest.mark.parametrize(
    ("when", "left"),
    [
        ("before-the-commit", ("active", 0)),
        ("before-the-release", ("releasing", 1)),
        ("after-the-release", ("releasing", 1)),
    ],
)
async def test_killed_in_the_middle_it_steps_down_once_and_releases_once(
    home: Path, when: str, left: tuple[str, int]
) -> None:
    command = [sys.executable, "-m", "tests.engine.control.stepping_down", str(home), when]
    dead = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S)
    assert dead.returncode == -9, dead.stderr
    with on_bench(home, now()) as bench:
        declare(bench, CUT)
        [lease] = bench.read(lambda tx: tx.leases.all())
        assert (lease.state, len(bodies(bench, "request.stepped_down"))) == left
        await bench.carry(lease.key)
        [after] = bench.read(lambda tx: tx.leases.all())
        assert after.state == "released"
        assert (len(bodies(bench, "request.stepped_down")), len(pages(bench))) == (1, 1)
        assert [event.op for event in bench.site.history() if event.owner == lease.owner].count(Op.RELEASED) == 1
