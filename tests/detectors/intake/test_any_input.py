"""Whatever comes in, every record ends as a finding, as skipped, or as a dead letter with its place."""

import io
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from detectors.intake import FORMATS
from detectors.intake.reader import Accepted, Skipped, read
from engine.digest import canonical
from engine.errors import InvalidInput
from engine.model.finding import Finding
from engine.model.intake import DeadLetter
from engine.ports import IntakeFormat

GOOD = {
    "detector": "tests.detector",
    "detector_version": "1",
    "time": "2026-11-21T03:00:00Z",
    "severity": "high",
    "confidence": 0.9,
    "category": "test",
    "title": "a good record",
}
LINE = json.dumps(GOOD).encode()

FIELDS = """
event_type timestamp alert signature signature_id severity metadata src_ip dest_ip src_port http hostname dns query
queries rrname class_uid activity_id type_uid severity_id time time_dt finding_info finding uid title evidences email
src_endpoint ip port observables type_id value attacks technique sub_technique confidence_score confidence status_id
device resources type name detector detector_version category evidence id origin source files sha256 from tls sni
"""
NAMES = st.sampled_from(FIELDS.split())
WORDS = st.sampled_from(
    ["alert", "2026-11-21T03:00:00Z", "10.0.0.1", "High", "T1048", "", "x", "ip", "\x00", "\ud83d\ude00"]
)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.sampled_from([2004, 2001, 1, 3, 1795230123500]) | st.floats() | WORDS
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=20
)
RECORDS = st.dictionaries(NAMES, VALUES, max_size=12)
ALERTS = RECORDS.map(lambda record: {"timestamp": "2026-11-21T03:00:00Z", **record, "event_type": "alert"})
DETECTIONS = RECORDS.map(
    lambda record: {"activity_id": 1, "time": 1795230123500, "severity_id": 1, **record, "class_uid": 2004}
)
OWN = RECORDS.map(lambda record: {**GOOD, **record})


def check_places(raw: bytes) -> list[Finding]:
    lines = raw.decode("utf-8", "surrogateescape").removeprefix("\ufeff").split("\n")
    items = list(read(io.BytesIO(raw)))
    letters = [item for item in items if isinstance(item, DeadLetter)]
    for letter in letters:
        assert 1 <= letter.line <= len(lines)
        assert 1 <= letter.column <= len(lines[letter.line - 1]) + 1
        assert letter.message and "\n" not in letter.message
        assert len(letter.raw.encode()) <= 20_000
    assert [(letter.line, letter.column) for letter in letters] == sorted((x.line, x.column) for x in letters)
    return [item.finding for item in items if isinstance(item, Accepted)]


@given(st.binary(max_size=300))
@example(b"\xef\xbb\xbf")
@example(b"\xf0\x9f\x94")
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    check_places(raw)


@given(st.text(st.sampled_from('{}[]",:\\ \n\t01eE-+.ntfu\ud83d\u202eNaN'), max_size=80))
def test_no_arrangement_of_json_s_characters_breaks_the_reader(text: str) -> None:
    check_places(text.encode("utf-8", "surrogatepass"))


@given(st.sampled_from([ALERTS, DETECTIONS, OWN, RECORDS]).flatmap(lambda kind: kind))
def test_no_record_of_any_shape_breaks_a_format(record: dict[str, object]) -> None:
    (item,) = read(io.BytesIO(json.dumps(record).encode()))
    assert isinstance(item, Accepted | Skipped | DeadLetter)


@given(st.sampled_from([ALERTS, DETECTIONS, OWN]).flatmap(lambda kind: kind), st.integers(1, 9))
def test_what_is_accepted_can_be_stored_digested_and_read_again(record: dict[str, object], line: int) -> None:
    accepted = check_places(b"\n" * line + json.dumps(record).encode())
    for finding in accepted:
        assert canonical(finding.model_dump(mode="json"))
        assert Finding.model_validate_json(finding.model_dump_json()) == finding
        assert check_places(json.dumps(record, indent=2).encode())[0].id == finding.id


@given(st.binary(max_size=120), st.integers(1, 3))
def test_a_good_line_is_accepted_whatever_stands_on_the_lines_before_it(junk: bytes, copies: int) -> None:
    one_line = junk.replace(b"\n", b" ").replace(b"[", b"(")
    found = check_places(b"\n".join([one_line, *[LINE] * copies]))
    assert [finding.title for finding in found][-copies:] == ["a good record"] * copies


@given(st.text(st.sampled_from('{}",:\\ 1ntfu\t'), max_size=60).map(str.encode))
def test_a_good_line_is_accepted_behind_any_broken_json(junk: bytes) -> None:
    found = check_places(b'{"broken": ' + junk + b"\n" + LINE + b"\n")
    assert found[-1].title == "a good record"


@given(st.text(st.sampled_from('{}[]",:\\ 1ntfu\t'), max_size=60).map(str.encode))
def test_a_good_element_is_accepted_behind_any_broken_one(junk: bytes) -> None:
    raw = b"[\n" + LINE + b',\n{"broken": ' + junk + b",\n" + LINE + b"\n]\n" + LINE
    assert [finding.title for finding in check_places(raw)].count("a good record") >= 2


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
@given(record=RECORDS)
def test_every_format_only_ever_refuses_with_the_place(known: IntakeFormat, record: dict[str, object]) -> None:
    parsed = json.loads(json.dumps(record))
    assert known.kind(parsed)
    try:
        finding = known.normalise(parsed, "there.json", 12)
    except InvalidInput as error:
        assert (error.file, error.line) == ("there.json", 12)
    else:
        assert finding is None or (finding.origin.file, finding.origin.line) == ("there.json", 12)


def test_formats_have_names_of_their_own() -> None:
    assert len({known.name for known in FORMATS}) == len(FORMATS)
