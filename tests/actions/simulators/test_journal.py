"""The journal keeps every whole line exactly once, whoever wrote it and whenever a writer was killed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.simulators.journal import Journal
from engine.errors import TargetUnavailable

Lines = list[bytes]


def opened(path: Path) -> tuple[Journal, Lines]:
    lines = Lines()
    return Journal(path, lines.append), lines


def append(journal: Journal, line: bytes) -> None:
    with journal.writing() as write:
        write(line)


def test_what_one_writes_the_other_reads_once_and_in_order(tmp_path: Path) -> None:
    one, seen_by_one = opened(tmp_path / "j")
    other, seen_by_other = opened(tmp_path / "j")
    append(one, b"1")
    append(other, b"2")
    append(one, b"3")
    other.refresh()
    other.refresh()
    assert seen_by_one == seen_by_other == [b"1", b"2", b"3"]


def test_a_writer_sees_what_others_wrote_before_it_decides(tmp_path: Path) -> None:
    one, _ = opened(tmp_path / "j")
    other, seen = opened(tmp_path / "j")
    append(one, b"1")
    with other.writing():
        assert seen == [b"1"]


def test_a_journal_opened_later_sees_everything(tmp_path: Path) -> None:
    append(opened(tmp_path / "j")[0], b"1")
    late, seen = opened(tmp_path / "j")
    late.refresh()
    assert seen == [b"1"]


def test_an_error_while_writing_leaves_what_was_appended_and_lets_go_of_the_lock(tmp_path: Path) -> None:
    journal, seen = opened(tmp_path / "j")
    with pytest.raises(KeyError), journal.writing() as write:
        write(b"1")
        raise KeyError
    append(opened(tmp_path / "j")[0], b"2")
    journal.refresh()
    assert seen == [b"1", b"2"]


LINE = st.binary(max_size=12).map(lambda line: line.replace(b"\n", b" "))


@given(lines=st.lists(LINE, min_size=1, max_size=5), cut=st.integers(min_value=0), after=LINE)
def test_cut_anywhere_whole_lines_stay_and_the_torn_one_is_gone(
    tmp_path_factory: pytest.TempPathFactory, lines: Lines, cut: int, after: bytes
) -> None:
    path = tmp_path_factory.mktemp("cut") / "j"
    written = b"".join(line + b"\n" for line in lines)
    kept = written[: cut % (len(written) + 1)]
    path.write_bytes(kept)
    reader, seen_by_reader = opened(path)
    writer, seen_by_writer = opened(path)
    whole = kept.split(b"\n")[:-1]

    reader.refresh()
    assert seen_by_reader == whole
    append(writer, after)
    reader.refresh()
    assert seen_by_reader == seen_by_writer == [*whole, after]
    assert path.read_bytes() == b"".join(line + b"\n" for line in seen_by_writer)


def test_a_reader_does_not_mend_what_a_writer_may_still_be_writing(tmp_path: Path) -> None:
    journal, _ = opened(tmp_path / "j")
    (tmp_path / "j").write_bytes(b"1\n{torn")
    journal.refresh()
    assert (tmp_path / "j").read_bytes() == b"1\n{torn"


def test_lines_that_vanish_are_noticed(tmp_path: Path) -> None:
    journal, _ = opened(tmp_path / "j")
    append(journal, b"1")
    (tmp_path / "j").write_bytes(b"")
    with pytest.raises(TargetUnavailable, match="has lost lines"):
        journal.refresh()
