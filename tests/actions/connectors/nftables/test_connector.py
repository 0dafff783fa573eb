"""What stands in the table, for whom and until when, however many ask at once."""

import asyncio
import json
import random
from datetime import timedelta
from ipaddress import ip_address, ip_network

import pytest

from actions.connectors.nftables.connector import NftablesConnector
from engine.errors import TargetRefused
from engine.ports import Address, Network
from engine.target_ports import BlockScope
from tests.actions.connectors.nftables.edge import ADDRESS, NOW, OTHER, OURS, PREFIX, SCOPES, SOON, edge
from tests.actions.connectors.nftables.namespaces import Site


def key(n: int) -> str:
    return f"fl-{n:020x}"


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
