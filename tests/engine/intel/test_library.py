"""Imports: whole or not at all, once, at once, on the record, and nobody waits long for them."""

import asyncio
import gzip
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import pytest

import engine.intel.library
from engine.errors import InvalidInput, StoreUnavailable
from engine.intel.knowledge import Knowledge
from engine.intel.library import Library
from engine.intel.records import Terms
from engine.ledger.entries import parse
from engine.model.base import Json
from engine.model.context import Indicator
from engine.model.finding import Observable, ObservableType
from engine.model.intel import ImportCounts, IntelImport
from engine.store.database import sqlite_url
from engine.store.store import Store
from engine.store.tx import Tx

NOW = datetime(2026, 11, 21, 3, 11, tzinfo=UTC)
HEADER = "type,value,seen_at\n"


def csv(*values: str) -> bytes:
    return (HEADER + "".join(f"ip,{value},2026-11-20T00:00:00Z\n" for value in values)).encode()


def warning_list(version: int = 1, *entries: str) -> bytes:
    said = {"name": "Cloudflare", "type": "cidr", "version": version, "list": entries or ("104.16.0.0/13",)}
    return json.dumps(said).encode()


class Shelf:
    """A library on a store of its own."""

    def __init__(self, folder: Path) -> None:
        self.url = sqlite_url(folder / "fireline.db")
        self.store = Store(self.url)
        self.knowledge = Knowledge()
        self.library = Library(self.store, self.knowledge)

    async def take(self, data: bytes, file: str = "watch.csv", **terms: object) -> IntelImport:
        given = Terms.model_validate({"feed": file.partition(".")[0], **terms})
        return await self.library.take_in(file, data, given, "ada", NOW)

    def known(self, value: str) -> list[Indicator]:
        return [*self.knowledge.indicators(Observable(type=ObservableType.IP, value=value))]

    def entries(self) -> list[Json]:
        with self.store.ledger() as rows:
            entries = [parse(data) for _, data, _ in rows.entries()]
        return [{"subject": one.subject, "kind": one.kind, "actor": one.actor, **one.body} for one in entries]


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    made = Shelf(tmp_path)
    with closing(made.store):
        await made.library.load()
        yield made


async def test_what_was_imported_is_known_at_once_and_after_a_restart(shelf: Shelf) -> None:
    await shelf.take(csv("192.0.2.1", "198.51.100.0/24"))
    await shelf.take(warning_list(), "cloudflare.json")
    again = Library(shelf.store, Knowledge())
    await again.load()
    for library in (shelf.library, again):
        knowledge = library.knowledge
        assert [one.origin for one in knowledge.indicators(Observable(type="ip", value="198.51.100.7"))] == ["watch"]
        assert [one.kind for one in knowledge.listed(Observable(type="ip", value="104.16.1.1"))] == ["cdn"]
        assert not knowledge.indicators(Observable(type="ip", value="192.0.2.2"))


async def test_the_same_file_again_changes_nothing(shelf: Shelf) -> None:
    first, second = [await shelf.take(csv("192.0.2.1", "192.0.2.2")) for _ in range(2)]
    assert (first.counts, second.counts) == (ImportCounts(added=2), ImportCounts(unchanged=2))
    assert len(shelf.known("192.0.2.1")) == 1


async def test_an_import_is_one_entry_of_the_ledger(shelf: Shelf) -> None:
    data = csv("192.0.2.1", "nowhere")
    told = await shelf.take(data, owner="us")
    assert told.counts == ImportCounts(added=1, refused=1)
    (entry,) = shelf.entries()
    assert (entry["subject"], entry["kind"], entry["actor"]) == ("intel/INTEL-0001", "intel.imported", "ada")
    assert (entry["file"], entry["feed"], entry["format"]) == ("watch.csv", "watch", "csv")
    assert entry["counts"] == {"added": 1, "updated": 0, "unchanged": 0, "expired": 0, "refused": 1}
    assert entry["sha256"] == told.sha256
    assert entry["problems"] == ["watch.csv:3:4: `nowhere` is neither an address nor a network"]
    assert shelf.store.ask(lambda tx: tx.intel.imports()) == [told]


async def test_a_file_that_is_refused_whole_leaves_nothing(shelf: Shelf) -> None:
    with pytest.raises(InvalidInput, match=r"watch.csv:1:13: not JSON"):
        await shelf.take(b'{"objects": nonsense}')
    assert (shelf.entries(), shelf.knowledge.known.indicators) == ([], {})


async def test_an_import_that_is_broken_off_does_not_count(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.intel.library, "PIECE", 2)
    await shelf.take(csv("192.0.2.1"))
    whole = shelf.store.write

    async def breaks_off(work: object) -> object:
        monkeypatch.setattr(shelf.store, "write", fails)
        return await whole(work)  # type: ignore[arg-type]

    async def fails(work: object) -> object:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(shelf.store, "write", breaks_off)
    with pytest.raises(StoreUnavailable):
        await shelf.take(csv("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"), confidence=0.7)
    monkeypatch.setattr(shelf.store, "write", whole)
    assert [one.confidence for one in shelf.known("192.0.2.1")] == [0.0]
    assert not shelf.known("192.0.2.2")
    await shelf.library.load()
    assert [one.confidence for one in shelf.known("192.0.2.1")] == [0.0]
    assert not shelf.known("192.0.2.2")
    again = await shelf.take(csv("192.0.2.2", "192.0.2.3"))
    assert (again.id, again.counts.added, len(shelf.known("192.0.2.2"))) == ("INTEL-0002", 2, 1)


async def test_only_the_newest_version_stays(shelf: Shelf) -> None:
    for confidence in (0.1, 0.2, 0.3):
        await shelf.take(csv("192.0.2.1") + b"\n" * int(confidence * 10), confidence=confidence)
    assert [one.confidence for one in shelf.known("192.0.2.1")] == [0.3]
    await shelf.library.load()
    assert [one.confidence for one in shelf.known("192.0.2.1")] == [0.3]
    assert len(shelf.store.ask(lambda tx: tx.intel.indicators())) == 1


async def test_the_same_bytes_under_another_name_are_the_same_feed(shelf: Shelf) -> None:
    await shelf.take(csv("192.0.2.1"))
    copy = await shelf.take(csv("192.0.2.1"), "partner.csv")
    assert (copy.file, copy.feed, copy.counts) == ("partner.csv", "watch", ImportCounts(unchanged=1))


async def test_packed_files_are_unpacked_and_bombs_refused(shelf: Shelf) -> None:
    assert (await shelf.take(gzip.compress(csv("192.0.2.1")), "watch.csv.gz")).counts.added == 1
    with pytest.raises(InvalidInput, match="is larger than 64 MiB: split it"):
        await shelf.take(gzip.compress(bytes(65 * 2**20)), "bomb.gz")


async def test_a_newer_list_replaces_the_older_which_cannot_come_back(shelf: Shelf) -> None:
    await shelf.take(warning_list(1, "104.16.0.0/13", "1.1.1.0/24"), "old.json")
    newer = await shelf.take(warning_list(2, "104.16.0.0/13"), "new.json")
    assert newer.counts == ImportCounts(unchanged=1, expired=1)
    assert not shelf.knowledge.listed(Observable(type="ip", value="1.1.1.1"))
    with pytest.raises(InvalidInput, match="`Cloudflare` is version 1, and version 2 is known already"):
        await shelf.take(warning_list(1), "older.json")


async def test_imports_at_once_are_taken_one_after_the_other(shelf: Shelf) -> None:
    told = await asyncio.gather(*(shelf.take(csv(f"192.0.2.{n}"), f"f{n}.csv") for n in range(6)))
    assert sorted(one.id for one in told) == [f"INTEL-000{n}" for n in range(1, 7)]
    assert len(shelf.knowledge.known.indicators) == 6


async def test_many_records_are_written_in_pieces_so_that_nobody_waits_for_all_of_them(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine.intel.library, "PIECE", 100)
    write, count = shelf.store.write, 0

    async def counted(work: Callable[[Tx], object]) -> object:
        nonlocal count
        count += 1
        return await write(work)

    monkeypatch.setattr(shelf.store, "write", counted)
    for confidence in (0.1, 0.2):
        data = csv(*(f"100.0.{n >> 8}.{n & 255}" for n in range(1000))) + b"\n" * int(confidence * 10)
        await shelf.take(data, confidence=confidence)
    # Ten pieces and what lets them count; the second time also ten of what they replace.
    assert count == 11 + 21


async def test_a_lookup_takes_no_more_steps_among_a_hundred_times_as_many(shelf: Shelf) -> None:
    seen = Observable(type=ObservableType.IP, value="100.0.8.0")
    steps = list[int]()
    for count in (9, 900):
        await shelf.take(csv(*(f"100.{n // 250}.{n % 250}.0/{24 + n % 9}" for n in range(count))), "watch.csv")
        assert len(shelf.knowledge.indicators(seen)) == 1
        steps.append(_steps(lambda: (shelf.knowledge.indicators(seen), shelf.knowledge.listed(seen))))
    assert steps[0] == steps[1]


def _steps(asked: Callable[[], object]) -> int:
    """How many calls of ours it takes to answer; what a garbage collection runs in between is none of them."""
    count = 0

    def called(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += "/engine/" in frame.f_code.co_filename

    sys.setprofile(called)
    try:
        asked()
    finally:
        sys.setprofile(None)
    return count
