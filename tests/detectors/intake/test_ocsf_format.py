"""OCSF findings of other products, field by field."""

from datetime import UTC, datetime

import pytest

from detectors.intake.ocsf import OcsfFormat
from engine.errors import InvalidInput
from engine.model.base import Json
from engine.model.finding import Endpoint, Finding, Observable, ObservableType, Origin, Severity

INFO: Json = {
    "uid": "f-17",
    "title": "exfiltration from files-02",
    "types": ["exfiltration"],
    "analytic": {"name": "Volume Model", "version": "4"},
    "attacks": [{"technique": {"uid": "T1048"}, "sub_technique": {"uid": "T1048.003"}}],
}
EVIDENCE: Json = {
    "actor": {"user": {"name": "J.Baker"}},
    "src_endpoint": {"ip": "10.20.4.17", "port": 51544, "hostname": "FILES-02."},
    "dst_endpoint": {"ip": "203.0.113.44", "port": 443, "domain": "drop.example"},
}
RECORD: Json = {
    "class_uid": 2004,
    "activity_id": 1,
    "type_uid": 200401,
    "time": 1795230123500,
    "severity_id": 5,
    "confidence_score": 97,
    "message": "2.1 GB left",
    "metadata": {"version": "1.3.0", "product": {"name": "Exfil Watch", "version": "9"}, "labels": ["prod"]},
    "finding_info": INFO,
    "evidences": [EVIDENCE],
}


def normalise(changes: Json | None = None, info: Json | None = None) -> Finding:
    record = RECORD | {"finding_info": INFO | (info or {})} | (changes or {})
    finding = OcsfFormat().normalise(record, "ocsf.json", 7)
    assert finding is not None
    return finding


def test_a_detection_finding_becomes_a_finding() -> None:
    finding = normalise()
    assert finding == Finding(
        id=finding.id,
        detector="exfil-watch.volume-model",
        detector_version="4",
        time=datetime(2026, 11, 21, 3, 2, 3, 500_000, tzinfo=UTC),
        reported_time="1795230123500",
        severity=Severity.CRITICAL,
        confidence=0.97,
        category="exfiltration",
        title="exfiltration from files-02",
        tags=("ocsf", "prod"),
        techniques=("T1048.003",),
        observables=(
            Observable(type=ObservableType.IP, value="10.20.4.17"),
            Observable(type=ObservableType.IP, value="203.0.113.44"),
            Observable(type=ObservableType.HOST, value="files-02"),
            Observable(type=ObservableType.USER, value="j.baker"),
            Observable(type=ObservableType.DOMAIN, value="drop.example"),
        ),
        source=Endpoint(ip="10.20.4.17", port=51544, host="files-02", user="j.baker"),
        destination=Endpoint(ip="203.0.113.44", port=443),
        origin=Origin(product="Exfil Watch", file="ocsf.json", line=7),
        evidence={
            "message": "2.1 GB left",
            "evidences": [EVIDENCE],
            "finding": {name: INFO[name] for name in ("uid", "types", "analytic")},
        },
    )


def test_a_security_finding_of_older_versions_is_read_too() -> None:
    record: Json = {
        "class_uid": 2001,
        "activity_id": 1,
        "state_id": 1,
        "time": 1795230123500,
        "severity_id": 3,
        "confidence": 100,
        "metadata": {"product": {"name": "Watch", "feature": {"name": "Sinkhole"}, "version": "2"}},
        "finding": {"title": "infected", "uid": "u-1", "types": ["malware"]},
        "attacks": [{"technique": {"uid": "T1568"}}],
        "observables": [{"type_id": 2, "value": "192.0.2.7"}],
    }
    finding = OcsfFormat().normalise(record, "ocsf.json", 1)
    assert finding is not None
    assert (finding.detector, finding.detector_version, finding.confidence) == ("watch.sinkhole", "2", 1.0)
    assert (finding.category, finding.techniques, finding.severity) == ("malware", ("T1568",), Severity.MEDIUM)
    assert finding.observables == (Observable(type=ObservableType.IP, value="192.0.2.7"),)
    assert (finding.source, finding.destination) == (None, None)


@pytest.mark.parametrize("number", [2002, 2003, 2005, 2006, 3002, 4001, 6003])
def test_any_other_class_is_no_finding(number: int) -> None:
    record: Json = {"class_uid": number, "class_name": "Something Else"}
    assert OcsfFormat().recognises(record)
    assert OcsfFormat().normalise(record, "ocsf.json", 1) is None
    assert OcsfFormat().kind(record) == f"class {number} Something Else"


@pytest.mark.parametrize(
    "changes",
    [
        {"activity_id": 3, "type_uid": 200403},
        {"status_id": 3},
        {"status_id": 4},
        {"status_id": 5},
        {"class_uid": 2001, "type_uid": 200101, "state_id": 4, "finding": INFO},
    ],
)
def test_a_finding_that_is_over_is_no_longer_a_claim(changes: Json) -> None:
    record = RECORD | changes
    assert OcsfFormat().normalise(record, "ocsf.json", 1) is None
    assert OcsfFormat().kind(record).endswith("over: closed, suppressed or resolved")


@pytest.mark.parametrize(
    ("number", "severity"),
    [
        (0, Severity.MEDIUM),
        (1, Severity.INFORMATIONAL),
        (2, Severity.LOW),
        (3, Severity.MEDIUM),
        (4, Severity.HIGH),
        (5, Severity.CRITICAL),
        (6, Severity.CRITICAL),
        (99, Severity.MEDIUM),
    ],
)
def test_severities_are_ours(number: int, severity: Severity) -> None:
    assert normalise({"severity_id": number}).severity is severity


@pytest.mark.parametrize(
    ("changes", "confidence"),
    [
        ({"confidence_score": 0}, 0.0),
        ({"confidence_score": 100, "confidence_id": 1}, 1.0),
        ({"confidence_score": None, "confidence_id": 3}, 0.9),
        ({"confidence_score": None, "confidence_id": 2, "confidence": "Medium"}, 0.6),
        ({"confidence_score": None, "confidence_id": 1}, 0.3),
        ({"confidence_score": None, "confidence_id": 0}, None),
        ({"confidence_score": None, "confidence_id": 99, "confidence": "Sure"}, None),
        ({"confidence_score": None}, None),
    ],
)
def test_the_confidence_is_the_product_s_and_never_guessed(changes: Json, confidence: float | None) -> None:
    assert normalise(changes).confidence == confidence


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (
            {"type_id": 1, "value": "Dc-01.Corp.Example."},
            Observable(type=ObservableType.HOST, value="dc-01.corp.example"),
        ),
        ({"type_id": 2, "value": "::FFFF:192.0.2.7"}, Observable(type=ObservableType.IP, value="192.0.2.7")),
        ({"type_id": 4, "value": "J.Baker"}, Observable(type=ObservableType.USER, value="j.baker")),
        ({"type_id": 5, "value": "A@Evil.example"}, Observable(type=ObservableType.EMAIL, value="a@evil.example")),
        ({"type_id": 6, "value": "http://x/Y"}, Observable(type=ObservableType.URL, value="http://x/Y")),
        ({"type_id": 8, "value": "AB" * 32}, Observable(type=ObservableType.HASH, value="ab" * 32)),
        ({"type_id": 9, "value": "Rundll32.exe"}, Observable(type=ObservableType.PROCESS, value="rundll32.exe")),
    ],
)
def test_observables_are_typed_and_canonical(item: Json, expected: Observable) -> None:
    assert expected in normalise({"observables": [item]}).observables


@pytest.mark.parametrize(
    "item",
    [
        {"type_id": 2, "value": "nowhere"},
        {"type_id": 1, "value": None},
        {"type_id": 1, "value": 7},
        {"type_id": 26, "value": "Utrecht"},
        {"type_id": [1], "value": "x"},
        {"type_id": 8, "value": "not hex"},
        {"value": "x"},
        {"type_id": 4, "value": "x" * 2000},
    ],
)
def test_an_observable_that_is_no_such_thing_is_left_out(item: Json) -> None:
    assert normalise({"observables": [item]}).observables == normalise().observables


@pytest.mark.parametrize(
    ("part", "kind", "value"),
    [
        ({"device": {"hostname": "DC-01"}}, ObservableType.HOST, "dc-01"),
        ({"user": {"email_addr": "J@Corp.example"}}, ObservableType.USER, "j@corp.example"),
        ({"resources": [{"type": "Host", "name": "db-7"}]}, ObservableType.HOST, "db-7"),
        ({"resources": [{"type": "user", "name": "m.ostrow"}]}, ObservableType.USER, "m.ostrow"),
        ({"evidences": [{"query": {"hostname": "x.evil.example"}}]}, ObservableType.DOMAIN, "x.evil.example"),
        ({"evidences": [{"url": {"url_string": "http://x/Y"}}]}, ObservableType.URL, "http://x/Y"),
        ({"evidences": [{"process": {"name": "CMD.EXE"}}]}, ObservableType.PROCESS, "cmd.exe"),
        ({"evidences": [{"file": {"hashes": [{"value": "0" * 32}]}}]}, ObservableType.HASH, "0" * 32),
        ({"evidences": [{"email": {"message_uid": "<7@x>"}}]}, ObservableType.MESSAGE, "<7@x>"),
    ],
)
def test_what_the_event_names_elsewhere_is_observable(part: Json, kind: ObservableType, value: str) -> None:
    assert Observable(type=kind, value=value) in normalise(part).observables


def test_the_first_evidence_with_endpoints_gives_source_and_destination() -> None:
    finding = normalise({"evidences": [{"process": {"name": "x"}}, EVIDENCE]})
    assert finding.source == normalise().source


def test_a_time_of_the_date_profile_is_read_where_there_is_no_number() -> None:
    finding = normalise({"time": None, "time_dt": "2026-11-21T04:02:03.500+01:00"})
    assert (finding.time, finding.reported_time) == (normalise().time, "2026-11-21T04:02:03.500+01:00")


def test_an_update_that_repeats_is_a_duplicate_and_one_that_makes_it_graver_is_news() -> None:
    again = normalise({"activity_id": 2, "type_uid": 200402, "time": 1795230999000, "message": "still there"})
    graver = normalise({"activity_id": 2, "type_uid": 200402, "severity_id": 2})
    assert (again.id == normalise().id, graver.id == normalise().id) == (True, False)


def test_the_same_uid_of_another_product_is_another_alert() -> None:
    assert normalise({"metadata": {"product": {"name": "Another"}}}).id != normalise().id


def test_without_a_uid_the_content_is_the_identity() -> None:
    base = normalise(info={"uid": None})
    assert base.id == normalise({"message": "in other words"}, info={"uid": None}).id
    assert base.id != normalise({"time": 1795230123501}, info={"uid": None}).id


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"class_uid": "2004"}, "`class_uid`: expected a whole number, found text"),
        ({"class_uid": [2004]}, "`class_uid`: expected a whole number, found a list"),
        ({"type_uid": 200402}, "`type_uid`: expected 200401 (class and activity), found 200402"),
        ({"activity_id": None}, "`activity_id`: is missing"),
        ({"severity_id": None}, "`severity_id`: is missing"),
        ({"severity_id": 100}, "`severity_id`: expected 0 to 99, found `100`"),
        ({"confidence_score": 101}, "`confidence_score`: expected 0 to 100, found `101`"),
        ({"confidence_score": 0.97}, "`confidence_score`: expected a whole number"),
        ({"time": None}, "`time`: is missing"),
        ({"time": 1795230123}, "in the year 1970, outside 1990 to 2100; expected milliseconds since 1970"),
        ({"time": 10**15}, "`time`: `1000000000000000` is far outside 1990 to 2100"),
        ({"time": -1}, "`time`: expected 0 to"),
        ({"time": None, "time_dt": "soon"}, "`time_dt`: `soon` is not a time like"),
        ({"evidences": [{"src_endpoint": {"ip": "x"}}]}, "`evidences[0].src_endpoint.ip`: `x` is not an IP address"),
        ({"evidences": [{"dst_endpoint": {"port": -1}}]}, "`evidences[0].dst_endpoint.port`: expected 0 to 65535"),
        ({"evidences": "none"}, "`evidences[0]`: expected an object, found text"),
        ({"finding_info": None, "message": None}, "`message`: is missing"),
        ({"finding_info": []}, "`finding_info`: expected an object, found a list"),
    ],
)
def test_a_wrong_field_is_named_with_its_path(changes: Json, complaint: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        normalise(changes)
    assert complaint in caught.value.message
    assert (caught.value.file, caught.value.line) == ("ocsf.json", 7)
