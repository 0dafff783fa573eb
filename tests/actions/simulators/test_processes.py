"""Several processes share one site, and any of them may be killed at any instant."""

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actions.simulators.events import Op
from actions.simulators.site import Site
from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[3]
WORKER = """
import asyncio, sys
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from actions.simulators.site import Site
from engine.context.file import ContextFile

async def work(site):
    for n in range(int(sys.argv[2])):
        target, owner = ip_address(f"203.0.113.{n % 250 + 1}"), f"fl-{n:020}"
        await site.firewall.block(target, owner, None)
        print(owner, flush=True)
        if n % 3 == 0:
            await site.firewall.unblock(owner)

site = Site(Path(sys.argv[1]), ContextFile(), lambda: datetime(2026, 11, 21, tzinfo=UTC))
print("ready", flush=True)
sys.stdin.readline()
asyncio.run(work(site))
"""

Start = Callable[[int], "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a process that blocks so many addresses at the site, each under its own key, once it is told to."""
    started: list[subprocess.Popen[str]] = []

    def start(count: int) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", WORKER, str(tmp_path / "site"), str(count)]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go(*processes: "subprocess.Popen[str]") -> None:
    assert [line(process) for process in processes] == ["ready"] * len(processes)
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


def times(site: Site, op: Op) -> Counter[str]:
    return Counter(event.owner for event in site.history() if event.op is op)


def test_processes_that_do_the_same_under_the_same_keys_do_it_once(start: Start, site: Site) -> None:
    workers = [start(60) for _ in range(3)]
    go(*workers)
    assert [worker.wait(timeout=PATIENCE_S) for worker in workers] == [0, 0, 0]
    kept = {f"fl-{n:020}" for n in range(60) if n % 3}
    placed = times(site, Op.PLACED)
    assert placed.keys() == {f"fl-{n:020}" for n in range(60)}
    assert {owner: placed[owner] for owner in kept} == dict.fromkeys(kept, 1)


@pytest.mark.parametrize("seed", range(4))
async def test_killed_at_any_instant_the_site_is_whole_and_goes_on(start: Start, site: Site, seed: int) -> None:
    worker = start(100_000)
    go(worker)
    told = [line(worker) for _ in range(random.Random(seed).randint(1, 400))]
    worker.kill()
    worker.wait()

    owned = await site.owned()
    released = times(site, Op.RELEASED)
    assert all(owner in owned or owner in released for owner in told)
    assert set(times(site, Op.PLACED).values()) == {1}

    again = start(len(told))
    go(again)
    assert again.wait(timeout=PATIENCE_S) == 0
    assert (await site.owned()).keys() >= {owner for n, owner in enumerate(told) if n % 3}
