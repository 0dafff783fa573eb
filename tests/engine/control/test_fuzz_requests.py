"""Thousands of made-up requests: many are carried out, and none touches what nobody may touch (I5).

`make fuzz REQUESTS=100000 SEED=1` runs as many as wanted, a few thousand at a time at a site of their own.
"""

import os
import shutil
from collections.abc import Iterator
from ipaddress import IPv4Network
from itertools import count
from pathlib import Path

from console.clock import now
from tests.bench import Bench, on_bench
from tests.engine.control.conftest import PLAYBOOKS
from tests.engine.control.playing import play
from tests.fuzzing import Fuzz, Tally

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "1500"))
SEED = os.environ.get("FUZZ_SEED", "20261121")
AT_A_SITE = 2500
"""Each site has room in its budgets for so many, and its history is dropped once it has been judged."""


def sizes(requests: int) -> Iterator[tuple[str, int]]:
    """How many are made up at each site, and from which seed."""
    for number in count():
        if number * AT_A_SITE >= requests:
            return
        yield f"{SEED}/{number}", min(AT_A_SITE, requests - number * AT_A_SITE)


async def made_up(home: Path, seed: str, requests: int) -> Tally:
    """So many requests at a fresh site, which is gone afterwards."""
    with on_bench(home, now()) as bench:
        play(bench, *PLAYBOOKS)
        tally = await Fuzz(bench, seed).run(requests)
    shutil.rmtree(home)
    return tally


async def test_of_many_made_up_requests_a_third_act_and_none_on_what_is_guarded(home: Path) -> None:
    tally = Tally()
    for seed, requests in sizes(REQUESTS):
        tally += await made_up(home, seed, requests)
        print(f"seed {SEED}: {tally}", flush=True)
    assert tally.breaches == []
    assert tally.asked == REQUESTS
    assert tally.refused > 0
    assert tally.aimed > REQUESTS / 50
    assert tally.protected > 0
    assert tally.share >= 0.3


async def test_the_judge_sees_what_was_done_past_every_check(bench: Bench) -> None:
    await bench.site.hosts.isolate("gw-01", "fl-1", ())
    await bench.site.firewall.block(IPv4Network("10.20.4.0/24"), "fl-2", None)
    await bench.site.directory.disable("glass-01", "fl-3")
    assert (await Fuzz(bench, SEED).run(0)).breaches == [
        "host.isolate on untouchable gw-01",
        "host.isolate on protected gw-01 below tier 4",
        "network.block_segment on protected 10.20.4.0/24 below tier 4",
        "identity.disable_account on protected glass-01 below tier 4",
    ]
