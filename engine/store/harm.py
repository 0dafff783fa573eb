"""Effects that did harm and were taken back for it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Column, Connection, Text, bindparam
from sqlmodel import Field, SQLModel

from engine.model.harm import StepDown
from engine.store.rows import Rows, bodies, micros, table_of


class StepDownRow(SQLModel, table=True):
    """One request's share that was taken back; `until` is how long its action takes a higher tier."""

    __tablename__ = "step_down"
    id: str = Field(primary_key=True)
    incident_id: str = Field(index=True)
    action: str = Field(index=True)
    until: int = Field(sa_type=BigInteger)
    body: str = Field(sa_column=Column(Text, nullable=False))


STEP_DOWNS = table_of(StepDownRow)
RAISED = bodies(STEP_DOWNS).where(STEP_DOWNS.c.action == bindparam("action"), STEP_DOWNS.c.until > bindparam("now"))


class StepDowns:
    """Step-downs by incident and action."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, StepDownRow, StepDown)

    def of(self, incident_id: str) -> Sequence[StepDown]:
        """Those of one incident."""
        return self._rows.all(incident_id=incident_id)

    def raising(self, action: str, now: datetime) -> Sequence[StepDown]:
        """Those for which an action takes a higher tier now, oldest first."""
        return self._rows.chosen(RAISED, {"action": action, "now": micros(now)})

    def insert(self, step: StepDown) -> None:
        """Add one."""
        columns = {"incident_id": step.incident_id, "action": step.action, "until": micros(step.until)}
        self._rows.insert(step, id=step.id, **columns)
