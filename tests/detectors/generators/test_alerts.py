"""Made-up alerts: the same from the same seed, and read by intake as what they are meant to be."""

import io
import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import pytest

from detectors.generators.alerts import (
    CAST,
    Cast,
    Host,
    account_compromise,
    beaconing,
    exfiltration,
    false_replication,
    findings,
    load,
)
from detectors.intake.reader import Accepted, read
from detectors.intake.tally import Summary, Tally
from engine.correlate import entity, joins, open_incident
from engine.model.context import Zone
from engine.model.finding import Finding, ObservableType, Severity

START = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
KNOWN = (CAST.workstation, CAST.server, CAST.controller, CAST.peer_controller, CAST.identity_provider)
ASSETS = {host.ip: host.name for host in KNOWN} | {host.name: host.name for host in KNOWN}
ALLOWED = [ip_network(text) for text in ("10.0.0.0/8", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
INCIDENTS = {
    "beaconing": beaconing,
    "exfiltration": exfiltration,
    "account": account_compromise,
    "replication": false_replication,
}


def zone_of(target: str) -> Zone:
    return Zone.INSIDE if target.startswith("10.") else Zone.OUTSIDE


def taken_in(lines: list[str]) -> tuple[list[Finding], Summary]:
    tally = Tally()
    items = list(read(io.BytesIO("\n".join(lines).encode())))
    found = [item.finding for item in items if tally.add(item) and isinstance(item, Accepted)]
    return found, tally.summary()


@pytest.mark.parametrize("incident", INCIDENTS)
def test_the_same_seed_gives_the_same_bytes_and_another_another_finding(incident: str) -> None:
    make = INCIDENTS[incident]
    assert make(START, 7) == make(START, 7)
    assert {one.id for one in taken_in(make(START, 7))[0]}.isdisjoint(one.id for one in taken_in(make(START, 8))[0])


@pytest.mark.parametrize(
    ("incident", "key", "detector", "confidence", "technique"),
    [
        ("beaconing", "host:ws-114", "suricata.1.9000001", 0.9, "T1071"),
        ("exfiltration", "host:files-02", "exfiltration.volume", 0.97, "T1048"),
        ("account", "user:adm-k.wolf", "logins.takeover", 0.96, "T1078"),
        ("replication", "host:dc-01", "directory.dcsync", 0.98, "T1003.006"),
    ],
)
def test_each_incident_reads_as_what_it_is_meant_to_be(
    incident: str, key: str, detector: str, confidence: float, technique: str
) -> None:
    found, summary = taken_in(INCIDENTS[incident](START))
    assert {entity(one, zone_of, ASSETS.get) for one in found} == {key}
    assert {(one.detector, one.confidence, one.techniques) for one in found} == {(detector, confidence, (technique,))}
    assert (summary.dead_letters, summary.duplicates) == (0, 0)


def test_beacons_stand_among_everyday_traffic_and_make_one_incident() -> None:
    found, summary = taken_in(beaconing(START, beats=5))
    assert (summary.findings, summary.skipped) == (
        5,
        {"eve: event_type dns": 5, "eve: event_type flow": 5, "eve: event_type tls": 5},
    )
    incident = open_incident("INC-1", "host:ws-114", 1, found[0], START)
    assert all(joins(incident, one) for one in found)
    assert {one.destination.ip for one in found if one.destination} == {"198.51.100.23"}


def test_the_exfiltration_says_how_much_went_where() -> None:
    (found,), _ = taken_in(exfiltration(START))
    assert (found.severity, found.category) == (Severity.CRITICAL, "exfiltration")
    assert found.source is not None and found.destination is not None
    assert (found.source.host, found.destination.ip) == ("files-02", "203.0.113.44")
    assert "2100000000" in json.dumps(found.evidence)


def test_the_takeover_names_the_account() -> None:
    (found,), _ = taken_in(account_compromise(START))
    assert [item.value for item in found.observables if item.type is ObservableType.USER] == ["adm-k.wolf"]


def test_names_and_addresses_are_the_caller_s() -> None:
    cast = Cast(server=Host(name="db-7", ip="10.1.2.3"), drop="192.0.2.99")
    (found,), _ = taken_in(exfiltration(START, cast=cast))
    assert {item.value for item in found.observables} == {"10.1.2.3", "192.0.2.99", "db-7"}


def test_times_are_the_caller_s() -> None:
    for make in INCIDENTS.values():
        found, _ = taken_in(make(START + timedelta(days=30)))
        assert timedelta(0) <= found[0].time - START - timedelta(days=30) < timedelta(minutes=1)


@pytest.mark.parametrize("incident", INCIDENTS)
def test_every_address_is_private_or_from_the_documentation_ranges(incident: str) -> None:
    found, _ = taken_in(INCIDENTS[incident](START))
    addresses = [ip_address(item.value) for one in found for item in one.observables if item.type is ObservableType.IP]
    assert addresses
    assert all(any(address in network for network in ALLOWED) for address in addresses)


def test_our_own_lines_are_as_many_findings_over_as_many_hosts() -> None:
    lines = list(findings(100, START, hosts=7))
    found, summary = taken_in(lines)
    assert (summary.findings, summary.dead_letters) == (100, 0)
    assert len({entity(one, zone_of, ASSETS.get) for one in found}) == 7
    assert lines == list(findings(100, START, hosts=7))
    assert [line.replace("seed 1", "seed 2") for line in lines] != list(findings(100, START, seed=2, hosts=7))


def test_a_load_is_mostly_no_alerts() -> None:
    _, summary = taken_in(list(load(2000, START)))
    assert (summary.records, summary.dead_letters, summary.duplicates) == (2000, 0, 0)
    assert 100 < summary.findings < 400
