"""Where the ledger stands: its next number, the last entry of each subject, and the Merkle tree over all of it.

Only the writer's thread uses it. Nothing here goes ahead of the disk: what a batch adds is kept aside until its commit.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, func, select

from engine.errors import InvalidInput
from engine.ledger.entries import Sealed
from engine.ledger.merkle import CompactRange, grow
from engine.ledger.note import peek
from engine.store.rows import table_of
from engine.store.tables import CheckpointRow, EntryRow

HEADS_KEPT = 8192
"""Subjects whose last entry is remembered; others are looked up."""
LOST = bytes(32)
"""Leaf in place of an entry that is missing on disk, so that numbers go on and no checkpoint can cover up for it."""

Head = tuple[int, str]
"""A subject's next number, and the hash of its last entry (empty before the first)."""

ENTRIES, CHECKPOINTS = table_of(EntryRow), table_of(CheckpointRow)
LAST_SEQ = select(func.max(ENTRIES.c.seq))
LEAVES = select(ENTRIES.c.seq, ENTRIES.c.hash).where(ENTRIES.c.seq >= bindparam("start")).order_by(ENTRIES.c.seq)
LAST_OF_SUBJECT = (
    select(ENTRIES.c.n, ENTRIES.c.hash)
    .where(ENTRIES.c.subject == bindparam("subject"))
    .order_by(ENTRIES.c.n.desc())
    .limit(1)
)
LAST_CHECKPOINT = (
    select(CHECKPOINTS.c.note, CHECKPOINTS.c.frontier).order_by(CHECKPOINTS.c.size.desc()).limit(1)
)  # fmt: skip


class Chain:
    """The ledger as committed, and as far as the batch under way has come."""

    def __init__(self) -> None:
        """Begin with an empty ledger; `follow` reads in what there is."""
        self.tree = CompactRange()
        """Over the committed entries."""
        self._heads: dict[str, Head] = {}
        self._added: list[Sealed] = []
        self._added_heads: dict[str, Head] = {}

    @property
    def size(self) -> int:
        """The number of the next entry."""
        return self.tree.size + len(self._added)

    def follow(self, connection: Connection) -> None:
        """Take in what stands on disk beyond what is known: at the start, and after a commit that failed in doubt."""
        last = connection.execute(LAST_SEQ).scalar()
        size = 0 if last is None else last + 1
        if self.tree.size == 0 < size:
            self.tree = _sealed(connection)
        if self.tree.size < size:
            known = {row.seq: row.hash for row in connection.execute(LEAVES, {"start": self.tree.size})}
            numbers = range(self.tree.size, size)
            self.tree = grow((bytes.fromhex(known[n]) if n in known else LOST for n in numbers), self.tree)
            self._heads.clear()

    def head(self, connection: Connection, subject: str) -> Head:
        """What the next entry of a subject follows."""
        known = self._added_heads.get(subject) or self._heads.get(subject)
        if known is not None:
            return known
        row = connection.execute(LAST_OF_SUBJECT, {"subject": subject}).first()
        return (0, "") if row is None else (row.n + 1, row.hash)

    def extend(self, entries: Sequence[Sealed]) -> None:
        """One piece of work has added these."""
        self._added.extend(entries)
        self._added_heads.update((sealed.entry.subject, (sealed.entry.n + 1, sealed.hash)) for sealed in entries)

    def commit(self) -> None:
        """The batch is on disk."""
        self.tree = grow((bytes.fromhex(sealed.hash) for sealed in self._added), self.tree)
        if len(self._heads) > HEADS_KEPT:
            self._heads.clear()
        self._heads.update(self._added_heads)
        self.roll_back()

    def roll_back(self) -> None:
        """Forget what the batch has added."""
        self._added.clear()
        self._added_heads.clear()


def _sealed(connection: Connection) -> CompactRange:
    """The tree under the last checkpoint; where that is not what was signed, the empty one, to be grown from all."""
    row = connection.execute(LAST_CHECKPOINT).first()
    try:
        tree = CompactRange() if row is None else CompactRange.from_text(row.frontier)
        signed = row is not None and peek(row.note).root == tree.root()
    except InvalidInput:
        return CompactRange()
    return tree if signed else CompactRange()
