"""Real packets through a real router: they pass, are dropped, and pass again."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import pytest

from actions.connectors.nftables.connector import NftablesConnector
from actions.connectors.nftables.nft import Nft
from engine.errors import TargetRefused
from engine.model.action import Spare
from engine.ports import Address, Network
from engine.target_ports import BlockScope
from tests.actions.connectors.nftables.namespaces import Site, answers, eventually

BRIEF = timedelta(seconds=2)
"""After this an element goes by itself; well within it comes what has to come before."""
BY_ITSELF_S = 10.0
OURS, OTHER = "fl-00000000000000000001", "fl-00000000000000000002"
SERVER4, SERVER6 = ip_address(Site.SERVER4), ip_address(Site.SERVER6)
ACCEPTS_ESTABLISHED = """
table inet others {
  chain early { type filter hook forward priority -300; ct state established,related accept; }
  chain filter { type filter hook forward priority 0; ct state established,related accept; accept; }
}
"""


def now() -> datetime:
    return datetime.now(UTC)


def soon() -> datetime:
    return now() + timedelta(minutes=1)


@pytest.fixture
def connector(site: Site) -> NftablesConnector:
    return NftablesConnector("edge-1", Nft(namespace=site.router), now)


@pytest.mark.parametrize(
    "target",
    [SERVER4, ip_network("203.0.113.0/24"), SERVER6, ip_network("2001:db8:2::/48")],
    ids=["address4", "prefix4", "address6", "prefix6"],
)
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
async def test_traffic_passes_is_dropped_and_passes_again(
    site: Site, connector: NftablesConnector, target: Address | Network, protocol: str
) -> None:
    server = Site.SERVER4 if target.version == 4 else Site.SERVER6
    passes: Callable[[str], Awaitable[bool]] = getattr(site, protocol)
    assert await passes(server)
    await connector.block(target, OURS, soon())
    assert await connector.blocks(target, OURS)
    assert not await passes(server)
    await connector.unblock(OURS)
    assert await passes(server)


@pytest.mark.parametrize("server", [Site.SERVER4, Site.SERVER6])
async def test_the_blocked_side_may_be_the_client(site: Site, connector: NftablesConnector, server: str) -> None:
    client = Site.CLIENT4 if server == Site.SERVER4 else Site.CLIENT6
    await connector.block(ip_address(client), OURS, soon())
    assert not await site.tcp(server)
    await connector.unblock(OURS)
    assert await site.tcp(server)


@pytest.mark.parametrize("server", [Site.SERVER4, Site.SERVER6])
async def test_an_open_connection_is_cut_though_others_accept_it_as_established(
    site: Site, connector: NftablesConnector, server: str
) -> None:
    site.nft("-f", "-", stdin=ACCEPTS_ESTABLISHED)
    with await site.connect(server) as connection:
        assert await answers(connection)
        await connector.block(ip_address(server), OURS, soon())
        assert not await answers(connection)


async def test_traffic_of_the_firewall_itself_is_blocked_both_ways(site: Site, connector: NftablesConnector) -> None:
    assert await site.tcp(Site.ROUTER4)
    await connector.block(ip_address(Site.CLIENT4), OURS, soon())
    assert not await site.tcp(Site.ROUTER4)
    await connector.block(SERVER4, OTHER, soon())
    with pytest.raises(TimeoutError):
        await site.connect_from_router(Site.SERVER4)
    await connector.unblock(OTHER)
    (await site.connect_from_router(Site.SERVER4)).close()


async def test_a_scope_blocks_only_its_host(site: Site, connector: NftablesConnector) -> None:
    await connector.block(SERVER4, OURS, soon(), BlockScope(host=Site.CLIENT4))
    assert not await site.tcp(Site.SERVER4)
    assert not await site.udp(Site.SERVER4)
    assert await site.tcp(Site.SERVER4, client=Site.OTHER4)


async def test_a_scope_blocks_only_its_port_and_protocol(site: Site, connector: NftablesConnector) -> None:
    with await site.connect(Site.SERVER6) as connection:
        await connector.block(SERVER6, OURS, soon(), BlockScope(port=Site.PORT, protocol="tcp"))
        assert not await answers(connection)
    assert not await site.tcp(Site.SERVER6)
    assert await site.tcp(Site.SERVER6, Site.OTHER_PORT)
    assert await site.udp(Site.SERVER6)


@pytest.mark.parametrize(("server", "client"), [(Site.SERVER4, Site.CLIENT4), (Site.SERVER6, Site.CLIENT6)])
async def test_a_spared_flow_goes_on_and_nothing_else_does(
    site: Site, connector: NftablesConnector, server: str, client: str
) -> None:
    spare = Spare(peer=client, port=Site.PORT)
    with await site.connect(server) as connection:
        await connector.block(ip_address(server), OURS, soon(), BlockScope(spare=(spare,)))
        assert await answers(connection)
    # Neighbours must still be found, or a spared flow dies some seconds later.
    site.forget_neighbours()
    assert await eventually(lambda: site.tcp(server))
    assert not await site.tcp(server, Site.OTHER_PORT)
    assert not await site.udp(server)


async def test_a_spared_port_as_source_opens_no_other_port(site: Site, connector: NftablesConnector) -> None:
    spare = Spare(peer=Site.CLIENT4, port=777)
    assert await site.tcp(Site.SERVER4, source_port=777)
    await connector.block(SERVER4, OURS, soon(), BlockScope(spare=(spare,)))
    assert not await site.tcp(Site.SERVER4, source_port=777)


async def test_what_one_owner_spares_another_still_blocks(site: Site, connector: NftablesConnector) -> None:
    spare = Spare(peer=Site.CLIENT4, port=Site.PORT)
    await connector.block(SERVER4, OURS, soon(), BlockScope(spare=(spare,)))
    await connector.block(SERVER4, OTHER, soon(), BlockScope(port=Site.PORT))
    assert not await site.tcp(Site.SERVER4)
    await connector.unblock(OTHER)
    assert await site.tcp(Site.SERVER4)


@pytest.mark.parametrize("first", [OURS, OTHER])
@pytest.mark.parametrize("wider", [SERVER4, ip_network("203.0.113.0/24")], ids=["same", "around"])
async def test_the_last_of_two_owners_lets_the_traffic_go(
    site: Site, connector: NftablesConnector, first: str, wider: Address | Network
) -> None:
    await connector.block(SERVER4, OURS, soon())
    await connector.block(wider, OTHER, soon())
    (last,) = {OURS, OTHER} - {first}
    await connector.unblock(first)
    assert not await site.tcp(Site.SERVER4)
    await connector.unblock(last)
    assert await site.tcp(Site.SERVER4)


@pytest.mark.parametrize("scope", [None, BlockScope(port=Site.PORT)], ids=["shared", "private"])
async def test_a_block_ends_by_itself_when_nobody_is_there_to_release_it(site: Site, scope: BlockScope | None) -> None:
    dying = NftablesConnector("edge-1", Nft(namespace=site.router), now, grace=BRIEF)
    await dying.block(SERVER4, OURS, now(), scope)
    assert not await site.tcp(Site.SERVER4)
    del dying
    assert await eventually(lambda: site.tcp(Site.SERVER4), BY_ITSELF_S)


async def test_what_the_kernel_let_go_is_gone_for_us_too(site: Site, connector: NftablesConnector) -> None:
    brief = NftablesConnector("edge-1", Nft(namespace=site.router), now, grace=BRIEF)
    await brief.block(SERVER4, OURS, now(), BlockScope(port=Site.PORT))

    async def gone() -> bool:
        return await connector.element(OURS) is None

    assert await eventually(gone, BY_ITSELF_S)
    assert not await connector.blocks(SERVER4, OURS)
    assert await connector.owned() == {}
    with pytest.raises(TargetRefused):
        await connector.renew(OURS, soon())
    await connector.block(SERVER6, OTHER, soon())
    assert OURS not in site.nft("list", "ruleset")


async def test_a_renewed_block_outlives_its_first_end(site: Site) -> None:
    brief = NftablesConnector("edge-1", Nft(namespace=site.router), now, grace=BRIEF)
    await brief.block(SERVER4, OURS, now())
    await brief.block(SERVER6, OTHER, now())
    await brief.renew(OURS, soon())
    assert await eventually(lambda: site.tcp(Site.SERVER6), BY_ITSELF_S)
    assert not await site.tcp(Site.SERVER4)
