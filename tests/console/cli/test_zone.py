"""What the settings name is what the zone reaches."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from actions.vault import Vault, digest_of
from console.cli.zone import open_zone
from engine.errors import TargetRefused
from engine.model.connector import NftablesSettings, ProbeSettings
from engine.model.evidence import EvidenceKind, Receipt
from engine.settings import Settings

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


async def test_a_probe_that_is_set_must_be_ready_for_its_connector_to_be_healthy(home: Path) -> None:
    probe = ProbeSettings(namespace="fl-nowhere", port=8443, timeout=timedelta(seconds=2))
    given = NftablesSettings(kind="nftables", instance="edge-1", namespace="fl-elsewhere", probe=probe)
    zone = open_zone(Settings(home=home, connectors=(given,)))
    with pytest.raises(TargetRefused, match="cannot probe from network namespace `fl-nowhere`"):
        await zone.connectors["edge-1"].health()


def test_packets_are_taken_as_evidence_only_where_an_interface_is_named(home: Path) -> None:
    given = NftablesSettings(kind="nftables", instance="edge-1")
    at = given.model_copy(update={"capture": "lo"})
    offered = [open_zone(Settings(home=home, connectors=(one,))).routes.get("evidence.capture") for one in (given, at)]
    assert offered == [None, "edge-1"]


def test_one_real_connector_and_nothing_is_said_to_be_simulated(home: Path) -> None:
    given = NftablesSettings(kind="nftables", instance="edge-1")
    zones = [open_zone(Settings(home=home, site="demo", connectors=more)) for more in ((), (given,))]
    assert [zone.simulated for zone in zones] == [True, False]


async def test_without_a_probe_only_the_firewall_must_answer(home: Path) -> None:
    given = NftablesSettings(kind="nftables", instance="edge-1", namespace="fl-elsewhere")
    zone = open_zone(Settings(home=home, connectors=(given,)))
    with pytest.raises(TargetRefused, match="^(?!cannot probe)"):
        await zone.connectors["edge-1"].health()


def test_every_place_that_keeps_evidence_drops_what_is_beyond_its_retention(home: Path) -> None:
    at = NftablesSettings(kind="nftables", instance="edge-1", capture="lo")
    zone = open_zone(Settings(home=home, site="demo", connectors=(at,)))
    for folder in (home / "site" / "evidence", home / "evidence"):
        Vault(folder, lambda: LONG_AGO).keep("fl-1", b"seen", receipt(b"seen"))
    assert [forget() for forget in zone.forget] == [1, 1]


def receipt(content: bytes) -> Receipt:
    return Receipt(
        kind=EvidenceKind.LOG, target="files-02", digest=digest_of(content), size=len(content),
        truncated=False, taken_at=LONG_AGO,
    )  # fmt: skip
