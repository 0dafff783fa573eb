"""Suricata's alerts, field by field."""

from datetime import UTC, datetime

import pytest

from detectors.intake.eve import EveFormat
from engine.errors import InvalidInput
from engine.model.base import Json
from engine.model.finding import Endpoint, Finding, Observable, ObservableType, Origin, Severity

ALERT: Json = {
    "action": "allowed",
    "gid": 1,
    "signature_id": 9000001,
    "rev": 3,
    "signature": "LOCAL beacon",
    "category": "Malware Command and Control Activity Detected",
    "severity": 1,
    "metadata": {"confidence": ["High"], "mitre_technique_id": ["T1071", "T1071_001", "TA0011"], "tag": ["c2"]},
}
RECORD: Json = {
    "timestamp": "2026-11-21T04:02:03.123456+0100",
    "flow_id": 1374195536821504,
    "event_type": "alert",
    "src_ip": "10.20.16.114",
    "src_port": 51698,
    "dest_ip": "2001:DB8:0:0::7",
    "dest_port": 443,
    "proto": "TCP",
    "alert": ALERT,
}


def normalise(changes: Json | None = None, alert: Json | None = None) -> Finding:
    record = RECORD | {"alert": ALERT | (alert or {})} | (changes or {})
    finding = EveFormat().normalise(record, "eve.json", 7)
    assert finding is not None
    return finding


def test_an_alert_becomes_a_finding() -> None:
    finding = normalise()
    assert finding == Finding(
        id=finding.id,
        detector="suricata.1.9000001",
        detector_version="3",
        time=datetime(2026, 11, 21, 3, 2, 3, 123456, tzinfo=UTC),
        reported_time="2026-11-21T04:02:03.123456+0100",
        severity=Severity.HIGH,
        confidence=0.9,
        category="Malware Command and Control Activity Detected",
        title="LOCAL beacon",
        tags=("suricata", "allowed", "c2"),
        techniques=("T1071", "T1071.001"),
        observables=(
            Observable(type=ObservableType.IP, value="10.20.16.114"),
            Observable(type=ObservableType.IP, value="2001:db8::7"),
        ),
        source=Endpoint(ip="10.20.16.114", port=51698),
        destination=Endpoint(ip="2001:db8::7", port=443),
        origin=Origin(product="suricata", file="eve.json", line=7),
        evidence={
            "proto": "TCP",
            "flow_id": "1374195536821504",
            "rule": {name: value for name, value in ALERT.items() if name != "signature"},
        },
    )


@pytest.mark.parametrize("event_type", ["flow", "dns", "stats", "anomaly", "drop", ""])
def test_any_other_event_is_no_alert(event_type: str) -> None:
    record: Json = {"timestamp": "2026-11-21T03:00:00+0000", "event_type": event_type}
    assert EveFormat().recognises(record)
    assert EveFormat().normalise(record, "eve.json", 1) is None
    assert EveFormat().kind(record) == f"event_type {event_type}"


@pytest.mark.parametrize(
    ("priority", "severity"),
    [
        (1, Severity.HIGH),
        (2, Severity.MEDIUM),
        (3, Severity.LOW),
        (4, Severity.INFORMATIONAL),
        (255, Severity.INFORMATIONAL),
    ],
)
def test_the_priority_of_the_signature_is_the_severity(priority: int, severity: Severity) -> None:
    assert normalise(alert={"severity": priority}).severity is severity


@pytest.mark.parametrize(
    ("metadata", "confidence"),
    [
        ({"confidence": ["High"]}, 0.9),
        ({"confidence": "Medium"}, 0.6),
        ({"confidence": ["LOW"]}, 0.3),
        ({"confidence": ["High", "Low"]}, 0.3),
        ({"confidence": ["certain"]}, None),
        ({"confidence": []}, None),
        ({"confidence": [1]}, None),
        ({"signature_severity": ["Critical"]}, None),
        (None, None),
    ],
)
def test_the_confidence_is_what_the_signature_says_and_never_guessed(metadata: Json, confidence: float | None) -> None:
    assert normalise(alert={"metadata": metadata}).confidence == confidence


def test_a_time_without_zone_is_utc_and_says_so() -> None:
    finding = normalise({"timestamp": "2026-11-21T03:02:03.123456"})
    assert finding.time == datetime(2026, 11, 21, 3, 2, 3, 123456, tzinfo=UTC)
    assert finding.evidence["notes"] == ["the timestamp has no zone: taken as UTC"]


DIGEST = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"


@pytest.mark.parametrize(
    ("part", "kind", "value"),
    [
        ({"tls": {"sni": "Evil.Example."}}, ObservableType.DOMAIN, "evil.example"),
        ({"tls": {"sni": "203.0.113.9"}}, ObservableType.IP, "203.0.113.9"),
        ({"http": {"hostname": "evil.example:8080"}}, ObservableType.DOMAIN, "evil.example"),
        ({"http": {"hostname": "203.0.113.9:8080"}}, ObservableType.IP, "203.0.113.9"),
        ({"http": {"hostname": "[2001:db8::9]:8080"}}, ObservableType.IP, "2001:db8::9"),
        ({"dns": {"rrname": "a.evil.example"}}, ObservableType.DOMAIN, "a.evil.example"),
        ({"dns": {"query": [{"rrname": "a.evil.example"}]}}, ObservableType.DOMAIN, "a.evil.example"),
        ({"dns": {"version": 3, "queries": [{"rrname": "a.evil.example"}]}}, ObservableType.DOMAIN, "a.evil.example"),
        ({"files": [{"sha256": DIGEST}]}, ObservableType.HASH, DIGEST.lower()),
        ({"email": {"from": "Who <a@evil.example>"}}, ObservableType.EMAIL, "a@evil.example"),
        ({"email": {"message_id": "<7@evil.example>"}}, ObservableType.MESSAGE, "<7@evil.example>"),
    ],
)
def test_what_the_protocol_parsers_saw_is_observable(part: Json, kind: ObservableType, value: str) -> None:
    assert Observable(type=kind, value=value) in normalise(part).observables


def test_payloads_are_kept_bounded() -> None:
    finding = normalise({"payload_printable": "A" * 500_000, "payload": "Q" * 10, "packet": "never"})
    assert finding.evidence["payload_printable"] == "A" * 1023 + "…"
    assert (finding.evidence["payload"], "packet" in finding.evidence) == ("Q" * 10, False)


def test_the_same_alert_has_the_same_id_and_another_has_not() -> None:
    base = normalise().id
    assert normalise({"timestamp": "2026-11-21T03:02:03.123456Z", "in_iface": "eth9", "payload": "x"}).id == base
    others: list[Json] = [{"flow_id": 7}, {"tx_id": 1}, {"src_port": 1}, {"timestamp": "2026-11-21T03:02:03Z"}]
    assert base not in {normalise(change).id for change in others}
    assert base != normalise(alert={"signature_id": 9000002}).id
    assert base == normalise(alert={"rev": 4}).id


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"alert": None}, "`alert.signature_id`: is missing"),
        ({"alert": "yes"}, "`alert`: expected an object, found text"),
        ({"alert": {**ALERT, "severity": 0}}, "`alert.severity`: expected 1 to 255, found `0`"),
        ({"alert": {**ALERT, "severity": True}}, "`alert.severity`: expected a whole number, found true or false"),
        ({"alert": {**ALERT, "signature": "  "}}, "`alert.signature`: is missing"),
        ({"alert": {**ALERT, "metadata": []}}, "`alert.metadata`: expected an object, found a list"),
        ({"timestamp": None}, "`timestamp`: is missing"),
        ({"timestamp": "2026-11-21"}, "`timestamp`: `2026-11-21` is not a time"),
        ({"timestamp": "2026-11-21T25:00:00Z"}, "`timestamp`: `2026-11-21T25:00:00Z`: hour must be in 0..23"),
        ({"src_ip": "local"}, "`src_ip`: `local` is not an IP address"),
        ({"dest_port": 65536}, "`dest_port`: expected 0 to 65535, found `65536`"),
        ({"dest_port": 1.5}, "`dest_port`: expected a whole number, found a number"),
        ({"files": [1]}, "`files[0]`: expected an object, found a number"),
    ],
)
def test_a_wrong_field_is_named_with_its_path(changes: Json, complaint: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        normalise(changes)
    assert complaint in caught.value.message
    assert (caught.value.file, caught.value.line) == ("eve.json", 7)
