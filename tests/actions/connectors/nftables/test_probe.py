"""Connections that are really tried: an answer disproves a block, silence proves none."""

import asyncio
import os
import socket
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from actions.connectors.nftables.connector import NftablesConnector
from actions.connectors.nftables.nft import Nft
from actions.connectors.nftables.probe import NAMESPACES, ConnectProbe
from actions.network_block_ip import BlockIp, BlockIpParams
from console.cli.zone import open_zone
from engine.errors import InvalidInput, TargetRefused, TargetUnavailable
from engine.model.connector import NftablesSettings, ProbeSettings
from engine.ports import Address
from engine.settings import Settings
from tests.actions.connectors.nftables.edge import ADDRESS, NOW, OTHER, OURS, PREFIX, SOON, edge
from tests.actions.connectors.nftables.namespaces import QUIET, Site, unless_quiet

LOOPBACK = ip_address("127.0.0.1")
SERVER4, SERVER6 = ip_address(Site.SERVER4), ip_address(Site.SERVER6)
SERVERS = pytest.mark.parametrize("server", [SERVER4, SERVER6], ids=["address4", "address6"])
CLOSED = 9
ALIAS = ip_address("203.0.113.9")
TRANSLATED = f"""
table ip others {{
  chain early {{ type nat hook prerouting priority -100; ip daddr {ALIAS} dnat to {SERVER4}; }}
}}
"""
NOT_443 = "table inet strict { chain f { type filter hook forward priority 0; tcp dport 443 drop; }; }"


async def passes(probe: ConnectProbe, target: Address) -> bool:
    try:
        return await unless_quiet(probe.passes(target))
    except TimeoutError:
        return False


def probing(site: Site, probe: ConnectProbe) -> NftablesConnector:
    within = timedelta(seconds=QUIET)
    return NftablesConnector("edge-1", Nft(namespace=site.router), lambda: NOW, probe=probe, probe_timeout=within)


@pytest.fixture
def probe(site: Site) -> ConnectProbe:
    return ConnectProbe(Site.PORT, site.client)


@pytest.fixture
def stale(namespaces: Site) -> Iterator[str]:
    """The name of a namespace that is gone, though its file is there."""
    place = NAMESPACES / f"{namespaces.client}-stale"
    place.touch()
    yield place.name
    place.unlink()


async def test_an_accepted_and_a_refused_connection_are_answers() -> None:
    with socket.create_server((str(LOOPBACK), 0)) as server:
        port = server.getsockname()[1]
        assert await ConnectProbe(port).passes(LOOPBACK)
    assert await ConnectProbe(port).passes(LOOPBACK)


async def test_this_host_is_ready_to_probe_from() -> None:
    await ConnectProbe().require_ready()


async def test_no_address_of_a_prefix_is_tried() -> None:
    assert not await ConnectProbe(namespace="fl-nowhere").passes(PREFIX)


async def test_a_missing_namespace_is_refused_before_a_block_and_unavailable_after_it() -> None:
    probe = ConnectProbe(namespace="fl-nowhere")
    with pytest.raises(TargetRefused, match="`fl-nowhere`: No such file"):
        await probe.require_ready()
    with pytest.raises(TargetUnavailable, match="`fl-nowhere`: No such file"):
        await probe.passes(ADDRESS)


@pytest.mark.parametrize("name", ["", "..", "a/b", "-a"])
def test_a_strange_namespace_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="namespace"):
        ConnectProbe(namespace=name)


async def test_what_cannot_be_entered_is_no_silence(site: Site, stale: str) -> None:
    probe = ConnectProbe(Site.PORT, stale)
    with pytest.raises(TargetRefused, match=f"`{stale}`: Invalid"):
        await probing(site, probe).require_ready()
    with pytest.raises(TargetUnavailable, match=f"`{stale}`: Invalid"):
        await probe.passes(SERVER4)


async def test_no_route_is_silence(site: Site) -> None:
    assert not await passes(ConnectProbe(Site.PORT, site.router), ADDRESS)


async def test_only_the_socket_is_in_the_namespace(probe: ConnectProbe) -> None:
    here = "/proc/thread-self/ns/net"
    before = os.readlink(here)
    assert await passes(probe, SERVER4)
    assert [os.readlink(here), await asyncio.to_thread(os.readlink, here)] == [before, before]


@SERVERS
@pytest.mark.parametrize("port", [Site.PORT, CLOSED], ids=["open", "closed"])
async def test_what_answers_is_silent_while_it_is_blocked(site: Site, server: Address, port: int) -> None:
    probe = ConnectProbe(port, site.client)
    connector = probing(site, probe)
    assert await passes(probe, server)
    await connector.block(server, OURS, SOON)
    assert not await passes(probe, server)
    assert await connector.blocks(server, OURS)
    await connector.unblock(OURS)
    assert await passes(probe, server)


@SERVERS
async def test_from_the_firewall_itself_a_block_is_silent_too(site: Site, server: Address) -> None:
    probe = ConnectProbe(Site.PORT, site.router)
    assert await passes(probe, server)
    await edge(site).block(server, OURS, SOON)
    assert not await passes(probe, server)


async def test_a_block_of_a_host_that_never_answers_is_verified_by_reading_back(
    site: Site, probe: ConnectProbe
) -> None:
    connector = probing(site, probe)
    assert not await passes(probe, ADDRESS)
    await connector.block(ADDRESS, OURS, SOON)
    assert await connector.blocks(ADDRESS, OURS)


async def test_a_block_of_a_prefix_is_verified_by_reading_back(site: Site) -> None:
    connector = probing(site, ConnectProbe(namespace="fl-nowhere"))
    network = ip_network("203.0.113.0/24")
    await connector.block(network, OURS, SOON)
    assert await connector.blocks(network, OURS)


async def test_traffic_that_somebody_leads_past_our_whole_block_disproves_it(site: Site, probe: ConnectProbe) -> None:
    site.nft("-f", "-", stdin=TRANSLATED)
    action, params = BlockIp(probing(site, probe)), BlockIpParams(target=ALIAS)
    await action.execute(params, OURS, SOON)
    assert await action.inspect(params, OURS)
    assert await BlockIp(edge(site)).verify(params, OURS)
    assert not await action.verify(params, OURS)


@pytest.mark.parametrize(("port", "believed"), [(443, True), (Site.PORT, False)])
async def test_the_settings_say_where_and_on_which_port_is_tried(
    site: Site, home: Path, port: int, believed: bool
) -> None:
    site.nft("-f", "-", stdin=TRANSLATED)
    site.nft("-f", "-", stdin=NOT_443)
    probe = ProbeSettings(namespace=site.client, port=port, timeout=timedelta(seconds=QUIET))
    given = NftablesSettings(kind="nftables", instance="edge-1", namespace=site.router, probe=probe)
    action = open_zone(Settings(home=home, connectors=(given,))).bound["edge-1", "network.block_ip"]
    params = BlockIpParams(target=ALIAS)
    await action.execute(params, OURS, None)
    assert await action.verify(params, OURS) is believed


async def test_a_block_whose_rules_somebody_flushed_is_listed_and_passes(site: Site, probe: ConnectProbe) -> None:
    connector = probing(site, probe)
    await connector.block(SERVER4, OURS, SOON)
    assert await connector.blocks(SERVER4, OURS)
    site.nft("flush", "chain", "inet", "fireline", "blocks")
    assert await connector.element(OURS)
    assert await passes(probe, SERVER4)
    assert not await connector.blocks(SERVER4, OURS)
    await connector.block(SERVER4, OTHER, SOON)
    assert await connector.blocks(SERVER4, OURS)
