"""Nothing reaches nft that we did not build ourselves; none of this needs a firewall."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_interface, ip_network
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.connectors.nftables.connector import NftablesConnector
from actions.connectors.nftables.nft import Nft
from actions.connectors.nftables.values import OWNER, is_owner, require_namespace, require_scope
from engine.digest import owner_key
from engine.errors import InvalidInput, TargetRefused
from engine.model.action import Spare
from engine.ports import Address
from engine.target_ports import BlockScope

NOW = datetime(2026, 11, 21, 3, 11, tzinfo=UTC)
SOON = NOW + timedelta(hours=1)
OURS, ADDRESS = "fl-00000000000000000001", ip_address("192.0.2.44")
EVIL = [
    "",
    "-j",
    "x; flush ruleset",
    "x\nflush ruleset",
    "$(id)",
    "`id`",
    'a" b',
    "../../etc",
    "{ drop }",
    "@other",
    "x\0",
]


@pytest.fixture
def connector() -> NftablesConnector:
    """Its nft cannot be run: whatever comes so far shows as another refusal."""
    return NftablesConnector("edge-1", Nft(program=("/nowhere/nft",)), lambda: NOW)


@pytest.mark.parametrize("name", [*EVIL, "Fireline", "1st", "a" * 40, "a-b"])
def test_a_strange_table_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="table"):
        Nft(table=name)


@pytest.mark.parametrize("name", [*EVIL, ".", "..", "a/b", "-a", "a" * 64])
def test_a_strange_namespace_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="namespace"):
        require_namespace(name)


@pytest.mark.parametrize("owner", [*EVIL, OURS.upper(), f"{OURS}0", f"{OURS}\n", OURS[:-1], "fireline"])
async def test_a_strange_owner_key_is_refused_everywhere(connector: NftablesConnector, owner: str) -> None:
    calls = (
        connector.block(ADDRESS, owner, SOON),
        connector.dry_run(ADDRESS, owner, SOON),
        connector.blocks(ADDRESS, owner),
        connector.element(owner),
        connector.renew(owner, SOON),
        connector.unblock(owner),
        connector.remove(owner),
    )
    for call in calls:
        with pytest.raises(TargetRefused, match="owner key"):
            await call


@pytest.mark.parametrize(
    "target",
    [
        *EVIL,
        "192.0.2.44",
        ip_interface("192.0.2.44/24"),
        ip_address("fe80::1%eth0"),
        ip_address("::ffff:192.0.2.44"),
        ip_address("127.0.0.1"),
        ip_address("::1"),
        ip_address("224.0.0.1"),
        ip_address("0.0.0.0"),
        ip_network("0.0.0.0/0"),
        ip_network("::/0"),
        ip_network("127.0.0.0/8"),
    ],
    ids=str,
)
async def test_a_strange_target_is_refused(connector: NftablesConnector, target: object) -> None:
    wrong = cast(Address, target)  # what a caller without types might hand over
    for call in (connector.block(wrong, OURS, SOON), connector.blocks(wrong), connector.snapshot(wrong)):
        with pytest.raises(TargetRefused, match="^(?!cannot run)"):
            await call


@pytest.mark.parametrize(
    "scope",
    [
        *(BlockScope(host=text) for text in EVIL),
        *(BlockScope(port=443, protocol=text) for text in [*EVIL, "icmp", "TCP"]),
        *(BlockScope(spare=(Spare(peer=text, port=443),)) for text in [*EVIL, "bkp-02", "2001:db8::1", "0.0.0.0/0"]),
        BlockScope(spare=(Spare(peer="192.0.2.1", port=443, protocol="x; accept"),)),
        BlockScope(host="2001:db8::1"),
        BlockScope(port=0),
        BlockScope(port=65536),
    ],
    ids=str,
)
async def test_a_strange_scope_is_refused(connector: NftablesConnector, scope: BlockScope) -> None:
    with pytest.raises(TargetRefused, match="^(?!cannot run)"):
        await connector.block(ADDRESS, OURS, SOON, scope)


def test_a_message_about_a_strange_value_is_one_plain_line(connector: NftablesConnector) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Nft(table="x\n\x1b[31m" + "y" * 500)
    assert str(refusal.value).isprintable() and len(str(refusal.value)) < 300


def test_a_scope_that_narrows_nothing_is_none() -> None:
    assert require_scope(BlockScope(protocol="udp"), 4) is None


@given(st.text(), st.integers(0, 99))
def test_every_key_the_engine_builds_is_an_owner(lease: str, generation: int) -> None:
    assert is_owner(owner_key(lease, generation))


@given(st.from_regex(OWNER, fullmatch=True), st.text(min_size=1))
def test_nothing_may_follow_or_precede_an_owner_key(owner: str, more: str) -> None:
    assert not is_owner(owner + more) and not is_owner(more + owner)
