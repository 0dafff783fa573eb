"""The doctor on recorded traffic: there, old, missing, damaged."""

from datetime import timedelta
from pathlib import Path

import pytest

from console.cli.doctor.traffic import flows
from console.clock import now
from engine.flows.manifest import NAME, Manifest, SegmentEntry, save
from engine.settings import Settings, load, make_private


@pytest.fixture
def real(home: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a home that acts on a real firewall."""
    monkeypatch.setenv("FIRELINE_CONNECTORS", '[{"kind": "nftables", "instance": "edge-1"}]')
    return load({"home": home})


@pytest.mark.parametrize(("hours", "health"), [(47, "pass"), (49, "warn")])
def test_the_last_flow_on_record_is_told_with_its_age(real: Settings, hours: int, health: str) -> None:
    last = int((now() - timedelta(hours=hours)).timestamp())
    one = SegmentEntry(name="1-1.flows", day=1, rows=1, flows=70, bytes_on_disk=9, first=last, last=last)
    save(make_private(real.flows_dir), Manifest(segments=(one,)))
    (line,) = flows(real)
    assert (line.health, line.said.startswith("70 on record, the last of ")) == (health, True)


def test_no_records_are_worth_a_word(real: Settings) -> None:
    (line,) = flows(real)
    assert (line.health, line.said) == ("warn", "none on record, so nobody knows what a block would cut")


def test_damaged_records_are_a_failure(real: Settings) -> None:
    (make_private(real.flows_dir) / NAME).write_text("{")
    (line,) = flows(real)
    assert (line.health, "is no list of segments" in line.said) == ("fail", True)


def test_a_simulated_site_needs_none(home: Path) -> None:
    (line,) = flows(load({"home": home, "site": "demo"}))
    assert line.health == "pass"
