"""What stands in the table, whoever else writes there and whatever goes wrong."""

import asyncio
import json
import random
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from actions.connectors.nftables.connector import NftablesConnector
from actions.connectors.nftables.nft import Nft
from engine.errors import TargetRefused, TargetUnavailable
from engine.ports import Address, Network
from engine.target_ports import BlockScope
from tests.actions.connectors.nftables.faulty import FaultyNft
from tests.actions.connectors.nftables.namespaces import Site

NOW = datetime(2026, 11, 21, 3, 11, tzinfo=UTC)
SOON = NOW + timedelta(hours=1)
OURS, OTHER = "fl-00000000000000000001", "fl-00000000000000000002"
ADDRESS, PREFIX = ip_address("192.0.2.44"), ip_network("192.0.2.0/24")
SCOPES = pytest.mark.parametrize("scope", [None, BlockScope(port=443)], ids=["shared", "private"])
OTHERS_TABLE = """
table inet others {
  set listed { type ipv4_addr; elements = { 192.0.2.44 comment "theirs" }; }
  chain filter { type filter hook forward priority 0; ip saddr @listed counter drop comment "theirs"; }
}
table ip nat { chain post { type nat hook postrouting priority 100; oifname "none" masquerade; }; }
"""


def key(n: int) -> str:
    return f"fl-{n:020x}"


def edge(site: Site, **how: object) -> NftablesConnector:
    return NftablesConnector("edge-1", Nft(namespace=site.router, **how), lambda: NOW)  # type: ignore[arg-type]


@pytest.fixture
def connector(site: Site) -> NftablesConnector:
    return edge(site)


def ends(site: Site, place: str = "addresses4") -> list[tuple[str, int]]:
    """Comment and time-out of the elements of a set, as nft itself tells them."""
    (listed,) = (
        part["set"] for part in json.loads(site.nft("-j", "list", "set", "inet", "fireline", place))["nftables"][1:]
    )
    return [(entry["elem"]["comment"], entry["elem"]["timeout"]) for entry in listed.get("elem", [])]


async def test_an_element_carries_its_owner_and_ends_ten_minutes_after_the_lease(
    site: Site, connector: NftablesConnector
) -> None:
    await connector.block(ADDRESS, OURS, SOON)
    assert ends(site) == [(OURS, 3600 + 600)]


@pytest.mark.parametrize(("scope", "place"), [(None, "addresses4"), (BlockScope(port=443), OURS)])
async def test_renewing_moves_the_end_either_way(
    site: Site, connector: NftablesConnector, scope: BlockScope | None, place: str
) -> None:
    await connector.block(ADDRESS, OURS, SOON, scope)
    await connector.renew(OURS, SOON + timedelta(hours=1))
    assert ends(site, place) == [(OURS, 7200 + 600)]
    await connector.renew(OURS, NOW)
    assert ends(site, place) == [(OURS, 600)]
    assert await connector.blocks(ADDRESS, OURS)


async def test_a_repeated_block_may_end_later_but_never_sooner(site: Site, connector: NftablesConnector) -> None:
    await connector.block(ADDRESS, OURS, SOON)
    await connector.block(ADDRESS, OURS, NOW)
    assert ends(site) == [(OURS, 4200)]
    await connector.block(ADDRESS, OURS, SOON + timedelta(hours=1))
    assert ends(site) == [(OURS, 7800)]


async def test_what_ended_before_its_grace_is_refused(connector: NftablesConnector) -> None:
    with pytest.raises(TargetRefused, match="ended"):
        await connector.block(ADDRESS, OURS, NOW - timedelta(minutes=10))
    assert await connector.owned() == {}


async def test_renewing_what_is_gone_is_refused(connector: NftablesConnector) -> None:
    with pytest.raises(TargetRefused, match=OURS):
        await connector.renew(OURS, SOON)


async def test_one_owner_key_stands_for_one_target(connector: NftablesConnector) -> None:
    await connector.block(ADDRESS, OURS, SOON)
    with pytest.raises(TargetRefused, match=str(ADDRESS)):
        await connector.block(PREFIX, OURS, SOON)
    assert [*await connector.owned()] == [OURS]


@pytest.mark.parametrize("table", ["fireline", "edge_blocks"])
async def test_a_new_process_finds_what_the_old_one_left(site: Site, table: str) -> None:
    await edge(site, table=table).block(ADDRESS, OURS, SOON)
    await edge(site, table=table).block(PREFIX, OTHER, SOON, BlockScope(host="198.51.100.2"))
    found = await edge(site, table=table).owned()
    assert {owner: (what["action"], what["target"]) for owner, what in found.items()} == {
        OURS: ("network.block_ip", "192.0.2.44"),
        OTHER: ("network.block_segment", "192.0.2.0/24"),
    }


async def test_a_snapshot_names_every_owner_of_a_whole_block(connector: NftablesConnector) -> None:
    assert not (await connector.snapshot(ADDRESS)).present
    await connector.block(ADDRESS, OURS, SOON, BlockScope(port=443))
    assert not (await connector.snapshot(ADDRESS)).present
    await connector.block(PREFIX, OTHER, SOON)
    assert (await connector.snapshot(ADDRESS)).state == {"owners": [OTHER]}


@SCOPES
async def test_a_dry_run_changes_nothing(site: Site, connector: NftablesConnector, scope: BlockScope | None) -> None:
    await connector.dry_run(ADDRESS, OURS, SOON, scope)
    assert site.nft("list", "ruleset") == ""
    await connector.block(PREFIX, OTHER, SOON)
    before = site.nft("-s", "list", "ruleset")
    await connector.dry_run(ADDRESS, OURS, SOON, scope)
    with pytest.raises(TargetRefused):
        await connector.dry_run(ADDRESS, OTHER, SOON, scope)
    assert OURS not in site.nft("list", "ruleset")
    assert before.count("\n") == site.nft("-s", "list", "ruleset").count("\n")


async def test_health_makes_nothing(site: Site, connector: NftablesConnector) -> None:
    await connector.health()
    assert site.nft("list", "ruleset") == ""


async def test_twenty_at_once_stand_and_go(connector: NftablesConnector) -> None:
    many = {key(n): ip_address("192.0.2.0") + n for n in range(20)}
    await asyncio.gather(*(connector.block(target, owner, SOON) for owner, target in many.items()))
    assert {owner: what["target"] for owner, what in (await connector.owned()).items()} == {
        owner: str(target) for owner, target in many.items()
    }
    await asyncio.gather(*(connector.unblock(owner) for owner in many))
    assert await connector.owned() == {}


async def test_twenty_owners_of_one_address_are_independent(connector: NftablesConnector) -> None:
    owners = [key(n) for n in range(20)]
    await asyncio.gather(*(connector.block(ADDRESS, owner, SOON) for owner in owners))
    await asyncio.gather(*(connector.unblock(owner) for owner in owners[:-1]))
    assert [*await connector.owned()] == owners[-1:]
    assert await connector.blocks(ADDRESS, owners[-1])


async def test_writers_in_two_processes_lose_nothing(site: Site) -> None:
    here, there = edge(site), edge(site)
    odd, even = [key(n) for n in range(1, 20, 2)], [key(n) for n in range(0, 20, 2)]

    async def one_by_one(connector: NftablesConnector, owners: list[str]) -> None:
        for owner in owners:
            await connector.block(ADDRESS, owner, SOON)

    await asyncio.gather(one_by_one(here, odd), one_by_one(there, even))
    assert set(await here.owned()) == {*odd, *even}
    await asyncio.gather(*(here.unblock(owner) for owner in odd), *(there.unblock(owner) for owner in even))
    assert await here.owned() == {}


async def test_block_and_release_of_one_owner_at_once_leave_one_or_none(connector: NftablesConnector) -> None:
    for _ in range(5):
        await asyncio.gather(connector.block(ADDRESS, OURS, SOON), connector.unblock(OURS))
        await connector.unblock(OURS)
        assert await connector.owned() == {}


async def test_who_is_cancelled_holds_up_nobody(connector: NftablesConnector) -> None:
    first = asyncio.create_task(connector.block(ADDRESS, OURS, SOON))
    second = asyncio.create_task(connector.block(PREFIX, OTHER, SOON))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert await connector.blocks(PREFIX, OTHER)


@pytest.mark.parametrize("seed", range(8))
async def test_after_any_history_exactly_the_holders_stand(connector: NftablesConnector, seed: int) -> None:
    chance = random.Random(seed)
    targets: list[Address | Network] = [ADDRESS, PREFIX, ip_network("192.0.2.0/25"), ip_network("192.0.0.0/16")]
    places = {key(n): chance.choice(targets) for n in range(6)}
    scopes = {owner: chance.choice([None, None, BlockScope(port=443)]) for owner in places}
    holders = set[str]()
    for _ in range(12):
        changed = set(chance.sample(sorted(places), 2))
        holders ^= changed
        await asyncio.gather(
            *(connector.block(places[owner], owner, SOON, scopes[owner]) for owner in changed & holders),
            *(connector.unblock(owner) for owner in changed - holders),
        )
        assert set(await connector.owned()) == holders
        assert {owner for owner in places if await connector.blocks(places[owner], owner)} == holders


@SCOPES
async def test_other_tables_are_left_alone(site: Site, connector: NftablesConnector, scope: BlockScope | None) -> None:
    site.nft("-f", "-", stdin=OTHERS_TABLE)
    before = site.nft("list", "ruleset")
    await connector.block(ADDRESS, OURS, SOON, scope)
    await connector.unblock(OURS)
    site.nft("delete", "table", "inet", "fireline")
    assert site.nft("list", "ruleset") == before


@pytest.mark.parametrize(
    "theirs", ["192.0.2.0/24", "192.0.2.7-192.0.2.99", "0.0.0.0/0", f'192.0.0.0/16 comment "{OURS}x"']
)
async def test_somebody_elses_element_in_our_set_stays(site: Site, connector: NftablesConnector, theirs: str) -> None:
    await connector.block(ip_network("198.18.0.0/15"), OTHER, SOON)
    await connector.unblock(OTHER)
    site.nft("add", "element", "inet", "fireline", "prefixes4", f"{{ {theirs} }}")
    await connector.block(PREFIX, OURS, SOON)
    assert await connector.blocks(PREFIX, OURS)
    await connector.unblock(OURS)
    assert await connector.owned() == {}
    assert theirs in site.nft("list", "set", "inet", "fireline", "prefixes4")


async def test_a_table_of_our_name_but_not_our_shape_is_refused(site: Site, connector: NftablesConnector) -> None:
    site.nft("-f", "-", stdin="table inet fireline { chain forward { type filter hook input priority 5; }; }")
    before = site.nft("list", "ruleset")
    with pytest.raises(TargetRefused):
        await connector.health()
    with pytest.raises(TargetRefused):
        await connector.block(ADDRESS, OURS, SOON)
    assert site.nft("list", "ruleset") == before


@SCOPES
@pytest.mark.parametrize("blow", ["delete table inet fireline", "flush ruleset"])
async def test_a_deleted_table_shows_as_gone_and_comes_back_with_the_next_block(
    site: Site, connector: NftablesConnector, blow: str, scope: BlockScope | None
) -> None:
    await connector.block(ADDRESS, OURS, SOON, scope)
    site.nft(*blow.split())
    assert await connector.element(OURS) is None
    assert await connector.owned() == {}
    await connector.unblock(OURS)
    await connector.block(ADDRESS, OURS, SOON, scope)
    assert await connector.blocks(ADDRESS, OURS)


@pytest.mark.parametrize(("scope", "place"), [(None, "addresses4"), (BlockScope(port=443), OURS)])
async def test_a_flushed_set_shows_as_gone(
    site: Site, connector: NftablesConnector, scope: BlockScope | None, place: str
) -> None:
    await connector.block(ADDRESS, OURS, SOON, scope)
    site.nft("flush", "set", "inet", "fireline", place)
    assert await connector.element(OURS) is None
    assert not await connector.blocks(ADDRESS, OURS)
    await connector.block(ADDRESS, OURS, SOON, scope)
    assert await connector.blocks(ADDRESS, OURS)


@pytest.mark.parametrize(
    "blow",
    [
        "flush table inet fireline",
        "flush chain inet fireline forward",
        "insert rule inet fireline forward accept",
        "insert rule inet fireline owners accept",
        f"flush chain inet fireline {OURS}",
        f"insert rule inet fireline {OURS} accept",
    ],
)
async def test_an_element_without_its_rules_is_there_but_blocks_nothing_until_blocked_again(
    site: Site, connector: NftablesConnector, blow: str
) -> None:
    scope = BlockScope(port=443)
    await connector.block(ADDRESS, OURS, SOON, scope)
    site.nft(*blow.split())
    assert await connector.element(OURS)
    assert not await connector.blocks(ADDRESS, OURS)
    await connector.block(ADDRESS, OURS, SOON, scope)
    assert await connector.blocks(ADDRESS, OURS)
    assert [*await connector.owned()] == [OURS]


async def test_repairing_our_rules_keeps_what_others_put_into_our_chains(
    site: Site, connector: NftablesConnector
) -> None:
    await connector.block(ADDRESS, OURS, SOON)
    site.nft("insert", "rule", "inet", "fireline", "forward", "counter", "comment", '"theirs"')
    await connector.block(PREFIX, OTHER, SOON)
    assert await connector.blocks(ADDRESS, OURS)
    assert "theirs" in site.nft("list", "chain", "inet", "fireline", "forward")


async def test_a_missing_nft_is_refused_and_named(site: Site) -> None:
    connector = edge(site, program=("/nowhere/nft",))
    for call in (connector.health(), connector.owned(), connector.unblock(OURS), connector.block(ADDRESS, OURS, SOON)):
        with pytest.raises(TargetRefused, match="/nowhere/nft"):
            await call


async def test_a_missing_command_outside_any_namespace_is_refused_and_named() -> None:
    with pytest.raises(TargetRefused, match="/nowhere/nft"):
        await NftablesConnector("edge-1", Nft(program=("/nowhere/nft",)), lambda: NOW).health()


async def test_a_missing_namespace_is_refused_and_named(site: Site) -> None:
    connector = NftablesConnector("edge-1", Nft(namespace=f"{site.router}-x"), lambda: NOW)
    for call in (connector.health(), connector.unblock(OURS)):
        with pytest.raises(TargetRefused, match=f"{site.router}-x"):
            await call


async def test_without_permission_everything_is_refused(site: Site, connector: NftablesConnector) -> None:
    await connector.block(ADDRESS, OURS, SOON)
    nobody = edge(site, program=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "nft"))
    for call in (nobody.health(), nobody.owned(), nobody.unblock(OURS), nobody.block(ADDRESS, OTHER, SOON)):
        with pytest.raises(TargetRefused, match="not permitted"):
            await call
    assert [*await connector.owned()] == [OURS]


async def test_what_does_not_answer_is_unavailable_and_ended(site: Site, tmp_path: Path) -> None:
    started = tmp_path / "pid"
    hangs = f"import os, time; open({str(started)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    connector = edge(site, program=(sys.executable, "-c", hangs), timeout=timedelta(seconds=0.5))
    with pytest.raises(TargetUnavailable, match="did not end"):
        await connector.health()
    assert not Path("/proc", started.read_text()).exists()


async def test_an_answer_that_is_no_listing_is_unavailable(site: Site) -> None:
    with pytest.raises(TargetUnavailable, match="cannot read"):
        await edge(site, program=("echo", "hello")).owned()


async def test_a_release_that_nft_only_claims_is_found_out(site: Site, tmp_path: Path) -> None:
    faulty = FaultyNft(tmp_path)
    connector = edge(site, program=faulty.program)
    await connector.block(ADDRESS, OURS, SOON)
    faulty.switch_on("release_lies")
    with pytest.raises(TargetUnavailable, match=OURS):
        await connector.unblock(OURS)
    faulty.clear()
    await connector.unblock(OURS)
    assert await connector.owned() == {}


class FixedProbe:
    """Says of all traffic that it passes, or does not."""

    def __init__(self, answer: bool) -> None:
        self.answer = answer

    async def passes(self, target: Address | Network) -> bool:
        return self.answer


class SilentProbe:
    """Never comes back."""

    async def passes(self, target: Address | Network) -> bool:
        await asyncio.Event().wait()
        return True


@pytest.mark.parametrize(
    ("probe", "believed"), [(FixedProbe(False), True), (FixedProbe(True), False), (SilentProbe(), True)]
)
async def test_a_block_through_which_the_probe_passes_is_none(
    site: Site, probe: FixedProbe | SilentProbe, believed: bool
) -> None:
    nft, brief = Nft(namespace=site.router), timedelta(seconds=0.05)
    connector = NftablesConnector("edge-1", nft, lambda: NOW, probe=probe, probe_timeout=brief)
    await connector.block(ADDRESS, OURS, SOON)
    assert await connector.blocks(ADDRESS, OURS) is believed


async def test_the_probe_is_not_asked_about_a_block_that_leaves_other_traffic_alone(site: Site) -> None:
    connector = NftablesConnector("edge-1", Nft(namespace=site.router), lambda: NOW, probe=FixedProbe(True))
    await connector.block(ADDRESS, OURS, SOON, BlockScope(port=443))
    assert await connector.blocks(ADDRESS, OURS)
