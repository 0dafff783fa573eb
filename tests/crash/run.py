"""Kill the worker, the embedded server, or both, at every step of both tables: `python tests/crash/run.py --help`.

The last line says what came of it: kills, transitions covered, lost, doubled, late, disagreements, seconds.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.crash.campaign import Campaign, run
from tests.crash.steps import Kill

SEED = "CRASH_SEED"


def main() -> int:
    """Exit code 0 only if every step was hit as often as asked, and nothing was lost, doubled or late."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=0, help="kill at least so often")
    parser.add_argument("--each", type=int, default=0, help="hit each step so often by each kill (default: 2, 2 and 1)")
    parser.add_argument("--seed", type=int, default=int(os.environ.get(SEED, "0")) or int.from_bytes(os.urandom(3)))
    parser.add_argument("--within", type=float, default=600, help="seconds after which no kill follows")
    parser.add_argument("--home", type=Path, help="a new folder to play in, which stays")
    given = parser.parse_args()
    quota = {kill: given.each for kill in Kill} if given.each else {Kill.WORKER: 2, Kill.SERVER: 2, Kill.BOTH: 1}
    print(f"seed {given.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="fireline-crash-", ignore_cleanup_errors=True) as folder:
        home = given.home or Path(folder) / "home"
        campaign = asyncio.run(run(home, given.seed, quota, given.kills, given.within))
    tell(campaign)
    return 0 if campaign.clean else 1


def tell(campaign: Campaign) -> None:
    """The table, what is wrong, and the last line."""
    for line in campaign.lines():
        print(line)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
