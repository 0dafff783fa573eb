"""Worker, embedded server, both: killed while a real firewall is in use, whose sets then hold what the leases say.

The seed stands in what the test prints; `CRASH_SEED=…` plays its choices again.
"""

import os
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random, SystemRandom

from actions.connectors.nftables.connector import NftablesConnector
from actions.connectors.nftables.nft import Nft
from engine.model.base import Json
from engine.model.lease import LeaseState
from engine.model.request import RequestState
from tests.actions.connectors.nftables.edge import ADDRESS, OURS
from tests.actions.connectors.nftables.kills.campaign import CHOSEN, Siege, engine_at
from tests.actions.connectors.nftables.kills.journal import OWNER, journal_of
from tests.actions.connectors.nftables.kills.load import PERSON, Blocks
from tests.actions.connectors.nftables.namespaces import Site, eventually
from tests.crash.steps import Kill
from tests.patience import PATIENCE_S

OTHERS = """
table inet others {
  set listed { type ipv4_addr; elements = { 192.0.2.44 comment "theirs" }; }
  chain filter { type filter hook forward priority 0; ip saddr @listed counter drop comment "theirs"; }
}
"""
IN_OUR_SET = '192.0.2.254 comment "theirs"'
LONG_GRACE = "90s"
"""Longer than the slack in renewing and than any outage: whatever went, the engine took back and not the kernel."""
SHORT_GRACE = timedelta(seconds=2)


def now() -> datetime:
    return datetime.now(UTC)


async def move_in_others(site: Site, firewall: NftablesConnector) -> str:
    """Somebody else's table, and their element in a set of ours, which our first block makes."""
    site.nft("-f", "-", stdin=OTHERS)
    await firewall.block(ADDRESS, OURS, now() + timedelta(minutes=1))
    await firewall.unblock(OURS)
    site.nft("add", "element", "inet", "fireline", "addresses4", f"{{ {IN_OUR_SET} }}")
    return site.nft("list", "table", "inet", "others")


async def test_after_every_kill_the_sets_hold_exactly_what_the_leases_say(
    site: Site, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    seed = int(os.environ.get("CRASH_SEED") or SystemRandom().randrange(10**6))
    random, began = Random(seed), time.monotonic()
    firewall = NftablesConnector("edge-1", Nft(namespace=site.router), now)
    theirs = await move_in_others(site, firewall)
    async with journal_of(site.router) as journal, engine_at(tmp_path / "home", site.router, LONG_GRACE) as running:
        plant, view, doors = running
        siege = Siege(plant, view, Blocks(doors, view, random), firewall, random)
        await siege.run()
        events = [*journal.events()]
        verdict = siege.judge(events)
    promises = siege.blocks.promises
    faults = [f"{fault.kind}: {fault.text}" for fault in verdict.faults]
    summary = (
        f"seed {seed}: kills {len(siege.hits)}, requests {len(promises.requests)}, extended {len(promises.extended)}, "
        f"released {len(promises.released)}, joined {promises.joined}, renewals {journal.renewals()}, elements at "
        f"the comparisons {siege.stood}, latest release {verdict.latest_s:.1f} s, {time.monotonic() - began:.0f} s"
    )
    report = "\n".join([*faults, summary])
    print(report)
    record_property("kills", report)
    assert verdict.faults == [], report
    assert {(hit.kill, step) for hit, step in siege.hits} >= {(kill, step) for kill in Kill for step in CHOSEN}, report
    assert all((promises.extended, promises.released, promises.joined, journal.renewals(), sum(siege.stood))), report
    assert journal.of_others() == []
    assert site.nft("list", "table", "inet", "others") == theirs
    assert IN_OUR_SET in site.nft("list", "set", "inet", "fireline", "addresses4")
    assert re.findall(OWNER, site.nft("list", "ruleset")) == []


async def test_with_everything_dead_for_good_a_block_ends_by_itself_after_its_lease(site: Site, tmp_path: Path) -> None:
    async with engine_at(tmp_path / "home", site.router, "2s") as (plant, view, doors):
        body: Json = {"action": "network.block_ip", "target": Site.SERVER4, "lease_s": 3, "reason": "a test"}
        assert await site.tcp(Site.SERVER4)
        request = (await doors.post("/actions", body, PERSON)).json()["id"]
        await doors.close()
        assert await view.until(lambda: view.state(request) is RequestState.HELD, PATIENCE_S)
        await plant.strike(Kill.BOTH)
        assert not await site.tcp(Site.SERVER4)
        assert await eventually(lambda: site.tcp(Site.SERVER4))
        passed = now()
        (lease,) = view.leases()
    assert lease.state is LeaseState.ACTIVE
    assert lease.expires_at is not None and lease.told_until is not None
    assert lease.expires_at <= passed <= lease.told_until + SHORT_GRACE + timedelta(seconds=2)
    assert re.findall(OWNER, site.nft("list", "set", "inet", "fireline", "addresses4")) == []
