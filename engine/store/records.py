"""Queries over what drives and documents the path: outbox, steps, counters, verdicts, dead letters."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update

from engine.model.base import Model
from engine.model.finding import Verdict
from engine.model.intake import DeadLetter
from engine.store.rows import Rows, insert_into, micros, table_of
from engine.store.tables import CounterRow, DeadLetterRow, OutboxRow, StepRow, VerdictRow

M = TypeVar("M", bound=Model)
OUTBOX, STEPS, COUNTERS = table_of(OutboxRow), table_of(StepRow), table_of(CounterRow)
KEPT = select(func.count()).select_from(table_of(DeadLetterRow))

PENDING = (
    select(OUTBOX.c.id, OUTBOX.c.workflow, OUTBOX.c.workflow_id, OUTBOX.c.subject)
    .order_by(OUTBOX.c.id)
    .limit(bindparam("count"))
)
DELIVERED = delete(OUTBOX).where(OUTBOX.c.id.in_(bindparam("ids", expanding=True)))
RESULT = select(STEPS.c.result).where(STEPS.c.key == bindparam("key"))
FORGET = delete(STEPS).where(STEPS.c.at < bindparam("before"))
COUNT = (
    update(COUNTERS)
    .where(COUNTERS.c.name == bindparam("prefix"))
    .values(value=COUNTERS.c.value + 1)
    .returning(COUNTERS.c.value)
)


class Outbox:
    """Workflows to start or nudge, delivered at least once after the commit."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection; `filled` tells whether anything was added."""
        self._connection, self.filled = connection, False

    def nudge(self, workflow: str, workflow_id: str, subject: str) -> None:
        """Have `workflow` look at `subject`, starting it where it does not run."""
        values = {"workflow": workflow, "workflow_id": workflow_id, "subject": subject}
        self._connection.execute(insert_into(OUTBOX), values)
        self.filled = True

    def pending(self, limit: int) -> Sequence[Row[int, str, str, str]]:
        """The oldest undelivered rows: id, workflow, workflow id, subject."""
        return self._connection.execute(PENDING, {"count": limit}).all()

    def delivered(self, ids: Sequence[int]) -> None:
        """Forget rows that have reached their workflow."""
        self._connection.execute(DELIVERED, {"ids": ids})


class Steps:
    """Results of workflow steps, by key."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._connection = connection

    def once(self, key: str, model: type[M], now: datetime, work: Callable[[], M]) -> M:
        """Do `work` the first time, and give its stored result back every other time."""
        stored = self.stored(key, model)
        if stored is not None:
            return stored
        result = work()
        self.keep(key, result, now)
        return result

    def keep(self, key: str, result: Model, now: datetime) -> None:
        """Store the result of a step; one that has a result already is a `StaleState`."""
        row = {"key": key, "at": micros(now), "result": result.model_dump_json()}
        self._connection.execute(insert_into(STEPS), row)

    def stored(self, key: str, model: type[M]) -> M | None:
        """The result of a step that was done, None for one that was not."""
        result = self._connection.execute(RESULT, {"key": key}).scalar()
        return None if result is None else model.model_validate_json(result)

    def forget(self, before: datetime) -> int:
        """Drop results that no workflow can ask for any more; return how many."""
        return self._connection.execute(FORGET, {"before": micros(before)}).rowcount


class Counters:
    """Numbers for ids that people read."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._connection = connection

    def next(self, prefix: str) -> str:
        """`AR-0001`, `AR-0002` … for the prefix `AR`."""
        value: int | None = self._connection.execute(COUNT, {"prefix": prefix}).scalar()
        if value is None:
            self._connection.execute(insert_into(COUNTERS), {"name": prefix, "value": 1})
        return f"{prefix}-{value or 1:04d}"


class Verdicts:
    """Judgements, the newest per subject and person."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, VerdictRow, Verdict)

    def of(self, subject: str) -> Sequence[Verdict]:
        """Everybody's verdict on one subject."""
        return self._rows.all(subject=subject)

    def put(self, subject: str, verdict: Verdict) -> None:
        """Record a person's verdict, in place of an earlier one of theirs."""
        self._rows.delete(subject=subject, principal=verdict.principal)
        self._rows.insert(verdict, subject=subject, principal=verdict.principal, kind=verdict.kind)


class DeadLetters:
    """Records that intake could not read."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, DeadLetterRow, DeadLetter)

    def insert(self, letter: DeadLetter, at: datetime) -> None:
        """Keep one."""
        self._rows.insert(letter, at=micros(at))

    def count(self) -> int:
        """How many were kept."""
        return self._rows.connection.execute(KEPT).scalar_one()

    def all(self) -> Sequence[DeadLetter]:
        """All that were kept, oldest first."""
        return self._rows.all()
