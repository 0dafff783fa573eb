"""The tables of playbooks being carried out; see `engine.store.tables` for how tables are made."""

from sqlalchemy import Column, Index, Text
from sqlmodel import Field, SQLModel


def _text() -> Column[str]:
    return Column(Text, nullable=False)


class PlaybookRow(SQLModel, table=True):
    """The plain content of a playbook that some run was started with, by its digest."""

    __tablename__ = "playbook"
    digest: str = Field(primary_key=True)
    body: str = Field(sa_column=_text())


class RunRow(SQLModel, table=True):
    """A playbook being carried out."""

    __tablename__ = "run"
    __table_args__ = (Index("run_incident_state", "incident_id", "state"),)
    id: str = Field(primary_key=True)
    incident_id: str
    state: str
    body: str = Field(sa_column=_text())


class VisitRow(SQLModel, table=True):
    """One visit of one step: it is begun once, for the path is unique in its run.

    `follows` is the request, task or run it waits for, or waited.
    """

    __tablename__ = "visit"
    run: str = Field(primary_key=True)
    path: str = Field(primary_key=True)
    n: int
    state: str
    follows: str = Field(index=True)
    body: str = Field(sa_column=_text())


class TaskRow(SQLModel, table=True):
    """What a person is asked to do."""

    __tablename__ = "task"
    id: str = Field(primary_key=True)
    incident_id: str = Field(index=True)
    state: str = Field(index=True)
    body: str = Field(sa_column=_text())
