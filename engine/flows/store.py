"""The store of flows on disk: appended by one writer at a time, while others read.

Rules: 1. An import counts whole, or not at all. 2. The same content counts once; of a file that has grown only what is
new. 3. Flows older than the retention, or dated more than a day ahead, are not kept. 4. A day has few segments: they
are merged as they come.
"""

import fcntl
import hashlib
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import IO

from engine.errors import InvalidInput, StoreUnavailable
from engine.flows.columns import Columns, merged, opened, write
from engine.flows.formats import FlowFormat
from engine.flows.manifest import ImportEntry, Manifest, SegmentEntry, load, save
from engine.flows.reading import Reading, read_records
from engine.flows.records import Record
from engine.flows.rollup import DAY, Rollup
from engine.settings import make_private

SEGMENTS_A_DAY = 4
TOO_OLD, AHEAD = "older than is kept", "dated ahead of us"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Taken:
    """What became of one file; `already` where all of it was there before."""

    reading: Reading
    kept: int
    passed: Counter[str]
    already: bool = False


class FlowStore:
    """Writes the store in a folder, which becomes its owner's alone."""

    def __init__(self, folder: Path, retention: timedelta) -> None:
        """Keep flows for `retention`."""
        self.folder, self._retention = make_private(folder), retention

    def take_in(self, path: Path, now: datetime, wanted: FlowFormat | None = None) -> Taken:
        """Take a file in, as of `now` (rules 1-3); raise `InvalidInput` where it is no flow log."""
        with self._alone():
            manifest = load(self.folder)
            known = _digests(path, manifest.imports)
            entry, before = known.same, known.grown_from
            if entry is not None:
                return Taken(Reading(str(path), entry.format, entry.lines), 0, Counter(), already=True)
            reading, window = Reading(str(path)), _Window(now, self._retention)
            records = read_records(path, reading, wanted, before.lines if before else 0)
            fresh = _Batch(self.folder, manifest.serial)
            fresh.add(window.inside(records))
            reading.judge()
            if reading.format is None:
                raise InvalidInput("is empty", file=str(path))
            done = _entry(path, reading, reading.format, known, now)
            imports = tuple(one for one in manifest.imports if one is not before and now - one.at < self._retention)
            self._commit(manifest, fresh, (*imports, done), window.oldest)
            return Taken(reading, window.kept, window.passed)

    def append(self, columns: Iterable[Columns], now: datetime) -> None:
        """Take in what is summed up already, a part of a day each."""
        with self._alone():
            manifest = load(self.folder)
            fresh = _Batch(self.folder, manifest.serial)
            for one in columns:
                fresh.keep(one)
            self._commit(manifest, fresh, manifest.imports, _Window(now, self._retention).oldest)

    def _commit(self, before: Manifest, fresh: "_Batch", imports: tuple[ImportEntry, ...], oldest: int) -> None:
        live = [one for one in (*before.segments, *fresh.segments) if one.last >= oldest]
        merging = sorted(live, key=lambda one: one.day)
        kept = [one for _, day in groupby(merging, lambda one: one.day) for one in fresh.compacted([*day])]
        save(self.folder, Manifest(serial=fresh.serial, segments=tuple(kept), imports=imports))
        self._sweep({one.name for one in kept})

    def _sweep(self, named: set[str]) -> None:
        """Take away what the manifest does not name; whoever reads it holds it open."""
        for path in self.folder.glob("*.flows"):
            if path.name not in named:
                path.unlink(missing_ok=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One writer at a time; a full disk is told as such, and nothing of the import counts."""
        try:
            with (self.folder / "lock").open("a") as lock:
                os.fchmod(lock.fileno(), 0o600)
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise StoreUnavailable(f"flows cannot be written: {(error.strerror or str(error)).lower()}") from error


class _Window:
    """Which records are kept, and what becomes of the others."""

    def __init__(self, now: datetime, retention: timedelta) -> None:
        self.oldest = int((now - retention).timestamp())
        self._latest = int(now.timestamp()) + DAY
        self.kept, self.passed = 0, Counter[str]()

    def inside(self, records: Iterable[Record]) -> Iterator[Record]:
        for record in records:
            if record.at < self.oldest:
                self.passed[TOO_OLD] += 1
            elif record.at > self._latest:
                self.passed[AHEAD] += 1
            else:
                self.kept += 1
                yield record


class _Batch:
    """New segments of one writing, which nobody sees before the manifest names them."""

    def __init__(self, folder: Path, serial: int) -> None:
        self._folder, self.serial = folder, serial
        self.segments: list[SegmentEntry] = []

    def add(self, records: Iterable[Record]) -> None:
        rollup = Rollup()
        for record in records:
            rollup.add(record)
            if rollup.full:
                self._keep_all(rollup)
        self._keep_all(rollup)

    def keep(self, columns: Columns) -> None:
        self.segments.append(self._written(columns))

    def compacted(self, day: Sequence[SegmentEntry]) -> Sequence[SegmentEntry]:
        """One day's segments, as one where there are too many (rule 4)."""
        if len(day) <= SEGMENTS_A_DAY:
            return day
        return [self._written(merged([opened(self._folder / one.name) for one in day]))]

    def _keep_all(self, rollup: Rollup) -> None:
        for columns in rollup.handed_on():
            self.keep(columns)

    def _written(self, columns: Columns) -> SegmentEntry:
        self.serial += 1
        name = f"{columns.day}-{self.serial}.flows"
        (self._folder / name).unlink(missing_ok=True)  # left behind by a crash
        size = write(self._folder / name, columns)
        return SegmentEntry(
            name=name, day=columns.day, rows=columns.rows, flows=int(columns.count.sum()), bytes_on_disk=size,
            first=int(columns.first.min()), last=int(columns.last.max()),
        )  # fmt: skip


@dataclass(frozen=True)
class _Known:
    """What was taken in before of a file's content."""

    digest: str
    size: int
    same: ImportEntry | None
    grown_from: ImportEntry | None


def _digests(path: Path, imports: Sequence[ImportEntry]) -> _Known:
    """Digest a file, looking at each length that some import had (rule 2)."""
    running, size, grown = hashlib.sha256(), 0, None
    by_content = {(entry.size, entry.digest): entry for entry in imports}
    try:
        with path.open("rb") as file:
            for stop in sorted({entry.size for entry in imports}):
                size += _feed(file, stop - size, running.update)
                grown = by_content.get((size, running.hexdigest()), grown)
            size += _feed(file, sys.maxsize, running.update)
    except OSError as error:
        raise InvalidInput(f"cannot be read: {(error.strerror or str(error)).lower()}", file=str(path)) from error
    same = grown if grown is not None and grown.size == size else None
    return _Known(running.hexdigest(), size, same, grown)


def _feed(file: IO[bytes], most: int, take: Callable[[bytes], None]) -> int:
    """Hand on at most so many bytes; how many there were."""
    fed = 0
    while chunk := file.read(min(_CHUNK, most - fed)):
        take(chunk)
        fed += len(chunk)
    return fed


def _entry(path: Path, reading: Reading, kind: FlowFormat, known: _Known, now: datetime) -> ImportEntry:
    return ImportEntry(
        digest=known.digest, size=known.size, lines=reading.whole_lines, file=path.name, format=kind, at=now,
        records=reading.records, broken=reading.broken,
    )  # fmt: skip
