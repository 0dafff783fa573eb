"""The steps of the undo sheet, carried out as they are written, take back exactly one owner's block."""

import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from actions.connectors.nftables.by_hand import by_hand
from actions.connectors.nftables.connector import NftablesConnector
from engine.errors import InvalidInput
from engine.model.action import Executor
from engine.model.lease import Lease, LeaseState
from engine.ports import Address, Network
from engine.target_ports import BlockScope
from tests.actions.connectors.nftables.edge import ADDRESS, OTHER, OURS, PREFIX, SOON
from tests.actions.connectors.nftables.namespaces import Site

AT = datetime(2026, 3, 1, tzinfo=UTC)


def lease(owner: str, target: Address | Network) -> Lease:
    return Lease(
        id="L-0001", key="lease/1", generation=1, state=LeaseState.ACTIVE, action="network.block_ip",
        action_version="1", connector="edge-1", executor=Executor.REAL, target=str(target), params={}, owner=owner,
        began_at=AT, changed_at=AT, active_at=AT, expires_at=AT + timedelta(hours=1),
    )  # fmt: skip


def undo(site: Site, owner: str, target: Address | Network) -> None:
    """What somebody types at the firewall."""
    first = by_hand("fireline", site.router)(lease(owner, target))[0]
    subprocess.run(["sh", "-c", first], check=True, capture_output=True)


@pytest.mark.parametrize("target", [ADDRESS, PREFIX])
async def test_of_two_owners_only_the_named_one_goes(
    site: Site, connector: NftablesConnector, target: Address | Network
) -> None:
    await connector.block(target, OURS, SOON)
    await connector.block(target, OTHER, SOON)

    undo(site, OTHER, target)
    assert [await connector.blocks(target, owner) for owner in (OURS, OTHER)] == [True, False]
    undo(site, OURS, target)
    assert not await connector.blocks(target)


async def test_a_narrowed_block_goes_as_well(site: Site, connector: NftablesConnector) -> None:
    await connector.block(ADDRESS, OURS, SOON, BlockScope(port=443))
    undo(site, OURS, ADDRESS)
    assert not await connector.blocks(ADDRESS, OURS)


def test_the_steps_as_they_are_written() -> None:
    owner = "fl-00000000000000000001"
    assert by_hand("fireline", None)(lease(owner, ADDRESS)) == (
        f"nft flush set inet fireline {owner} 2>/dev/null || "
        f"nft delete element inet fireline addresses4 '{{ {ADDRESS} }}'",
        f"nft list table inet fireline | grep {owner}    # no element of it any more; "
        "rules of an empty set do nothing",
    )  # fmt: skip


@pytest.mark.parametrize("table", ["a b", "x;reboot", ""])
def test_nothing_becomes_part_of_a_command_that_is_no_name(table: str) -> None:
    with pytest.raises(InvalidInput):
        by_hand(table, None)
