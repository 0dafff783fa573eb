"""One transaction: every query object, the ledger, and what must happen after the commit."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select

from engine.ledger.entries import Sealed, build
from engine.model.entry import Draft
from engine.store.cases import Findings, Incidents, Requests, Votes
from engine.store.effects import Budgets, Connectors, Freezes, Holders, Leases
from engine.store.records import Counters, DeadLetters, Outbox, Steps, Verdicts
from engine.store.rows import micros, table_of
from engine.store.tables import CheckpointRow, EntryRow, TransitionRow

ENTRIES, TRANSITIONS, CHECKPOINTS = table_of(EntryRow), table_of(TransitionRow), table_of(CheckpointRow)


HEADS_KEPT = 8192
"""Subjects whose last entry is remembered; others are looked up."""


class Chain:
    """Where the ledger stands, in the writer's memory: as committed, and as far as the batch under way has come."""

    def __init__(self, size: int) -> None:
        """Start at `size` committed entries."""
        self.size = self._committed_size = size
        self._heads: dict[str, tuple[int, str]] = {}
        self._pending: dict[str, tuple[int, str]] = {}

    def head(self, subject: str) -> tuple[int, str] | None:
        """A subject's next number and last hash, if remembered."""
        return self._pending.get(subject) or self._heads.get(subject)

    def extend(self, count: int, heads: dict[str, tuple[int, str]]) -> None:
        """One piece of work has added entries."""
        self.size += count
        self._pending.update(heads)

    def commit(self) -> None:
        """The batch is on disk."""
        if len(self._heads) > HEADS_KEPT:
            self._heads.clear()
        self._heads.update(self._pending)
        self._committed_size = self.size
        self._pending.clear()

    def roll_back(self) -> None:
        """The batch is not on disk."""
        self.size = self._committed_size
        self._pending.clear()


class Tx:
    """What one piece of work may read and write; all of it is committed, or none."""

    def __init__(self, connection: Connection, chain: Chain) -> None:
        """Build on `chain`, which is replaced only once the work is committed."""
        self._connection, self._chain = connection, chain
        self._sealed: list[Sealed] = []
        self._heads: dict[str, tuple[int, str]] = {}
        self._moves: list[dict[str, object]] = []
        self.findings, self.incidents = Findings(connection), Incidents(connection)
        self.requests, self.votes = Requests(connection), Votes(connection)
        self.leases, self.holders = Leases(connection), Holders(connection)
        self.budgets, self.freezes = Budgets(connection), Freezes(connection)
        self.connectors, self.outbox = Connectors(connection), Outbox(connection)
        self.steps, self.counters = Steps(connection), Counters(connection)
        self.verdicts, self.dead_letters = Verdicts(connection), DeadLetters(connection)

    def record(self, draft: Draft) -> int:
        """Append to the ledger; return the entry's number."""
        n, prev = self._head(draft.subject)
        sealed = build(draft, self._chain.size + len(self._sealed), n, prev)
        self._sealed.append(sealed)
        self._heads[draft.subject] = (n + 1, sealed.hash)
        return sealed.entry.seq

    def move(self, draft: Draft, before: str, after: str) -> None:
        """Record a state change: the ledger entry and the transition row it is unique by."""
        seq = self.record(draft)
        n = self._sealed[-1].entry.n
        row = {"seq": seq, "subject": draft.subject, "n": n, "before": before, "after": after}
        self._moves.append({**row, "at": micros(draft.at)})

    def checkpoint(self, size: int, note: str, frontier: str, at: datetime) -> None:
        """Keep a signed checkpoint and the tree's frontier under it."""
        row = {"size": size, "at": micros(at), "note": note, "frontier": frontier}
        self._connection.execute(insert(CHECKPOINTS), row)

    def _head(self, subject: str) -> tuple[int, str]:
        known = self._heads.get(subject) or self._chain.head(subject)
        if known is not None:
            return known
        c = ENTRIES.c
        last = select(c.n, c.hash).where(c.subject == subject).order_by(c.n.desc()).limit(1)
        row = self._connection.execute(last).first()
        return (0, "") if row is None else (row.n + 1, row.hash)

    def flush(self) -> Sequence[Sealed]:
        """Write the entries and transitions; return the entries."""
        if self._sealed:
            rows = [
                {
                    "seq": s.entry.seq,
                    "subject": s.entry.subject,
                    "n": s.entry.n,
                    "hash": s.hash,
                    "data": s.data.decode(),
                }
                for s in self._sealed
            ]
            self._connection.execute(insert(ENTRIES), rows)
        if self._moves:
            self._connection.execute(insert(TRANSITIONS), self._moves)
        return self._sealed

    @property
    def heads(self) -> dict[str, tuple[int, str]]:
        """Where each subject touched stands after this work."""
        return self._heads


def transitions(connection: Connection, since: datetime | None = None) -> Sequence[tuple[str, str, str, int]]:
    """Every state change recorded: subject, before, after, instant in microseconds; oldest first."""
    c = TRANSITIONS.c
    query = select(c.subject, c.before, c.after, c.at).order_by(c.seq)
    rows = connection.execute(query if since is None else query.where(c.at >= micros(since)))
    return [(row.subject, row.before, row.after, row.at) for row in rows]
