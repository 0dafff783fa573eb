"""Thousands of made-up requests: many are carried out, and none touches what nobody may touch (I5).

`make fuzz REQUESTS=100000 SEED=1` runs as many as wanted.
"""

import os
from ipaddress import IPv4Network

from tests.bench import Bench
from tests.fuzzing import Fuzz

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "1500"))
SEED = int(os.environ.get("FUZZ_SEED", "20261121"))


async def test_of_many_made_up_requests_a_third_act_and_none_on_what_is_guarded(bench: Bench) -> None:
    tally = await Fuzz(bench, SEED).run(REQUESTS)
    print(
        f"seed {SEED}: {tally.asked} requests, {tally.refused} refused as bad input, {tally.aimed} aimed at what is "
        f"guarded; {tally.share:.1%} with an effect, {tally.protected} of them on protected targets, approved at tier 4"
    )
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
