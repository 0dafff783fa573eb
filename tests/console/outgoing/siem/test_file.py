"""A file of events: its owner's alone, whole lines, whoever moves it away and whenever the engine dies."""

import json
import os
import stat
from pathlib import Path

import pytest

from console.outgoing.siem.file import EventFile
from engine.errors import TargetUnavailable
from engine.model.siem import EventFileSettings


def into(path: Path) -> EventFile:
    return EventFile(EventFileSettings(kind="file", name="book", path=str(path)))


def numbers(path: Path) -> list[int]:
    return [json.loads(line)["n"] for line in path.read_text().splitlines()]


async def test_lines_are_added_to_a_file_of_its_owner_s_alone(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    await into(file).send([{"n": 1}, {"n": 2}])
    await into(file).send([{"n": 3}])
    assert numbers(file) == [1, 2, 3]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_file_that_was_moved_away_gets_nothing_more(tmp_path: Path) -> None:
    file, old = tmp_path / "events.jsonl", tmp_path / "events.1"
    out = into(file)
    await out.send([{"n": 1}])
    file.rename(old)
    await out.send([{"n": 2}])
    assert (numbers(old), numbers(file)) == ([1], [2])


async def test_a_new_file_counts_as_taken_once_its_folder_is_on_the_disk_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, fsync = list[bool](), os.fsync

    def seen(descriptor: int) -> None:
        synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", seen)
    out = into(tmp_path / "events.jsonl")
    await out.send([{"n": 1}])
    await out.send([{"n": 2}])
    assert synced == [False, True, False]


async def test_whom_its_owner_let_read_it_may_go_on(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    await into(file).send([{"n": 1}])
    file.chmod(0o640)
    await into(file).send([{"n": 2}])
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


async def test_a_line_that_a_crash_cut_off_spoils_no_other(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text('{"n":1}\n{"n"')
    await into(file).send([{"n": 2}])
    assert file.read_text().splitlines() == ['{"n":1}', '{"n"', '{"n":2}']


async def test_one_that_cannot_be_written_waits(tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "events.jsonl"
    with pytest.raises(TargetUnavailable, match="cannot be written"):
        await into(file).send([{"n": 1}])
    with pytest.raises(TargetUnavailable, match="cannot be written"):
        await into(file).health()
