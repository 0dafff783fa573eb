"""Counting what comes from each source, in the transaction that accepts it.

A source is a detector of a product. What a person fed by hand is not counted as one: it says nothing of the detector it
names. Neither are our own findings, which are known by who puts them in and not by the name they bear.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from engine.model.finding import Finding
from engine.model.intake import DeadLetter
from engine.model.source import Source
from engine.store.tx import Tx

HEALTH = "source.health"
"""The detector whose findings are about sources."""
TRIPPED = "budget.tripped"
"""The detector whose findings are about budgets."""
UNREAD, RECORDS = "unread", "records"
"""The one source of every record that nobody could read, in files of which nothing else was read."""
LAGS_KEPT = 20
FILES_KEPT = 5


def count_findings(tx: Tx, findings: Iterable[Finding], now: datetime) -> None:
    """Count findings that were not known before, by source."""
    by_source: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if finding.submitter is None:
            by_source.setdefault((finding.origin.product, finding.detector), []).append(finding)
    for (product, detector), found in by_source.items():
        known = tx.sources.get(product, detector) or Source(
            product=product, detector=detector, first_seen=now, last_seen=now
        )
        source = _seen(known, found, now)
        tx.sources.put(source)
        tx.sources.count(source, now, findings=len(found))


def count_errors(tx: Tx, letters: Sequence[DeadLetter], now: datetime) -> None:
    """Count records that could not be read, for the sources that last came from the same file; else as unread."""
    counts: dict[str, int] = {}
    for letter in letters:
        counts[letter.file] = counts.get(letter.file, 0) + 1
    sources = [source for source in tx.sources.all() if source.product != UNREAD] if counts else []
    for file, count in counts.items():
        for source in [source for source in sources if file in source.files] or [_unread(tx, file, now)]:
            tx.sources.count(source, now, errors=count)


def _seen(source: Source, found: Sequence[Finding], now: datetime) -> Source:
    lags = [round((now - finding.time) / timedelta(seconds=1), 3) for finding in found[-LAGS_KEPT:]]
    files = [finding.origin.file for finding in found if finding.origin.file]
    return source.model_copy(
        update={
            "last_seen": max(source.last_seen, now),
            "lags": (*source.lags, *lags)[-LAGS_KEPT:],
            "files": _latest(source, files),
        }
    )


def _latest(source: Source, files: Sequence[str]) -> tuple[str, ...]:
    """The files it came from lately, these being the newest."""
    return tuple(dict.fromkeys([*reversed(files), *source.files]))[:FILES_KEPT]


def _unread(tx: Tx, file: str, now: datetime) -> Source:
    """One source for all files that have never given a finding: a file each would let a sender fill the table."""
    source = tx.sources.get(UNREAD, RECORDS) or Source(product=UNREAD, detector=RECORDS, first_seen=now, last_seen=now)
    seen = source.model_copy(update={"last_seen": max(source.last_seen, now), "files": _latest(source, [file])})
    tx.sources.put(seen)
    return seen
