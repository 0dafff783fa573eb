"""nft is missing, forbidden, silent or lying."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from actions.connectors.nftables.connector import NftablesConnector
from actions.connectors.nftables.nft import Nft
from engine.errors import TargetRefused, TargetUnavailable
from engine.ports import Address, Network
from engine.target_ports import BlockScope
from tests.actions.connectors.nftables.edge import ADDRESS, NOW, OTHER, OURS, SOON, edge
from tests.actions.connectors.nftables.faulty import FaultyNft
from tests.actions.connectors.nftables.namespaces import Site


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


async def test_a_set_that_goes_while_it_is_listed_is_no_refusal(site: Site, tmp_path: Path) -> None:
    faulty = FaultyNft(tmp_path)
    connector = edge(site, program=faulty.program)
    await connector.block(ADDRESS, OURS, SOON)
    faulty.switch_on("listing_races", times=3)
    assert [*await connector.owned()] == [OURS]
    faulty.switch_on("listing_races")
    with pytest.raises(TargetUnavailable, match="cannot be listed"):
        await connector.owned()


async def test_a_change_during_a_check_is_no_refusal(site: Site, tmp_path: Path) -> None:
    faulty = FaultyNft(tmp_path)
    connector = edge(site, program=faulty.program)
    await connector.block(ADDRESS, OURS, SOON)
    faulty.switch_on("check_races", times=1)
    await connector.health()
    await connector.unblock(OURS)
    faulty.switch_on("check_races", times=1)
    await connector.dry_run(ADDRESS, OTHER, SOON, None)


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

    async def require_ready(self) -> None:
        return None

    async def passes(self, target: Address | Network) -> bool:
        return self.answer


class SilentProbe:
    """Never comes back."""

    async def require_ready(self) -> None:
        return None

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
