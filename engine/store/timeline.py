"""Queries over when things happened: state changes, and when findings were accepted."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from engine.ledger.entries import parse
from engine.model.entry import Entry
from engine.store.rows import instant, micros, table_of
from engine.store.tables import EntryRow, TransitionRow

ENTRIES, TRANSITIONS = table_of(EntryRow), table_of(TransitionRow)
MOVES = (
    select(TRANSITIONS.c.subject, TRANSITIONS.c.before, TRANSITIONS.c.after, TRANSITIONS.c.at)
    .where(TRANSITIONS.c.at >= bindparam("since"))
    .order_by(TRANSITIONS.c.seq)
)
TOOK = (
    select(TRANSITIONS.c.subject, TRANSITIONS.c.seq)
    .where(TRANSITIONS.c.subject.in_(bindparam("subjects", expanding=True)), TRANSITIONS.c.after == bindparam("state"))
    .order_by(TRANSITIONS.c.seq)
)
NEWEST = (
    select(ENTRIES.c.data)
    .where(ENTRIES.c.subject == bindparam("subject"))
    .order_by(ENTRIES.c.n.desc())
    .limit(bindparam("most"))
)
FIRST = select(ENTRIES.c.data).where(ENTRIES.c.subject == bindparam("subject"), ENTRIES.c.n == 0)

Moves = Mapping[str, Mapping[str, datetime]]
"""Subject (`lease/L-0001`), then the state it came to, or `-` and the one it left, and when it first did."""


class Timeline:
    """What the record says of when."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._connection = connection

    def moves(self, since: datetime) -> Moves:
        """Every subject's steps since then."""
        found: dict[str, dict[str, datetime]] = {}
        for subject, before, after, at in self._connection.execute(MOVES, {"since": micros(since)}):
            steps = found.setdefault(subject, {})
            steps.setdefault(after, instant(at))
            steps.setdefault(f"-{before}", instant(at))
        return found

    def order(self, subjects: Sequence[str], state: str) -> Sequence[str]:
        """Those of the subjects that came to a state, in the order in which they did."""
        rows = self._connection.execute(TOOK, {"subjects": [*subjects], "state": state})
        return [*dict.fromkeys(subject for subject, _ in rows)]

    def newest(self, subject: str, most: int) -> Sequence[Entry]:
        """The last entries about a subject, the newest first, as far as they are written."""
        rows = self._connection.execute(NEWEST, {"subject": subject, "most": most}).scalars()
        return [parse(data.encode()) for data in rows]

    def began(self, subject: str) -> datetime | None:
        """When the first entry about a subject was made."""
        data: str | None = self._connection.execute(FIRST, {"subject": subject}).scalar()
        return None if data is None else parse(data.encode()).at
