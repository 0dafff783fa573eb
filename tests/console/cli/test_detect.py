"""`fireline detect dns` and `fireline models`: what they print, and how they end."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from console.cli import detect, models
from detectors.generators import captures as made
from detectors.generators.captures import Captured, Ends
from engine.errors import InvalidInput

QUERY = bytes.fromhex("beef01000001000000000000") + b"\x07example\x00\x00\x01\x00\x01"
FIELDS = {"id", "detector", "detector_version", "time", "severity", "confidence", "category", "title", "tags",
          "observables", "source", "evidence"}  # fmt: skip


def capture(*payloads: bytes) -> bytes:
    return made.pcap([Captured(10**18 + n, made.udp(Ends(), payload)) for n, payload in enumerate(payloads)], made.RAW)


@pytest.fixture
def strange(tmp_path: Path) -> Path:
    path = tmp_path / "strange.pcap"
    path.write_bytes(capture(QUERY, b"\x38\x9a\x41\xc7\x55\x02\xee\x10\x77"))
    return path


def run(app: Any, *arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_json_is_one_finding_a_line_and_then_the_summary(strange: Path) -> None:
    done = run(detect.app, "dns", strange, "--json")
    finding, last = map(json.loads, done.stdout.splitlines())
    assert done.exit_code == 0
    assert set(finding) >= FIELDS
    assert finding["tags"] == ["AI-Anomalous-DNS-Reconstruction"]
    assert last == {"summary": {"files": 1, "packets": 2, "dns_messages": 2, "findings": 1, "skipped": {}}}


def test_people_read_lines(strange: Path) -> None:
    done = run(detect.app, "dns", strange)
    finding, summary, skipped = done.stdout.splitlines()
    assert "critical  0." in finding
    assert "not DNS on port 53: 192.0.2.7 to 192.0.2.53 over udp, 1 of 2 messages" in finding
    assert summary == "1 files, 2 packets, 2 DNS messages: 1 findings"
    assert skipped == "not judged: nothing"


def test_a_broken_capture_is_named_with_its_offset_and_ends_in_2(strange: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pcap"
    broken.write_bytes(strange.read_bytes()[:-3])
    done = run(detect.app, "dns", broken, strange, "--json")
    assert done.exit_code == 2
    assert f"broken.pcap: damaged capture at byte {len(capture(QUERY))}: cut short" in done.stderr
    assert len(done.stdout.splitlines()) == 2
    assert json.loads(done.stdout.splitlines()[-1])["summary"]["skipped"] == {"damaged_capture": 1}


def test_a_folder_without_a_model_is_bad_input(strange: Path, tmp_path: Path) -> None:
    assert isinstance(run(detect.app, "dns", strange, "--model", tmp_path).exception, InvalidInput)


def test_files_or_an_interface_must_be_named_and_not_both(strange: Path) -> None:
    assert run(detect.app, "dns").exit_code == 2
    assert run(detect.app, "dns", strange, "--interface", "lo").exit_code == 2


def test_a_model_trained_here_is_used_by_name_of_its_folder(strange: Path, tmp_path: Path) -> None:
    clean, out = tmp_path / "clean.pcap", tmp_path / "own"
    clean.write_bytes(capture(*[QUERY] * 300))
    trained = run(models.app, "train", "dns.header_autoencoder", clean, "--out", out, "--owner", "dns team", "--json")
    card = json.loads(trained.stdout)
    assert (trained.exit_code, card["owner"], card["validated_locally"]) == (0, "dns team", False)
    found = run(detect.app, "dns", strange, "--model", out, "--json")
    assert json.loads(found.stdout.splitlines()[0])["detector_version"] == card["version"]


def test_a_model_is_shown_beside_the_plain_rule(strange: Path) -> None:
    done = run(models.app, "evaluate", "dns.header_autoencoder", strange, "--json")
    (one,) = json.loads(done.stdout)["captures"]
    assert one == {"capture": "strange.pcap", "messages": 2, "flagged": 1, "flagged_by_rule": 1, "flagged_by_both": 1}


def test_an_unknown_detector_is_refused(strange: Path) -> None:
    assert isinstance(run(models.app, "evaluate", "dns.unknown", strange).exception, InvalidInput)


def test_a_missing_file_is_no_damaged_capture(strange: Path, tmp_path: Path) -> None:
    done = run(detect.app, "dns", tmp_path / "nope.pcap", strange, "--json")
    summary = json.loads(done.stdout.splitlines()[-1])["summary"]
    assert (done.exit_code, summary["files"], summary["skipped"]) == (2, 1, {"unreadable_file": 1})
