"""Queries over what drives and documents the path: outbox, steps, counters, verdicts, dead letters."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, Row, delete, insert, select, update

from engine.model.base import Model
from engine.model.finding import Verdict
from engine.model.intake import DeadLetter
from engine.store.rows import Rows, micros, table_of
from engine.store.tables import CounterRow, DeadLetterRow, OutboxRow, StepRow, VerdictRow

M = TypeVar("M", bound=Model)


class Outbox:
    """Workflows to start or nudge, delivered at least once after the commit."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection; `filled` tells whether anything was added."""
        self._connection, self._table, self.filled = connection, table_of(OutboxRow), False

    def nudge(self, workflow: str, workflow_id: str, subject: str) -> None:
        """Have `workflow` look at `subject`, starting it where it does not run."""
        values = {"workflow": workflow, "workflow_id": workflow_id, "subject": subject}
        self._connection.execute(insert(self._table), values)
        self.filled = True

    def pending(self, limit: int) -> Sequence[Row[int, str, str, str]]:
        """The oldest undelivered rows: id, workflow, workflow id, subject."""
        c = self._table.c
        query = select(c.id, c.workflow, c.workflow_id, c.subject).order_by(c.id).limit(limit)
        return self._connection.execute(query).all()

    def delivered(self, ids: Sequence[int]) -> None:
        """Forget rows that have reached their workflow."""
        self._connection.execute(delete(self._table).where(self._table.c.id.in_(ids)))


class Steps:
    """Results of workflow steps, by key."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._connection, self._table = connection, table_of(StepRow)

    def once(self, key: str, model: type[M], now: datetime, work: Callable[[], M]) -> M:
        """Do `work` the first time, and give its stored result back every other time."""
        stored = self._connection.execute(select(self._table.c.result).where(self._table.c.key == key)).scalar()
        if stored is not None:
            return model.model_validate_json(stored)
        result = work()
        row = {"key": key, "at": micros(now), "result": result.model_dump_json()}
        self._connection.execute(insert(self._table), row)
        return result

    def forget(self, before: datetime) -> int:
        """Drop results that no workflow can ask for any more; return how many."""
        return self._connection.execute(delete(self._table).where(self._table.c.at < micros(before))).rowcount


class Counters:
    """Numbers for ids that people read."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._connection, self._table = connection, table_of(CounterRow)

    def next(self, prefix: str) -> str:
        """`AR-0001`, `AR-0002` … for the prefix `AR`."""
        c = self._table.c
        changed = self._connection.execute(update(self._table).where(c.name == prefix).values(value=c.value + 1))
        if changed.rowcount == 0:
            self._connection.execute(insert(self._table), {"name": prefix, "value": 1})
        value = self._connection.execute(select(c.value).where(c.name == prefix)).scalar_one()
        return f"{prefix}-{value:04d}"


class Verdicts:
    """Judgements, the newest per subject and person."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, VerdictRow, Verdict)

    def of(self, subject: str) -> Sequence[Verdict]:
        """Everybody's verdict on one subject."""
        return self._rows.all(self._rows.table.c.subject == subject)

    def put(self, subject: str, verdict: Verdict) -> None:
        """Record a person's verdict, in place of an earlier one of theirs."""
        c = self._rows.table.c
        self._rows.connection.execute(
            delete(self._rows.table).where(c.subject == subject, c.principal == verdict.principal)
        )
        self._rows.insert(verdict, subject=subject, principal=verdict.principal, kind=verdict.kind)


class DeadLetters:
    """Records that intake could not read."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, DeadLetterRow, DeadLetter)

    def insert(self, letter: DeadLetter, at: datetime) -> None:
        """Keep one."""
        self._rows.insert(letter, at=micros(at))

    def all(self) -> Sequence[DeadLetter]:
        """All that were kept, oldest first."""
        return self._rows.all()
