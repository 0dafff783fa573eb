"""The store of flows: whole imports or none, nothing twice, and what a crash or a damaged file leaves behind."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.context.file import ContextFile
from engine.context.parts import TagRule
from engine.errors import InvalidInput, StoreUnavailable
from engine.flows import manifest, store
from engine.flows.declared import declared
from engine.flows.recorded import Asked, RecordedFlows
from engine.flows.records import end
from engine.flows.store import FlowStore

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
SITE = declared(ContextFile(tags=(TagRule(tag="backup", peer="10.0.0.2", owner="platform-owners"),)))
Import = Callable[..., store.Taken]


def line(at: datetime = NOW, source: str = "10.0.0.1", size: int = 100) -> str:
    ends = {"src_ip": source, "dest_ip": "10.0.0.2", "src_port": 4, "dest_port": 8400, "proto": "TCP"}
    flow = {"pkts_toclient": 1, "bytes_toserver": size, "end": at.isoformat()}
    return json.dumps({"event_type": "flow", **ends, "flow": flow}) + "\n"


@pytest.fixture
def flows(tmp_path: Path) -> FlowStore:
    return FlowStore(tmp_path / "flows", timedelta(days=35))


@pytest.fixture
def take(flows: FlowStore, tmp_path: Path) -> Import:
    """`take(text, name=…, now=…)`: import a file of this content."""

    def take(text: str, name: str = "eve.json", now: datetime = NOW) -> store.Taken:
        (tmp_path / name).write_text(text)
        return flows.take_in(tmp_path / name, now)

    return take


def seen(flows: FlowStore) -> tuple[int, int]:
    """How many flows are on record, and their bytes."""
    whole = Asked(((0, 2**128 - 1),), None, (), ())
    found = RecordedFlows(flows.folder).cut(whole, SITE, NOW - timedelta(days=400), NOW + timedelta(days=400))
    return sum(flow.count for flow in found), sum(flow.bytes for flow in found)


def test_what_was_taken_in_is_there(flows: FlowStore, take: Import) -> None:
    taken = take(line() * 3 + line(source="10.0.0.9"))
    assert (taken.kept, taken.already, taken.reading.broken) == (4, False, 0)
    assert seen(flows) == (4, 400)


def test_the_same_content_counts_once_whatever_its_file_is_called(flows: FlowStore, take: Import) -> None:
    take(line())
    assert take(line(), name="copy.json").already
    assert seen(flows) == (1, 100)


def test_of_a_file_that_has_grown_only_what_is_new_counts(flows: FlowStore, take: Import) -> None:
    take(line() * 3)
    taken = take(line() * 3 + line(size=7))
    assert taken.kept == 1
    assert seen(flows) == (4, 307)
    assert len(manifest.load(flows.folder).imports) == 1


def test_a_line_that_is_still_being_written_waits_for_its_end(flows: FlowStore, take: Import) -> None:
    take(line() + line(size=7)[:40])
    assert seen(flows) == (1, 100)
    take(line() + line(size=7))
    assert seen(flows) == (2, 107)


def test_a_last_line_without_an_end_counts_once(flows: FlowStore, take: Import) -> None:
    take(line() + line(size=7).strip())
    take(line() + line(size=7) + line(size=1))
    assert seen(flows) == (3, 108)


@pytest.mark.parametrize(
    ("age", "kept"),
    [(timedelta(days=34), 1), (timedelta(days=36), 0), (-timedelta(hours=23), 1), (-timedelta(hours=25), 0)],
)
def test_only_what_lies_in_the_retention_is_kept(flows: FlowStore, take: Import, age: timedelta, kept: int) -> None:
    taken = take(line(NOW - age))
    assert (taken.kept, taken.passed.total()) == (kept, 1 - kept)


def test_what_has_grown_old_goes_with_the_next_import(flows: FlowStore, take: Import) -> None:
    take(line())
    take(line(NOW + timedelta(days=40)), now=NOW + timedelta(days=40))
    assert [one.first for one in manifest.load(flows.folder).segments] == [int(NOW.timestamp()) + 40 * 86400]
    assert len([*flows.folder.glob("*.flows")]) == 1


def test_a_day_has_few_segments_and_loses_nothing_by_merging(flows: FlowStore, take: Import) -> None:
    for number in range(11):
        take(line(source=f"10.0.1.{number % 3}", size=number), name=f"{number}.json")
    assert len(manifest.load(flows.folder).segments) <= store.SEGMENTS_A_DAY
    assert seen(flows) == (11, sum(range(11)))
    assert sum(one.rows for one in manifest.load(flows.folder).segments) <= 3 * store.SEGMENTS_A_DAY


def test_a_file_that_is_refused_leaves_nothing(flows: FlowStore, take: Import) -> None:
    take(line())
    before = (flows.folder / manifest.NAME).read_bytes()
    with pytest.raises(InvalidInput, match="is no JSON object"):
        take(line() + "{\n" * 9, name="broken.json")
    assert (flows.folder / manifest.NAME).read_bytes() == before
    assert seen(flows) == (1, 100)


@pytest.mark.parametrize("step", ["write", "save", "_sweep"])
def test_a_crash_leaves_the_import_whole_or_not_at_all(
    flows: FlowStore, take: Import, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    take(line())

    def crash(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(FlowStore if step == "_sweep" else store, step, crash)
        with pytest.raises(KeyboardInterrupt):
            take(line(size=7), name="second.json")
    assert seen(flows) == {"write": (1, 100), "save": (1, 100), "_sweep": (2, 107)}[step]
    take(line(size=7), name="second.json")
    assert seen(flows) == (2, 107)
    assert len([*flows.folder.glob("*.flows")]) == len(manifest.load(flows.folder).segments)


def test_a_full_disk_is_told_and_nothing_counts(
    flows: FlowStore, take: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "write", full)
    with pytest.raises(StoreUnavailable, match="flows cannot be written: no space left on device"):
        take(line())
    assert seen(flows) == (0, 0)


def test_a_damaged_segment_is_an_error_and_not_an_answer(flows: FlowStore, take: Import) -> None:
    take(line())
    (segment,) = flows.folder.glob("*.flows")
    content = segment.read_bytes()
    segment.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(InvalidInput, match="is damaged: import its flows again"):
        seen(flows)
    segment.write_bytes(content[:-1])
    with pytest.raises(InvalidInput, match="is damaged"):
        seen(flows)
    segment.unlink()
    with pytest.raises(InvalidInput, match="names segments that are not there"):
        seen(flows)


def test_whoever_reads_sees_an_import_at_once_and_merging_never(flows: FlowStore, take: Import) -> None:
    reader = RecordedFlows(flows.folder)
    asked = Asked(((end("10.0.0.2", ""),) * 2,), None, (), ())
    counts = []
    for number in range(8):
        take(line(size=number), name=f"{number}.json")
        (found,) = reader.cut(asked, SITE, NOW - timedelta(days=1), NOW)
        counts.append(found.count)
    assert counts == [*range(1, 9)]
    assert reader.days(SITE) == {int(NOW.timestamp()) // 86400: NOW}


def test_the_store_is_its_owner_s_alone(flows: FlowStore, take: Import) -> None:
    take(line())
    assert {path.stat().st_mode & 0o77 for path in (flows.folder, *flows.folder.iterdir())} == {0}
