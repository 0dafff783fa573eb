"""Every intake format and every detector that ships keeps the laws that those of others are held to."""

from pathlib import Path

import pytest

from detectors import DETECTORS
from detectors.conformance import DETECTOR, INTAKE, DetectorCase, DetectorSample, IntakeCase, IntakeSample
from detectors.dns.files import HeaderDetector
from detectors.generators import captures as made
from detectors.generators.captures import Captured, Ends
from detectors.intake import FORMATS
from engine.conformance import Law
from engine.model.base import Json
from engine.ports import IntakeFormat

OURS: Json = {
    "detector": "tests.detector",
    "detector_version": "1",
    "time": "2026-11-21T03:00:00Z",
    "severity": "high",
    "confidence": 0.9,
    "category": "test",
    "title": "a good record",
}
EVE: Json = {
    "event_type": "alert",
    "timestamp": "2026-11-21T03:00:00.000000+0000",
    "src_ip": "10.0.0.1",
    "dest_ip": "203.0.113.44",
    "proto": "TCP",
    "alert": {"gid": 1, "signature_id": 2024, "rev": 3, "signature": "a known pattern", "severity": 1},
}
OCSF: Json = {
    "class_uid": 2004,
    "activity_id": 1,
    "time": 1795230123500,
    "severity_id": 4,
    "finding_info": {"uid": "f-1", "title": "something was seen"},
    "metadata": {"version": "1.3.0", "product": {"name": "sensor", "vendor_name": "acme"}},
}
SECRET = b"\x38\x9a\x41\xc7\x55\x02\xee\x10\x77" + bytes(range(200, 256)) * 8
CAPTURE = made.pcap([Captured(1_700_000_000_000_000_000, made.udp(Ends(), SECRET))], made.RAW)
DNS = HeaderDetector()
SAMPLES = {"fireline": OURS, "ocsf": OCSF, "eve": EVE}


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
@pytest.mark.parametrize("law", INTAKE, ids=lambda law: law.name)
async def test_every_intake_format(law: Law[IntakeCase], known: IntakeFormat) -> None:
    await law.hold(IntakeCase(known, IntakeSample((SAMPLES[known.name],))))


@pytest.mark.parametrize("law", DETECTOR, ids=lambda law: law.name)
async def test_the_dns_detector(law: Law[DetectorCase], tmp_path: Path) -> None:
    await law.hold(DetectorCase(DNS, DetectorSample({"some.pcap": CAPTURE}), tmp_path))


def test_every_detector_that_ships_is_tried() -> None:
    assert (HeaderDetector.id,) == DETECTORS
