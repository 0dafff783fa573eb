"""One entity, one window, one incident, whatever the order of arrival."""

import re
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.correlate import KEY_LIMIT, WINDOW, entity, joins, key, merge, open_incident, open_manual
from engine.model.context import Zone
from engine.model.finding import Endpoint, Finding, Observable, ObservableType, Origin, Severity
from engine.model.incident import Incident, IncidentState

START = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
ASSETS = {"10.20.4.17": "files-02", "files-02": "files-02", "10.20.1.20": "idp-01", "ws-114": "ws-114"}


def zone_of(target: str) -> Zone:
    return Zone.INSIDE if target.startswith("10.") else Zone.PARTNER if target.startswith("172.28.") else Zone.OUTSIDE


def finding(**changes: object) -> Finding:
    base = Finding(
        id="F-1",
        detector="tests.detector",
        detector_version="1",
        time=START,
        reported_time="",
        severity=Severity.HIGH,
        confidence=0.9,
        category="exfiltration",
        title="a title",
        origin=Origin(product="tests"),
    )
    return base.model_copy(update=changes)


def seen(kind: ObservableType, value: str) -> tuple[Observable, ...]:
    return (Observable(type=kind, value=value),)


OUTSIDE = Endpoint(ip="203.0.113.44")
SIGN_IN = {"category": "logins", "techniques": ("T1078.002",)}


@pytest.mark.parametrize(
    ("expected", "changes"),
    [
        ("host:files-02", {"source": Endpoint(ip="10.20.4.17"), "destination": OUTSIDE}),
        ("host:files-02", {"source": OUTSIDE, "destination": Endpoint(ip="10.20.4.17")}),
        ("host:files-02", {"source": Endpoint(host="files-02", ip="10.9.9.9"), "destination": OUTSIDE}),
        ("host:files-02", {"observables": seen(ObservableType.HOST, "files-02")}),
        ("host:ws-114", {"source": Endpoint(host="ws-114"), "destination": Endpoint(ip="10.20.4.17")}),
        ("ip:10.9.9.9", {"source": OUTSIDE, "destination": Endpoint(ip="10.9.9.9")}),
        ("ip:203.0.113.44", {"source": OUTSIDE, "destination": Endpoint(ip="198.51.100.7")}),
        ("ip:198.51.100.7", {"destination": Endpoint(ip="198.51.100.7")}),
        ("ip:172.28.0.10", {"source": Endpoint(ip="172.28.0.10")}),
        ("ip:2001:db8::1", {"source": Endpoint(ip="2001:db8::1")}),
        ("ip:192.0.2.1", {"observables": seen(ObservableType.IP, "192.0.2.1")}),
        ("domain:evil.example", {"observables": seen(ObservableType.DOMAIN, "evil.example")}),
        ("user:j.baker", {"observables": seen(ObservableType.USER, "j.baker")}),
        ("detector:tests.detector", {}),
    ],
)
def test_the_entity_is_the_best_known_thing_on_our_side(expected: str, changes: dict[str, object]) -> None:
    assert entity(finding(**changes), zone_of, ASSETS.get) == expected


@pytest.mark.parametrize(
    ("expected", "changes"),
    [
        ("user:adm-k.wolf", {"source": Endpoint(ip="203.0.113.9", user="adm-k.wolf")}),
        ("user:adm-k.wolf", {"destination": Endpoint(ip="10.20.1.20", user="adm-k.wolf"), "source": OUTSIDE}),
        ("user:adm-k.wolf", {"observables": seen(ObservableType.USER, "adm-k.wolf"), "source": OUTSIDE}),
        ("host:ws-114", {"source": Endpoint(host="ws-114", user="adm-k.wolf")}),
    ],
)
def test_what_happened_to_an_account_is_about_the_account_unless_it_came_from_a_machine_of_ours(
    expected: str, changes: dict[str, object]
) -> None:
    assert entity(finding(**SIGN_IN, **changes), zone_of, ASSETS.get) == expected


def test_the_service_that_recorded_a_login_is_not_what_the_login_is_about() -> None:
    source, destination = Endpoint(ip="203.0.113.9", user="j.baker"), Endpoint(ip="10.20.1.20")
    assert entity(finding(source=source, destination=destination, **SIGN_IN), zone_of, ASSETS.get) == "user:j.baker"


def test_a_user_in_any_other_finding_does_not_hide_the_host() -> None:
    stolen = finding(source=Endpoint(ip="10.9.9.9", user="j.baker"), techniques=("T1048",))
    assert entity(stolen, zone_of, ASSETS.get) == "ip:10.9.9.9"


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("user", "CORP\\J.Doe", "user:corp%5cj.doe"),
        ("user", "j doe/../etc", "user:j%20doe%2f..%2fetc"),
        ("domain", "bücher.example", "domain:b%c3%bccher.example"),
        ("user", "~root", "user:%7eroot"),
        ("user", "a_b", "user:a_b"),
        ("user", "100%", "user:100%25"),
    ],
)
def test_a_key_is_safe_as_an_id(kind: str, name: str, expected: str) -> None:
    assert key(kind, name) == expected


@given(st.text(st.characters()), st.text(st.characters()))
def test_keys_are_safe_short_and_differ_where_names_do(one: str, other: str) -> None:
    keys = {key("user", one), key("user", other)}
    assert all(re.fullmatch(r"user:[a-z0-9._:@%-]*", text) and len(text) <= KEY_LIMIT for text in keys)
    assert (len(keys) == 1) == (one.lower() == other.lower())


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        (timedelta(0), True),
        (WINDOW, True),
        (-WINDOW, True),
        (WINDOW + timedelta(microseconds=1), False),
        (-WINDOW - timedelta(microseconds=1), False),
    ],
)
def test_a_finding_joins_within_the_window_on_either_side(offset: timedelta, expected: bool) -> None:
    incident = open_incident("INC-1", "host:files-02", 1, finding(), START)
    assert joins(incident, finding(time=START + offset)) is expected


def test_the_window_slides_with_every_finding() -> None:
    incident = open_incident("INC-1", "host:files-02", 1, finding(), START)
    later = finding(id="F-2", time=START + WINDOW)
    assert joins(merge(incident, later), finding(time=START + 2 * WINDOW))


def test_a_closed_incident_takes_nothing_in() -> None:
    closed = open_incident("INC-1", "host:files-02", 1, finding(), START).model_copy(
        update={"state": IncidentState.CLOSED}
    )
    assert not joins(closed, finding())


@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_the_ends_of_the_calendar_do_not_break_the_window(at: datetime) -> None:
    incident = open_incident("INC-1", "host:files-02", 1, finding(), START)
    assert not joins(incident, finding(time=at))


FINDINGS = st.builds(
    lambda number, seconds, severity, confidence, title, submitter: finding(
        id=f"F-{number}",
        time=START + timedelta(seconds=seconds),
        severity=severity,
        confidence=confidence,
        title=title,
        submitter=submitter,
    ),
    st.integers(0, 10**6),
    st.integers(0, int(WINDOW.total_seconds())),
    st.sampled_from(Severity),
    st.none() | st.floats(0, 1),
    st.sampled_from(["beacon", "exfiltration", "scan"]),
    st.none() | st.sampled_from(["j.baker", "m.ostrow"]),
)


def arrived(findings: list[Finding]) -> Incident:
    incident = open_incident("INC-1", "host:files-02", 1, findings[0], START)
    for item in findings[1:]:
        assert joins(incident, item)
        incident = merge(incident, item)
    return incident


@given(st.lists(FINDINGS, min_size=1, max_size=8, unique_by=lambda item: item.id), st.randoms())
def test_the_order_of_arrival_does_not_matter(findings: list[Finding], chance: Random) -> None:
    shuffled = [*findings]
    chance.shuffle(shuffled)
    assert arrived(findings) == arrived(shuffled)


@given(st.lists(FINDINGS, min_size=1, max_size=5, unique_by=lambda item: item.id))
def test_a_finding_merged_twice_counts_once(findings: list[Finding]) -> None:
    incident = arrived(findings)
    assert merge(incident, findings[-1]) == incident


def test_the_gravest_finding_names_the_incident() -> None:
    quiet = finding(severity=Severity.LOW, title="a scan", confidence=None)
    grave = finding(id="F-2", severity=Severity.CRITICAL, title="exfiltration", confidence=0.4, submitter="j.baker")
    incident = merge(open_incident("INC-1", "host:files-02", 1, quiet, START), grave)
    assert (incident.severity, incident.title, incident.confidence) == (Severity.CRITICAL, "exfiltration", 0.4)
    assert (incident.finding_ids, incident.submitters) == (("F-1", "F-2"), ("j.baker",))


def test_a_person_s_incident_has_a_key_of_its_own() -> None:
    incident = open_manual("INC-0007", "j.baker", "network.block_ip 203.0.113.9: seen in the proxy log", START)
    assert (incident.key, incident.submitters, incident.confidence) == ("manual:inc-0007", ("j.baker",), None)
