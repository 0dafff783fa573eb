"""A process that kills itself in the middle of a step-down: `python -m … HOME WHEN`."""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

from console.cli.simulation import SITE
from console.clock import now
from engine.control.lease import LeasePath
from engine.control.moves import key_of
from engine.model.execution import Command, Outcome, Release
from engine.model.request import Request
from engine.store.tx import Tx
from tests.bench import Bench, on_bench
from tests.engine.control.earning import TWO_ORIGINS
from tests.engine.control.harming import CUT, asked, declare, seen_twice

AGO = timedelta(seconds=30)


def die() -> None:
    """As by kill -9."""
    os.kill(os.getpid(), signal.SIGKILL)


async def main(home: Path, when: str) -> None:
    """Get as far as `when`."""
    with on_bench(home, now() - AGO) as bench:
        declare(bench, CUT)
        await bench.later(timedelta(0))
        request = await asked(bench, target=TWO_ORIGINS, lease=timedelta(minutes=4))
        outcome = await seen_twice(bench, request)
        command = await bench.write(lambda tx: _step(tx, bench, request, outcome, when))
        if when == "after-the-release" and isinstance(command, Release):
            await bench.parts.hands[SITE].release(command.work)
        die()


def _step(tx: Tx, bench: Bench, request: Request, outcome: Outcome, when: str) -> Command:
    order = LeasePath(tx, bench.desks(tx), key_of(request), bench.now).advance(outcome)
    if when == "before-the-commit":
        die()
    return order.command


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
