"""Whether entries stand in their order: the numbers of the whole ledger, and the chain of each subject."""

from collections.abc import Collection
from dataclasses import dataclass

from engine.model.entry import Entry

KEPT = 8
"""Places at which a subject whose entries are out of order may go on; more would be kept for no use."""


class Order:
    """Follows `seq`; after a wrong one it goes on with whichever repair the next entry bears out, to name it once."""

    def __init__(self) -> None:
        """Begin before entry 0."""
        self.intact = True
        self._due: tuple[int, ...] = (0,)

    def step(self, seq: int) -> str | None:
        """What is wrong with meeting entry `seq` here, None if it was due."""
        if seq in self._due:
            self._due = (seq + 1,)
            return None
        self.intact = False
        due = self._due[0]
        # Inserted: the due one still comes. Replaced or swapped: the one after it. Removed: the one after this.
        self._due = (due, due + 1, seq + 1)
        return f"stands where entry {due} is due"

    def skip(self) -> None:
        """Pass over something that could not be read: an entry, or a part of one."""
        self.intact = False
        self._due = (*self._due, self._due[-1] + 1)


@dataclass(frozen=True)
class Head:
    """An entry that another of its subject may follow, and the hashes by which that one may name it."""

    seq: int
    n: int
    hashes: Collection[str]


START = Head(-1, -1, ("",))
"""What the first entry of a subject follows."""


class Chains:
    """Follows each subject's own numbers and hashes; memory grows with the subjects, not with the entries."""

    def __init__(self) -> None:
        """Begin before every subject's first entry."""
        self._heads: dict[str, tuple[Head, ...]] = {}

    def step(self, entry: Entry, hashes: Collection[str]) -> str | None:
        """What is wrong with `entry` as the next of its subject, None if nothing.

        `hashes` are what its successor may name it by: the computed one, and the recorded one where the two differ.
        """
        heads = self._heads.get(entry.subject, (START,))
        self._heads[entry.subject] = (Head(entry.seq, entry.n, hashes),)
        due = [head for head in heads if head.n + 1 == entry.n]
        if not due:
            return f"is #{entry.n} of its subject where #{heads[0].n + 1} is due"
        if any(entry.prev in head.hashes for head in due):
            return None
        if due[0] is START:
            return "is the first of its subject, but names an entry before it"
        return f"does not follow entry {due[0].seq}, #{due[0].n} of its subject: one of the two was changed"

    def rejoin(self, entry: Entry, hashes: Collection[str]) -> None:
        """Meet an entry out of its place: its subject may go on after it as well as after the one before."""
        heads = self._heads.get(entry.subject, (START,))
        self._heads[entry.subject] = (*heads[-KEPT:], Head(entry.seq, entry.n, hashes))
