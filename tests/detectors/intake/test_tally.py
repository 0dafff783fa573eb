"""What became of the records, in numbers."""

import io
import json

from detectors.intake.reader import Skipped, read
from detectors.intake.tally import REASONS, Summary, Tally

FINDING = {
    "detector": "tests.detector",
    "detector_version": "1",
    "time": "2026-11-21T03:00:00Z",
    "severity": "high",
    "confidence": 0.9,
    "category": "test",
    "title": "a record",
}
FLOW = {"event_type": "flow", "timestamp": "2026-11-21T03:00:00Z"}


def test_every_record_is_counted_once_as_what_it_became() -> None:
    tally = Tally()
    records = [FINDING, FLOW, FINDING, {**FINDING, "title": "another"}, {"x": 1}]
    news = []
    for _ in range(2):
        tally.count_file()
        news += [tally.add(item) for item in read(io.BytesIO("\n".join(map(json.dumps, records)).encode()))]
    assert news == [True, False, False, True, False] + [False] * 5
    assert tally.summary() == Summary(
        files=2, records=10, findings=2, duplicates=4, skipped={"eve: event_type flow": 2}, dead_letters=2
    )


def test_what_its_receiver_knew_already_is_a_duplicate_too() -> None:
    tally = Tally()
    for item in read(io.BytesIO(json.dumps(FINDING).encode())):
        tally.add(item)
    tally.known_already(1)
    assert (tally.summary().findings, tally.summary().duplicates) == (0, 1)


def test_reasons_do_not_grow_with_what_an_input_invents() -> None:
    tally = Tally()
    for number in range(3 * REASONS):
        tally.add(Skipped(reason=f"eve: event_type {number}", line=1))
    skipped = tally.summary().skipped
    assert len(skipped) == REASONS + 1
    assert skipped["other records that are no alerts"] == 2 * REASONS
