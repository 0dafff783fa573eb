"""What was done by break-glass, and by whom."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Column, Connection, Text, bindparam
from sqlmodel import Field, SQLModel

from engine.model.break_glass import BreakGlassUse
from engine.store.rows import Rows, bodies, micros, table_of


class BreakGlassRow(SQLModel, table=True):
    """One use; never changed and never deleted."""

    __tablename__ = "break_glass"
    request_id: str = Field(primary_key=True)
    principal: str = Field(index=True)
    at: int = Field(sa_column=Column(BigInteger, nullable=False, index=True))
    body: str = Field(sa_column=Column(Text, nullable=False))


USES = table_of(BreakGlassRow)
SINCE = bodies(USES).where(USES.c.at > bindparam("since"))


class BreakGlass:
    """Uses by person and by time."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, BreakGlassRow, BreakGlassUse)

    def insert(self, use: BreakGlassUse) -> None:
        """Add a use; there is one a request."""
        self._rows.insert(use, request_id=use.request_id, principal=use.principal, at=micros(use.at))

    def get(self, request_id: str) -> BreakGlassUse | None:
        """The use that a request came of."""
        return self._rows.one(request_id=request_id)

    def of(self, principal: str) -> Sequence[BreakGlassUse]:
        """Everything one person ever used it for, oldest first."""
        return self._rows.all(principal=principal)

    def since(self, since: datetime) -> Sequence[BreakGlassUse]:
        """Everybody's uses after that instant, oldest first."""
        return self._rows.chosen(SINCE, {"since": micros(since)})
