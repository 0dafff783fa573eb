"""What a file changes in what is known: pure, and the same file changes nothing the second time.

Rules: 1. An indicator is the same one by feed, record (its id, or its owner where it has none), kind and value. 2. Of
two versions of a record the one revised later stands, in whatever order they come. 3. A value that a later version of
a record no longer names has ended. 4. What a feed just stops to mention stays until its own end.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from engine.errors import InvalidInput
from engine.intel.origins import owner_of
from engine.model.context import Indicator
from engine.model.intel import ImportCounts, WarningList


class Fate(StrEnum):
    """What became of one record, as `ImportCounts` counts it."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    EXPIRED = "expired"


@dataclass
class Difference:
    """What to write: indicators by key, warning lists whole; and what became of every record."""

    indicators: dict[str, Indicator] = field(default_factory=dict)
    lists: list[WarningList] = field(default_factory=list)
    fates: dict[Fate, int] = field(default_factory=lambda: dict.fromkeys(Fate, 0))

    def counts(self, refused: int) -> ImportCounts:
        """In the form that is recorded."""
        return ImportCounts(**{fate.value: number for fate, number in self.fates.items()}, refused=refused)


def key_of(indicator: Indicator) -> str:
    """Which indicator it is (rule 1)."""
    record = indicator.source_id or f"by {owner_of(indicator)}"
    text = "\x00".join((indicator.origin, record, indicator.type, indicator.value))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def compare(known: Mapping[str, Indicator], read: Iterable[Indicator], now: datetime) -> Difference:
    """What these records change in the known indicators."""
    found = Difference()
    records = defaultdict[tuple[str, str], set[str]](set)
    for indicator in read:
        key = key_of(indicator)
        if indicator.source_id:
            records[indicator.origin, indicator.source_id].add(key)
        fate = _fate(found.indicators.get(key) or known.get(key), indicator, now)
        found.fates[fate] += 1
        if fate in (Fate.ADDED, Fate.UPDATED) or (fate is Fate.EXPIRED and key in known):
            found.indicators[key] = indicator
    _end_dropped(found, known, records, now)
    return found


def compare_lists(known: Mapping[str, WarningList], read: Iterable[WarningList], found: Difference) -> None:
    """Add what these lists change, counted by their entries; raise `InvalidInput` for an older version of one."""
    for new in read:
        old = known.get(new.name)
        if old is not None and new.version < old.version:
            raise InvalidInput(f"`{new.name}` is version {new.version}, and version {old.version} is known already")
        before, after = set(() if old is None else old.entries), set(new.entries)
        found.fates[Fate.ADDED] += len(after - before)
        found.fates[Fate.UNCHANGED] += len(after & before)
        found.fates[Fate.EXPIRED] += len(before - after)
        if new != old:
            found.lists.append(new)


def _fate(stored: Indicator | None, new: Indicator, now: datetime) -> Fate:
    if stored == new or (stored is not None and _older(new, stored)):
        return Fate.UNCHANGED
    if new.valid_until is not None and new.valid_until <= now:
        return Fate.EXPIRED
    return Fate.ADDED if stored is None else Fate.UPDATED


def _older(new: Indicator, stored: Indicator) -> bool:
    return new.revised_at is not None and stored.revised_at is not None and new.revised_at < stored.revised_at


def _end_dropped(
    found: Difference, known: Mapping[str, Indicator], records: Mapping[tuple[str, str], set[str]], now: datetime
) -> None:
    """Rule 3: end what is known of these records and not named by them any more, unless what was read is older."""
    for key, stored in known.items():
        named = records.get((stored.origin, stored.source_id)) if stored.source_id else None
        if named is None or key in named or (stored.valid_until is not None and stored.valid_until <= now):
            continue
        # A record as a whole is older where none of its values is written.
        if named & found.indicators.keys():
            found.indicators[key] = stored.model_copy(update={"valid_until": now})
            found.fates[Fate.EXPIRED] += 1
