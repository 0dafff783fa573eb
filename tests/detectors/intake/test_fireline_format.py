"""Our own format: strict, with what may be left out derived."""

from datetime import UTC, datetime

import pytest

from detectors.intake.fireline import FirelineFormat
from engine.errors import InvalidInput
from engine.model.base import Json
from engine.model.finding import Endpoint, Finding, Observable, ObservableType, Origin, Severity

RECORD: Json = {
    "detector": "exfiltration.volume",
    "detector_version": "4",
    "time": "2026-11-21T04:02:03.5+01:00",
    "severity": "critical",
    "confidence": 0.97,
    "category": "exfiltration",
    "title": "2.1 GB to 203.0.113.44",
    "techniques": ["t1048", "T1059_001"],
    "observables": [{"type": "domain", "value": "Evil.EXAMPLE."}],
    "source": {"ip": "::ffff:10.20.4.17", "host": "FILES-02", "user": "J.Baker"},
    "destination": {"ip": "203.0.113.44", "port": 443},
    "evidence": {"bytes": 2_100_000_000},
}


def normalise(changes: Json | None = None, file: str = "a.json", line: int = 3) -> Finding:
    return FirelineFormat().normalise(RECORD | (changes or {}), file, line)


def test_a_finding_is_read_in_canonical_form_with_the_rest_derived() -> None:
    finding = normalise()
    assert finding == Finding(
        id=finding.id,
        detector="exfiltration.volume",
        detector_version="4",
        time=datetime(2026, 11, 21, 3, 2, 3, 500_000, tzinfo=UTC),
        reported_time="2026-11-21T04:02:03.5+01:00",
        severity=Severity.CRITICAL,
        confidence=0.97,
        category="exfiltration",
        title="2.1 GB to 203.0.113.44",
        techniques=("T1048", "T1059.001"),
        observables=(
            Observable(type=ObservableType.DOMAIN, value="evil.example"),
            Observable(type=ObservableType.IP, value="10.20.4.17"),
            Observable(type=ObservableType.IP, value="203.0.113.44"),
            Observable(type=ObservableType.HOST, value="files-02"),
            Observable(type=ObservableType.USER, value="j.baker"),
        ),
        source=Endpoint(ip="10.20.4.17", host="files-02", user="j.baker"),
        destination=Endpoint(ip="203.0.113.44", port=443),
        origin=Origin(product="exfiltration.volume", file="a.json", line=3),
        evidence={"bytes": 2_100_000_000},
    )
    assert finding.time.tzinfo is UTC


def test_what_we_wrote_is_read_back_as_it_was() -> None:
    finding = normalise()
    again = FirelineFormat().normalise(finding.model_dump(mode="json"), "a.json", 3)
    assert again == finding


def test_the_id_depends_on_the_alert_and_on_nothing_around_it() -> None:
    ids = {normalise().id, normalise(file="b.json", line=99).id, normalise({"evidence": {}, "confidence": None}).id}
    assert len(ids) == 1
    assert all(len(one) == 18 and one.startswith("F-") for one in ids)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "another"},
        {"time": "2026-11-21T04:02:03.6+01:00"},
        {"detector": "exfiltration.other"},
        {"source": {"ip": "10.20.4.18"}},
        {"destination": {"ip": "203.0.113.44", "port": 444}},
        {"observables": []},
        {"id": "alert-17"},
    ],
)
def test_another_alert_has_another_id(changes: Json) -> None:
    assert normalise(changes).id != normalise().id


def test_one_of_our_ids_is_kept_and_any_other_is_a_name_to_derive_from() -> None:
    assert normalise({"id": "F-0123456789abcdef"}).id == "F-0123456789abcdef"
    assert normalise({"id": "alert-17"}).id == normalise({"id": "alert-17", "title": "reworded"}).id


def test_the_text_of_the_product_s_time_is_kept_if_given() -> None:
    assert normalise({"reported_time": "21 Nov 2026 04:02"}).reported_time == "21 Nov 2026 04:02"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"time": None}, "`time`: is missing"),
        ({"time": 1795230000}, "`time`: expected text, found a number"),
        ({"time": "2026-11-21T04:02:03"}, "`time`: has no zone"),
        ({"time": "yesterday"}, "`time`: `yesterday` is not a time like"),
        ({"time": "2026-02-30T04:02:03Z"}, "day is out of range for month"),
        ({"time": "1970-01-20T04:02:03Z"}, "in the year 1970, outside 1990 to 2100"),
        ({"time": "9999-12-31T23:59:59-23:00"}, "in the year 9999"),
        ({"severity": "urgent"}, "`severity`: input should be 'informational'"),
        ({"confidence": 1.2}, "`confidence`: input should be less than or equal to 1"),
        ({"confidence": "0.9"}, "`confidence`: input should be a valid number"),
        ({"confidence": True}, "`confidence`: input should be a valid number"),
        ({"detector_version": 4}, "`detector_version`: input should be a valid string"),
        ({"colour": "red"}, "`colour`: extra inputs are not permitted"),
        ({"source": {"ip": "10.0.0.256"}}, "`source.ip`: `10.0.0.256` is not an IP address"),
        ({"source": {"port": 70000}}, "`source.port`: input should be less than or equal to 65535"),
        ({"techniques": ["T1048", "exfil"]}, "`techniques`: expected ATT&CK ids"),
        ({"observables": [{"type": "ip", "value": "nowhere"}]}, "`observables[0].value`: `nowhere` is no ip"),
        ({"observables": [{"type": "colour", "value": "red"}]}, "`observables[0].type`: input should be"),
        ({"evidence": {"x": "y" * 70_000}}, "`evidence`: over 65536 bytes"),
        ({"evidence": {"x": 2**60}}, "`evidence`: an integer is outside the range"),
        ({"origin": "here"}, "`origin`: expected an object, found text"),
        ({"severity": 1, "confidence": 2}, "(and 1 more)"),
    ],
)
def test_a_wrong_field_is_named_with_its_path(changes: Json, complaint: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        normalise(changes)
    assert complaint in caught.value.message
    assert (caught.value.file, caught.value.line) == ("a.json", 3)


@pytest.mark.parametrize("field", ["detector", "detector_version", "severity", "confidence", "category", "title"])
def test_what_cannot_be_derived_must_be_there(field: str) -> None:
    record = {name: value for name, value in RECORD.items() if name != field}
    with pytest.raises(InvalidInput, match=f"`{field}`: "):
        FirelineFormat().normalise(record, "a.json", 3)
