"""Somebody else writes on the same router, in other tables and in ours."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from actions.connectors.nftables.connector import NftablesConnector
from engine.errors import TargetRefused
from engine.target_ports import BlockScope
from tests.actions.connectors.nftables.edge import ADDRESS, OTHER, OURS, PREFIX, SCOPES, SOON
from tests.actions.connectors.nftables.namespaces import Site

OTHERS_TABLE = """
table inet others {
  set listed { type ipv4_addr; elements = { 192.0.2.44 comment "theirs" }; }
  chain filter { type filter hook forward priority 0; ip saddr @listed counter drop comment "theirs"; }
}
table ip nat { chain post { type nat hook postrouting priority 100; oifname "none" masquerade; }; }
"""


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


async def test_what_the_docs_do_by_hand_works(site: Site, connector: NftablesConnector) -> None:
    page = (Path(__file__).parents[4] / "docs" / "connectors.md").read_text()
    commands = [line.split() for line in page.splitlines() if line.startswith("nft ")]
    await connector.block(ADDRESS, OURS, SOON)
    await connector.block(ADDRESS, OTHER, SOON)
    look, let_one_go, let_an_owner_go, let_all_go = commands
    assert OURS in site.nft(*look[1:])
    site.nft(*let_one_go[1:])
    assert await connector.blocks(ADDRESS)
    site.nft(*let_an_owner_go[1:])
    assert not await connector.blocks(ADDRESS)
    site.nft(*let_all_go[1:])
    assert site.nft("list", "ruleset") == ""
