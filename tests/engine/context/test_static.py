"""The answers over a context file."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from engine.context.file import ContextFile, load
from engine.context.parts import Segment, SegmentKind
from engine.context.reach import reached
from engine.context.static import StaticContext
from engine.model.context import Asset, Exclusion, Identity, Zone
from engine.model.finding import Observable, ObservableType

DEMO = Path(__file__).parents[3] / "actions" / "simulators" / "sites" / "demo.yaml"
NOW = datetime(2026, 11, 21, 3, 11, tzinfo=UTC)


@pytest.fixture(scope="module")
def site() -> StaticContext:
    return StaticContext(load(DEMO), {"10.20.1.30": "the secret store", "vault.example": "the secret store"})


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("files-02", "files-02"),
        ("FILES-02.", "files-02"),
        ("10.20.4.17", "files-02"),
        ("::ffff:10.20.4.17", "files-02"),
        ("10.20.4.17/32", "files-02"),
    ],
)
def test_an_asset_is_found_by_every_spelling(site: StaticContext, asked: str, name: str) -> None:
    found = site.asset(asked)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("asked", ["files-99", "10.20.4.200", "10.20.4.0/24", ""])
def test_what_is_not_known_is_none(site: StaticContext, asked: str) -> None:
    assert site.asset(asked) is None
    assert site.identity(asked) is None


def test_a_thing_without_a_fingerprint_is_known_by_its_name(site: StaticContext) -> None:
    assert [asset.fingerprint for asset in site.assets()] == [asset.name for asset in site.assets()]
    assert [one.fingerprint for one in site.identities()] == [one.name for one in site.identities()]


@pytest.mark.parametrize(
    ("target", "zone"),
    [
        ("files-02", Zone.INSIDE),
        ("10.20.4.99", Zone.INSIDE),
        ("fd00::1", Zone.INSIDE),
        ("172.28.0.10", Zone.PARTNER),
        ("172.28.0.0/25", Zone.PARTNER),
        ("172.28.0.0/16", Zone.INSIDE),
        ("198.51.100.23", Zone.OUTSIDE),
        ("198.51.100.0/24", Zone.OUTSIDE),
        ("0.0.0.0/0", Zone.INSIDE),
        ("nobody-knows", Zone.INSIDE),
        ("::ffff:198.51.100.23", Zone.OUTSIDE),
    ],
)
def test_a_zone_is_the_strictest_that_holds_for_any_part(site: StaticContext, target: str, zone: Zone) -> None:
    assert site.zone(target) is zone


def test_our_own_public_address_is_inside() -> None:
    context = StaticContext(ContextFile(assets=(Asset(name="www", addresses=("203.0.113.80",)),)), {})
    assert context.zone("203.0.113.80") is Zone.INSIDE
    assert context.zone("203.0.113.0/24") is Zone.INSIDE
    assert context.zone("203.0.113.81") is Zone.OUTSIDE


def test_a_network_that_a_partner_has_a_part_of_is_a_partners() -> None:
    context = StaticContext(ContextFile(partner=(ip_network("203.0.113.0/28"),)), {})
    assert context.zone("203.0.113.0/24") is Zone.PARTNER


@pytest.mark.parametrize(
    ("target", "kind"),
    [("files-02", "servers"), ("10.20.64.9", "guest"), ("10.20.72.0/25", "lab"), ("10.0.0.0/8", ""), ("nowhere", "")],
)
def test_a_segment_is_told_by_kind(site: StaticContext, target: str, kind: str) -> None:
    assert site.segment(target) == kind


def test_the_smallest_segment_counts_and_the_asset_knows_best() -> None:
    wide = Segment(name="all", cidr=ip_network("10.0.0.0/8"), kind=SegmentKind.OFFICES)
    narrow = Segment(name="lab-3", cidr=ip_network("10.3.0.0/16"), kind=SegmentKind.LAB)
    roaming = Asset(name="roaming", addresses=("10.3.0.1",), segment="all")
    context = StaticContext(ContextFile(segments=(wide, narrow), assets=(roaming,)), {})
    assert context.segment("10.3.0.2") == "lab"
    assert context.segment("roaming") == "offices"


def test_the_hosts_of_a_segment_are_counted_by_its_kind_and_nothing_stands_nowhere(site: StaticContext) -> None:
    assert [site.segment_size(kind) for kind in ("offices", "servers", "guest", "nowhere")] == [3, 7, 1, 0]
    roaming = StaticContext(ContextFile(assets=(Asset(name="roaming"),)), {})
    assert roaming.segment_size("") == 0


def test_dependents_are_found_through_services_and_others() -> None:
    assets = (
        Asset(name="db", services=("orders-db",)),
        Asset(name="api", depends_on=("orders-db",), services=("orders",)),
        Asset(name="shop", depends_on=("ORDERS",)),
        Asset(name="db-peer", depends_on=("db",), services=("peer",)),
        Asset(name="loop", depends_on=("shop", "loop")),
    )
    context = StaticContext(ContextFile(assets=assets), {})
    assert {asset.name for asset in context.dependents("db")} == {"api", "shop", "db-peer", "loop"}
    assert context.dependents("loop") == ()
    assert context.dependents("unknown") == ()


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("gw-01", "`gw-01` is flagged untouchable"),
        ("10.20.1.1", "`gw-01` is flagged untouchable"),
        ("::ffff:10.20.1.1", "`gw-01` is flagged untouchable"),
        ("siem-01", "the secret store"),
        ("10.20.1.30", "the secret store"),
        ("vault.example", "the secret store"),
        ("VAULT.example.", "the secret store"),
        ("10.20.1.5", "the chat server that approvals go through"),
        ("10.20.1.0/28", "the chat server that approvals go through (`10.20.1.5`)"),
        ("10.20.1.30/31", "the secret store (`10.20.1.30`)"),
        ("127.0.0.1", "this machine itself"),
        ("::1", "this machine itself"),
        ("224.0.0.18", "no single host: multicast"),
        ("255.255.255.255", "no single host: broadcast"),
        ("0.0.0.0", "no single host"),
        ("::/0", "this machine itself (`::1`)"),
    ],
)
def test_the_untouchable_is_named_with_its_reason(site: StaticContext, target: str, why: str) -> None:
    assert site.untouchable(target) == why


@pytest.mark.parametrize("target", ["files-02", "10.20.4.17", "10.20.4.0/24", "198.51.100.23", "adm-k.wolf", ""])
def test_everything_else_may_be_touched(site: StaticContext, target: str) -> None:
    assert site.untouchable(target) is None


def test_the_management_channel_is_untouchable_by_any_address_of_its_host() -> None:
    asset = Asset(name="db", addresses=("10.0.0.1", "10.9.0.1"))
    context = StaticContext(ContextFile(assets=(asset,)), {"10.0.0.1": "the database"})
    assert [context.untouchable(one) for one in ("db", "10.9.0.1", "10.9.0.0/24")] == [
        "the database",
        "the database",
        "the database (`10.9.0.1`)",
    ]


def test_a_flagged_account_is_untouchable() -> None:
    context = StaticContext(ContextFile(identities=(Identity(name="Fireline", untouchable=True),)), {})
    assert context.untouchable("fireline") == "flagged untouchable"


@pytest.mark.parametrize(
    ("excluded", "target", "holds"),
    [
        ("files-02", "10.20.4.17", True),
        ("10.20.4.17", "files-02", True),
        ("10.20.4.0/24", "files-02", True),
        ("files-02", "10.20.4.0/24", True),
        ("files-02", "files-03", False),
        ("j.baker", "J.Baker", True),
        ("10.20.4.18", "files-02", False),
    ],
)
def test_an_exclusion_covers_whatever_it_shares_with_the_target(excluded: str, target: str, holds: bool) -> None:
    exclusion = Exclusion(target=excluded, owner="db-owners", reason="migration", expires_at=NOW + timedelta(hours=1))
    context = StaticContext(load(DEMO).model_copy(update={"exclusions": (exclusion,)}), {})
    assert context.exclusions(target, NOW) == ((exclusion,) if holds else ())
    assert context.exclusions(target, NOW + timedelta(hours=1)) == ()


def test_messages_are_known_by_id(site: StaticContext) -> None:
    assert site.message_exists("<20261121.0007@mail.example>")
    assert not site.message_exists("<20261121.9999@mail.example>")


def test_indicators_are_looked_up(site: StaticContext) -> None:
    found = site.indicators(Observable(type=ObservableType.IP, value="203.0.113.44"))
    assert [one.owner for one in found] == ["sector-exchange", "harbour-cert"]


def test_a_network_reaches_every_asset_in_it(site: StaticContext) -> None:
    assert [asset.name for asset in reached(site, "10.20.4.16/31")] == ["files-01", "files-02"]
    assert [asset.name for asset in reached(site, "10.20.4.18")] == ["files-03"]
    assert reached(site, "198.51.100.23") == ()
