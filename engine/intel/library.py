"""Taking files of intelligence in, and having what they say at hand from the start.

Rules: 1. A file counts whole or not at all; a record that is refused is told, and the rest of its file counts. 2. Every
import is one entry of the ledger. 3. The same bytes are the same feed, whatever they are called the second time. 4. No
transaction of an import is long: a freeze waits for none of them.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from engine.control.moves import note
from engine.intel.difference import Difference, compare, compare_lists
from engine.intel.knowledge import Knowledge, Known
from engine.intel.reading import read
from engine.intel.records import Reading, Terms
from engine.model.context import Indicator
from engine.model.intel import IntelImport
from engine.store.store import Store
from engine.store.tx import Tx

PIECE = 2000
"""Indicators in one transaction."""
TOLD = 1000
"""Refused records that an import names."""
RECORDED = 20
"""Those of them that its record keeps."""


class Library:
    """What was imported, in the database and in memory; imports go one at a time."""

    def __init__(self, store: Store, knowledge: Knowledge) -> None:
        """`knowledge` is what decisions read."""
        self._store, self.knowledge = store, knowledge
        self._one_at_a_time = asyncio.Lock()

    async def load(self) -> None:
        """Have everything in memory that the database holds; drop what was broken off."""
        await self._store.write(lambda tx: tx.intel.forget_broken_off())
        found, lists = await self._store.read(lambda tx: (tx.intel.indicators(), tx.intel.lists()))
        self.knowledge.known = await asyncio.to_thread(
            lambda: Known().with_indicators(found).with_lists(lists)
        )  # fmt: skip

    async def take_in(self, file: str, data: bytes, terms: Terms, by: str, now: datetime) -> IntelImport:
        """Import a file; raise `InvalidInput` where as a whole it is none that can be read.

        The answer names up to `TOLD` refused records, what is recorded of it up to `RECORDED`.
        """
        async with self._one_at_a_time:
            digest = hashlib.sha256(data).hexdigest()
            terms = await self._as_before(digest, terms)
            known = self.knowledge.known
            reading, difference = await asyncio.to_thread(_read, known, file, data, terms, now)
            number = await self._store.read(lambda tx: tx.intel.next_number())
            told = IntelImport(
                id=f"INTEL-{number:04d}",
                at=now,
                by=by,
                file=file,
                sha256=digest,
                format=reading.format,
                feed=terms.feed,
                lists=tuple(one.name for one in reading.lists),
                counts=difference.counts(len(reading.refused)),
                skipped=dict(reading.skipped),
                problems=tuple(str(problem) for problem in reading.refused[:TOLD]),
            )
            await self._write(number, told, difference)
            await self._forget(number, [key for key in difference.indicators if key in known.indicators])
            self.knowledge.known = await asyncio.to_thread(
                lambda: known.with_indicators(difference.indicators).with_lists(difference.lists)
            )  # fmt: skip
            return told

    async def _as_before(self, digest: str, terms: Terms) -> Terms:
        """Rule 3."""
        earlier = await self._store.read(lambda tx: tx.intel.same_file(digest))
        return terms.model_copy(update={"feed": earlier[0].feed}) if earlier else terms

    async def _write(self, number: int, told: IntelImport, difference: Difference) -> None:
        """Piece by piece, and the piece that lets it all count last (rules 1, 2 and 4)."""
        record = told.model_copy(update={"problems": told.problems[:RECORDED]})

        def complete(tx: Tx) -> None:
            tx.intel.complete(number, record, difference.lists)
            body = record.model_dump(mode="json", exclude={"id", "at", "by"})
            note(tx, f"intel/{record.id}", "intel.imported", record.at, body, record.by)

        for piece in _pieces(difference.indicators):
            await self._store.write(_adding(number, piece))
        await self._store.write(complete)

    async def _forget(self, number: int, keys: Sequence[str]) -> None:
        """Drop the versions that this import replaced; where that is broken off they just do not count."""
        for start in range(0, len(keys), PIECE):
            await self._store.write(_forgetting(number, keys[start : start + PIECE]))


def _read(known: Known, file: str, data: bytes, terms: Terms, now: datetime) -> tuple[Reading, Difference]:
    reading = read(file, data, terms)
    difference = compare(known.indicators, reading.indicators, now)
    compare_lists(known.lists, reading.lists, difference)
    return reading, difference


Piece = Mapping[str, Indicator]


def _pieces(indicators: Piece) -> Iterator[Piece]:
    running = iter(indicators.items())
    while piece := dict(islice(running, PIECE)):
        yield piece


def _adding(number: int, piece: Piece) -> Callable[[Tx], None]:
    return lambda tx: tx.intel.add(number, piece.items())


def _forgetting(number: int, keys: Sequence[str]) -> Callable[[Tx], None]:
    return lambda tx: tx.intel.forget_older(number, keys)
