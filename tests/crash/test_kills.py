"""Worker, embedded server, both: killed at every step of both tables and inside blocks; nothing lost, doubled or late.

The seed stands in the summary; `CRASH_SEED=…` plays its choices again.
"""

import os
from collections.abc import Callable
from pathlib import Path
from random import SystemRandom

from tests.crash.campaign import Aim, run
from tests.crash.judge_runs import BLOCKS
from tests.crash.steps import STEPS, Table, split
from tests.crash.troubles import DISK, Trouble

KILLS = 60
EACH = 3
"""How often each step is hit, by one kill or another."""
TROUBLES = (Trouble.PAUSE_BOTH, Trouble.DROPPED, Trouble.DUPLICATED, Trouble.DISK_FULL, Trouble.CLOCK_BACK)
LEFT_OUT = set() if os.environ.get("FIRELINE_REQUIRE_REAL") == "1" else {*DISK}
"""What may be left out where we may not mount a disk."""
LONGEST_S = 600.0


async def test_nothing_is_lost_doubled_or_late_whatever_is_killed_when(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    seed = os.environ.get("CRASH_SEED") or str(SystemRandom().randrange(10**6))
    campaign = await run(tmp_path / "home", seed, Table(split(EACH)), Aim(KILLS, True, LONGEST_S, TROUBLES))
    report = "\n".join([*campaign.table.lines(), *campaign.lines()])
    record_property("kills", report)
    assert campaign.verdict.faults == [], report
    assert [step for step in STEPS if campaign.table.hits(step) < EACH] == [], report
    assert {*TROUBLES} - {*campaign.troubles} <= LEFT_OUT, report
    assert campaign.usual_in_flight >= 20, report
    assert [kind for kind in BLOCKS if campaign.inside[kind] < 10] == [], report
