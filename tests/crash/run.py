"""Kill the worker, the embedded server, or both, at every step of the tables: `make crash KILLS=1000 SEED=1`.

The last line says what came of it: kills, transitions covered, lost, doubled, late, disagreements, seconds. The exit
code is 0 only if every step was hit as often as asked, and nothing was lost, doubled, late or in disagreement.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.crash.rounds import Attacked
from tests.crash.steps import Table, split

EACH_OF = 50
"""Kills for each hit of a step: of 1000 kills at least 20 at every step."""
LEAST = 5
INTERRUPTED = 130


def main() -> int:
    """Play, tell each round as it ends and the whole at last, also where Ctrl-C ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=60, help="kill at least so often")
    parser.add_argument("--each", type=int, default=0, help="hit each step so often (default: kills / 50, at least 5)")
    parser.add_argument("--seed", default="", help="plays the choices of that seed again")
    parser.add_argument("--homes", type=Path, help="a folder whose homes stay; else they go")
    given = parser.parse_args()
    # Whoever stops us stops what we started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    seed = given.seed or str(int.from_bytes(os.urandom(3)))
    attacked = Attacked(seed, given.kills, Table(split(given.each or max(LEAST, given.kills // EACH_OF))))
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="fireline-crash-", ignore_cleanup_errors=True) as folder:
        try:
            asyncio.run(play(attacked, given.homes or Path(folder)))
            code = 0 if attacked.clean else 1
        except KeyboardInterrupt:
            code = INTERRUPTED
            print("interrupted: the round under way does not count")
    print("\n".join(attacked.lines()), flush=True)
    return code


async def play(attacked: Attacked, homes: Path) -> None:
    """Tell each round as it ends."""
    async for campaign in attacked.play(homes):
        print("\n".join(campaign.lines()), flush=True)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
