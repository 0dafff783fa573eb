"""Alerts that other products really wrote; counted a second time by plain JSON, without anything of ours."""

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from detectors.intake.reader import Accepted, Item, Skipped, read
from detectors.intake.tally import Summary, Tally
from engine.model.finding import Finding
from engine.model.intake import DeadLetter

EVE = ["honeypot-2018.json", "slips-test6-malicious.eve.json", "wrccdc-2017.json"]


def items_of(path: Path) -> list[Item]:
    return list(read(path))


def findings_of(path: Path) -> list[Finding]:
    return [item.finding for item in items_of(path) if isinstance(item, Accepted)]


def summary_of(path: Path) -> Summary:
    tally = Tally()
    tally.count_file()
    for item in read(path):
        tally.add(item)
    return tally.summary()


def plainly(path: Path) -> list[dict[str, object]]:
    text = path.read_text()
    values = json.loads(text if text.startswith("[") else "[" + ",".join(text.splitlines()) + "]")
    assert isinstance(values, list)
    return values


@pytest.mark.parametrize("name", EVE)
def test_every_alert_of_suricata_is_a_finding_and_nothing_else_is(data: Path, name: str) -> None:
    path = data / "alerts" / "suricata_eve" / name
    types = Counter(str(event["event_type"]) for event in plainly(path))
    alerts = types.pop("alert")
    assert summary_of(path) == Summary(
        files=1,
        records=alerts + types.total(),
        findings=alerts,
        duplicates=0,
        skipped={f"eve: event_type {name}": count for name, count in sorted(types.items())},
        dead_letters=0,
    )


@pytest.mark.parametrize("name", EVE)
def test_what_suricata_said_is_what_the_findings_say(data: Path, name: str) -> None:
    path = data / "alerts" / "suricata_eve" / name
    alerts = [event for event in plainly(path) if event["event_type"] == "alert"]
    found = findings_of(path)
    assert [finding.reported_time for finding in found] == [alert["timestamp"] for alert in alerts]
    assert [finding.source.ip for finding in found if finding.source] == [alert["src_ip"] for alert in alerts]
    assert [finding.destination.port for finding in found if finding.destination] == [a["dest_port"] for a in alerts]


@pytest.mark.parametrize("name", EVE)
def test_the_same_alerts_in_another_file_and_layout_are_the_same_findings(
    data: Path, tmp_path: Path, name: str
) -> None:
    path = data / "alerts" / "suricata_eve" / name
    other = tmp_path / "other.json.gz"
    other.write_bytes(gzip.compress(json.dumps(plainly(path), indent=1).encode()))
    assert [finding.id for finding in findings_of(other)] == [finding.id for finding in findings_of(path)]


def test_lines_are_the_lines_of_the_file(data: Path) -> None:
    path = data / "alerts" / "suricata_eve" / "slips-test6-malicious.eve.json"
    lines = path.read_text().splitlines()
    places = [finding.origin.line for finding in findings_of(path)]
    assert places == [number for number, line in enumerate(lines, 1) if '"event_type":"alert"' in line]


def test_of_ocsf_only_findings_are_findings(data: Path) -> None:
    folder = data / "alerts" / "ocsf"
    events = [item for path in sorted(folder.glob("*.ocsf")) for item in items_of(path)]
    reasons = {item.reason for item in events if isinstance(item, Skipped)}
    assert len(reasons) > 10
    assert all(reason.startswith("ocsf: class ") for reason in reasons)
    found = [item.finding.title for item in events if isinstance(item, Accepted)]
    assert found == ["Linux Kernel Module Injection Detected"]


def test_security_findings_of_a_vendor_are_read_whole(data: Path) -> None:
    (path,) = (data / "alerts" / "ocsf").glob("*malware_infection_detected_sample.json")
    found = findings_of(path)
    assert [finding.title for finding in found] == [event["finding"]["title"] for event in json.loads(path.read_text())]
    assert {finding.confidence for finding in found} == {1.0}
    assert len({finding.id for finding in found}) == 4


def test_no_file_of_any_kind_breaks_the_reader(data: Path) -> None:
    paths = [path for path in (data / "alerts").rglob("*") if path.is_file() and path.stat().st_size < 500_000]
    letters = [item for path in paths for item in items_of(path) if isinstance(item, DeadLetter)]
    assert len(paths) > 150
    assert all(letter.line and letter.column and letter.message for letter in letters)


@pytest.mark.parametrize("pattern", ["*.log", "*-rdp.json.gz"])
def test_zeek_logs_are_dead_letters_that_say_what_they_look_like(data: Path, pattern: str) -> None:
    for path in (data / "alerts" / "zeek").glob(pattern):
        items = items_of(path)
        assert {type(item) for item in items} == {DeadLetter}
        assert {item.message.partition(":")[0] for item in items if isinstance(item, DeadLetter)} == {
            "not recognised as fireline or ocsf or eve"
        }
