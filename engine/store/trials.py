"""The last trial of each chat room."""

from sqlalchemy import Column, Connection, Text
from sqlmodel import Field, SQLModel

from engine.model.trial import Trial
from engine.store.rows import Rows


class TrialRow(SQLModel, table=True):
    """One room's."""

    __tablename__ = "chat_trial"
    room: str = Field(primary_key=True)
    body: str = Field(sa_column=Column(Text, nullable=False))


class Trials:
    """Trials by room."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, TrialRow, Trial)

    def get(self, room: str) -> Trial | None:
        """The room's last trial."""
        return self._rows.one(room=room)

    def put(self, trial: Trial) -> None:
        """Keep it in the place of the last one."""
        self._rows.delete(room=trial.room)
        self._rows.insert(trial, room=trial.room)
