"""Findings: what they claim, what they show, and that they are the same whenever the same flow is read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors.dns import flows
from detectors.dns.autoencoder import HeaderModel
from detectors.dns.capture import Batch
from detectors.dns.detector import Scan
from detectors.dns.finding import TAG, contributions
from detectors.dns.header import NAMES
from detectors.dns.reading import read_capture
from detectors.generators import captures as made
from detectors.generators.captures import Captured, Ends
from engine.model.finding import Finding, Severity

QUERY = bytes.fromhex("beef01000001000000000000") + b"\x07example\x00\x00\x01\x00\x01"
ANSWER = bytes.fromhex("beef81800001000100000000") + b"\x07example\x00\x00\x01\x00\x01"
SECRET = b"\x38\x9a\x41\xc7\x55\x02\xee\x10\x77" + bytes(range(200, 256)) * 8
START = 1_700_000_000_000_000_000
TUNNEL = Ends("192.0.2.7", 40_000, "198.51.100.9", 53)


def capture(*packets: bytes) -> bytes:
    return made.pcap([Captured(START + n * 1_000_000, packet) for n, packet in enumerate(packets)], made.RAW)


def detect(model: HeaderModel, *paths: Path) -> list[Finding]:
    scan = Scan(model)
    return [finding for path in paths for finding in scan.read(path)]


MIXED = (
    made.udp(TUNNEL, QUERY),
    made.udp(TUNNEL, SECRET),
    made.udp(TUNNEL.back(), SECRET[::-1]),
    made.udp(Ends(), QUERY),
    made.udp(Ends().back(), ANSWER),
)


def test_clean_dns_gives_no_finding(model: HeaderModel, write: Any) -> None:
    assert detect(model, write(capture(made.udp(Ends(), QUERY), made.udp(Ends().back(), ANSWER)))) == []


def test_one_finding_a_flow_whatever_the_direction(model: HeaderModel, write: Any) -> None:
    (finding,) = detect(model, write(capture(*MIXED)))
    assert finding.source is not None and finding.destination is not None
    assert (finding.source.ip, finding.source.port) == ("192.0.2.7", 40_000)
    assert (finding.destination.ip, finding.destination.port) == ("198.51.100.9", 53)
    assert [observable.value for observable in finding.observables] == ["192.0.2.7", "198.51.100.9"]
    assert finding.title == "not DNS on port 53: 192.0.2.7 to 198.51.100.9 over udp, 2 of 3 messages"


def test_a_finding_is_critical_tagged_and_of_bounded_confidence(model: HeaderModel, write: Any) -> None:
    (finding,) = detect(model, write(capture(*MIXED)))
    assert (finding.severity, finding.tags, finding.techniques) == (Severity.CRITICAL, (TAG,), ("T1571",))
    assert finding.confidence is not None
    assert 0.5 < finding.confidence <= model.card.calibration.ceiling
    assert (finding.detector, finding.detector_version) == ("dns.header_autoencoder", model.card.version)


def test_the_evidence_leads_back_to_the_bytes(model: HeaderModel, write: Any) -> None:
    (finding,) = detect(model, write(capture(*MIXED)))
    evidence: Any = finding.evidence
    assert (evidence["messages"], evidence["flagged"]) == (3, 2)
    assert evidence["loss"] > evidence["threshold"] > 0
    assert {entry["bit"] for entry in evidence["bits"]} <= set(NAMES)
    assert evidence["raw"][0]["bytes"] == SECRET[:256].hex()
    assert [raw["to_server"] for raw in evidence["raw"]] == [True, False]
    assert evidence["flow"]["first"] == "2023-11-14T22:13:20.001000+00:00"
    assert evidence["flow"]["last"] == "2023-11-14T22:13:20.002000+00:00"
    assert finding.reported_time == "2023-11-14T22:13:20.001000+00:00"


def test_the_same_flow_read_again_has_the_same_id_whatever_the_file(model: HeaderModel, write: Any) -> None:
    first, second = detect(model, write(capture(*MIXED)), write(capture(*MIXED)))
    assert first.id == second.id
    assert first.origin.file != second.origin.file


def test_two_flows_have_two_ids(model: HeaderModel, write: Any) -> None:
    other = Ends("192.0.2.7", 40_001, "198.51.100.9", 53)
    found = detect(model, write(capture(made.udp(TUNNEL, SECRET), made.udp(other, SECRET))))
    assert len({finding.id for finding in found}) == 2


def test_the_transaction_id_changes_neither_loss_nor_verdict(model: HeaderModel, write: Any) -> None:
    ids = (b"\x00\x00", b"\xff\xff")
    found = [detect(model, write(capture(made.udp(TUNNEL, start + SECRET[2:]))))[0] for start in ids]
    assert found[0].evidence["loss"] == found[1].evidence["loss"]


def test_tcp_is_judged_behind_its_length_prefix(model: HeaderModel, write: Any) -> None:
    opening = made.tcp(TUNNEL, 9, flags=made.SYN)
    proper = capture(opening, made.tcp(TUNNEL, 10, made.prefixed(QUERY)))
    foreign = capture(opening, made.tcp(TUNNEL, 10, b"GET /payload HTTP/1.1\r\n\r\n"))
    (finding,) = detect(model, write(proper), write(foreign))
    assert finding.title.endswith("over tcp, 1 of 1 messages")
    evidence: Any = finding.evidence
    assert evidence["flow"]["start_seen"]
    assert bytes.fromhex(evidence["raw"][0]["bytes"]) == b"T /payload HTTP/1.1\r\n\r\n"


def test_both_ends_on_port_53_make_one_flow(model: HeaderModel, write: Any) -> None:
    ends = Ends("192.0.2.7", 53, "198.51.100.9", 53)
    (finding,) = detect(model, write(capture(made.udp(ends, SECRET), made.udp(ends.back(), SECRET))))
    evidence: Any = finding.evidence
    assert evidence["flagged"] == 2


def test_a_few_odd_messages_among_many_proper_ones_are_less_sure(model: HeaderModel, write: Any) -> None:
    alone = detect(model, write(capture(made.udp(TUNNEL, SECRET))))[0]
    among = detect(model, write(capture(made.udp(TUNNEL, SECRET), *[made.udp(TUNNEL, QUERY)] * 99)))[0]
    assert alone.confidence is not None and among.confidence is not None
    assert among.confidence < alone.confidence


def test_a_broken_capture_is_noted_and_the_rest_goes_on(model: HeaderModel, write: Any, tmp_path: Path) -> None:
    whole = capture(*MIXED)
    scan = Scan(model)
    paths = [write(whole[:-3]), tmp_path / "absent", write(whole)]
    found = [finding for path in paths for finding in scan.read(path)]
    assert len(found) == 2
    assert [str(problem).rsplit(": ", 1)[-1] for problem in scan.problems] == [
        "cut short in the middle of a record",
        "No such file or directory",
    ]
    assert scan.summary.model_dump() == {
        "files": 2,
        "packets": 9,
        "dns_messages": 9,
        "findings": 2,
        "skipped": {"damaged_capture": 1, "unreadable_file": 1},
    }


def test_flagged_flows_are_bounded_and_the_oldest_is_handed_out(
    model: HeaderModel, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flows, "MOST_SUSPECTS", 1)
    monkeypatch.setattr(flows, "MOST_FLOWS", 1)
    ends = [Ends("192.0.2.7", port, "198.51.100.9", 53) for port in (1000, 2000, 3000)]
    found = detect(model, write(capture(*(made.udp(end, SECRET) for end in ends))))
    assert [finding.source.port for finding in found if finding.source] == [1000, 2000, 3000]


def test_contributions_are_shares_of_the_whole_largest_first() -> None:
    errors = np.zeros(48)
    errors[[0, 47]] = 1.0, 3.0
    shown: Any = contributions(errors)
    assert shown[:2] == [{"bit": "ANCOUNT.1", "share": 0.75}, {"bit": "QR", "share": 0.25}]


def test_a_held_flow_is_handed_out_after_so_many_batches_though_more_comes(model: HeaderModel, write: Any) -> None:
    (batch,) = read_capture(write(capture(*MIXED)))
    given: list[int] = []

    def batches() -> Iterator[Batch]:
        for number in range(6):
            given.append(number)
            yield batch

    first = next(Scan(model).follow(batches(), "eth0", hold=3))
    assert given == [0, 1, 2]
    assert first.evidence["flagged"] == 6
