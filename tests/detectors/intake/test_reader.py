"""Where inputs come from, what dead letters keep, and which format reads a record."""

import gzip
import io
import json
from pathlib import Path

import pytest

from detectors.intake.framing import EXCERPT
from detectors.intake.reader import Accepted, Skipped, read
from engine.errors import InvalidInput
from engine.model.intake import DeadLetter

GOOD = '{"n": 1}'


def test_a_dead_letter_keeps_the_beginning_of_what_was_refused_and_nothing_behind_it() -> None:
    bad = '{"a": NaN, "b": "' + "x" * 5000 + '"}'
    letters = [item for item in read(io.BytesIO(f'{bad}\n{{"a": \n{GOOD}'.encode())) if isinstance(item, DeadLetter)]
    assert [letter.raw for letter in letters[:2]] == [bad[:EXCERPT], '{"a":']


def test_a_dead_letter_can_be_stored_whatever_the_bytes_were() -> None:
    (letter,) = read(io.BytesIO(b'\xff\xfe{"a": "\xed\xa0\x80"}'))
    assert isinstance(letter, DeadLetter)
    assert letter.raw.encode() == b'\\xff\\xfe{"a": "\\xed\\xa0\\x80"}'


EVENT = json.dumps({"event_type": "flow", "timestamp": "2026-11-21T03:00:00+0000"})


def test_files_and_packed_files_are_read_by_path(tmp_path: Path) -> None:
    plain, packed = tmp_path / "eve.json", tmp_path / "eve.json.gz"
    plain.write_text(EVENT)
    packed.write_bytes(gzip.compress(EVENT.encode()))
    assert list(read(plain)) == list(read(str(packed))) == [Skipped(reason="eve: event_type flow", line=1)]


def test_a_damaged_archive_leaves_a_dead_letter_behind_what_it_held(tmp_path: Path) -> None:
    packed = tmp_path / "eve.json.gz"
    packed.write_bytes(gzip.compress(f"{EVENT}\n".encode() * 1000)[:-8])
    *items, last = read(packed)
    assert len(items) == 1000
    assert isinstance(last, DeadLetter)
    assert (last.line, last.message.partition(":")[0]) == (1001, "reading broke off here")


def test_standard_input_is_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"nonsense")))
    (letter,) = read("-")
    assert isinstance(letter, DeadLetter)
    assert letter.file == "<stdin>"


def test_a_file_that_is_not_there_is_an_error_of_the_author(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="none.json: cannot be opened: no such file or directory"):
        list(read(tmp_path / "none.json"))


def test_a_folder_is_an_error_of_the_author(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be opened: is a directory"):
        list(read(tmp_path))


def test_an_unknown_format_names_those_there_are() -> None:
    with pytest.raises(InvalidInput, match="no format `csv`; there are: auto, fireline, ocsf, eve"):
        list(read(io.BytesIO(b""), "csv"))


def test_a_record_of_another_format_than_asked_for_is_a_dead_letter() -> None:
    (letter,) = read(io.BytesIO(EVENT.encode()), "ocsf", "there.json")
    assert letter == DeadLetter(
        file="there.json",
        line=1,
        column=1,
        message="not recognised as ocsf: the first fields are `event_type`, `timestamp`",
        raw=EVENT,
    )


def test_formats_may_be_mixed_in_one_input() -> None:
    own = {"detector": "d", "detector_version": "1", "time": "2026-11-21T03:00:00Z", "severity": "low"}
    text = f"{EVENT}\n{json.dumps({**own, 'confidence': None, 'category': 'c', 'title': 't'})}\n"
    assert [type(item) for item in read(io.BytesIO(text.encode()))] == [Skipped, Accepted]
