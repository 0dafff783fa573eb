"""Worker, embedded server, both: killed at every step of both tables and inside blocks; nothing lost, doubled or late.

The seed stands in the summary; `CRASH_SEED=…` plays its choices again.
"""

import os
from collections.abc import Callable
from pathlib import Path
from random import SystemRandom

from tests.crash.campaign import run
from tests.crash.judge_runs import BLOCKS
from tests.crash.steps import STEPS, Kill

QUOTA = {Kill.WORKER: 2, Kill.SERVER: 2, Kill.BOTH: 1}
"""How often each step is hit by each kill: five times in all."""
LONGEST_S = 420.0


async def test_nothing_is_lost_doubled_or_late_whatever_is_killed_when(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    seed = int(os.environ.get("CRASH_SEED") or SystemRandom().randrange(10**6))
    campaign = await run(tmp_path / "home", seed, QUOTA, 0, LONGEST_S)
    report = "\n".join(campaign.lines())
    record_property("kills", report)
    assert campaign.verdict.faults == [], report
    assert [step for step in STEPS if campaign.table.hits(step) < 5] == [], report
    assert campaign.usual_in_flight >= 12, report
    assert [kind for kind in BLOCKS if campaign.inside[kind] < 10] == [], report
