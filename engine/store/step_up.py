"""What is known of people's one-time codes."""

from sqlalchemy import Column, Connection, Text
from sqlmodel import Field, SQLModel

from engine.model.step_up import Codes
from engine.store.rows import Rows


class CodesRow(SQLModel, table=True):
    """One person's; `changes` is what it is compared by when it is set."""

    __tablename__ = "one_time_codes"
    principal: str = Field(primary_key=True)
    changes: int
    body: str = Field(sa_column=Column(Text, nullable=False))


class CodesSeen:
    """By person."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, CodesRow, Codes)

    def of(self, principal: str) -> Codes:
        """Somebody's, also where they never gave a code."""
        return self._rows.one(principal=principal) or Codes(principal=principal)

    def save(self, codes: Codes) -> None:
        """Keep what was read and changed since; raise `StaleState` where somebody else changed it too."""
        after = codes.model_copy(update={"changes": codes.changes + 1})
        if codes.changes == 0:
            self._rows.insert(after, principal=codes.principal, changes=after.changes)
        else:
            was = {"principal": codes.principal, "changes": codes.changes}
            self._rows.set(after, was, changes=after.changes)
