"""The tables. Whole models stand in `body` as JSON; columns beside it are what queries look for.

Instants are microseconds since 1970 (UTC), so that they compare alike in every database.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, Text, UniqueConstraint
from sqlmodel import Field, SQLModel


def _instant(nullable: bool = True) -> Column[int]:
    return Column(BigInteger, nullable=nullable)


def _numbered() -> Column[int]:
    """Given out by the database, of which SQLite has one kind of number that counts by itself."""
    return Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


def _text() -> Column[str]:
    return Column(Text, nullable=False)


class FindingRow(SQLModel, table=True):
    """An accepted finding and the incident it joined."""

    __tablename__ = "finding"
    id: str = Field(primary_key=True)
    incident_id: str = Field(index=True)
    detector: str
    body: str = Field(sa_column=_text())


class IncidentRow(SQLModel, table=True):
    """One generation of one correlation key."""

    __tablename__ = "incident"
    __table_args__ = (UniqueConstraint("key", "generation"),)
    id: str = Field(primary_key=True)
    key: str
    generation: int
    state: str = Field(index=True)
    body: str = Field(sa_column=_text())


class RequestRow(SQLModel, table=True):
    """An action request; `lease_key` is the lease it would hold, `requester` a person or a detector version."""

    __tablename__ = "request"
    id: str = Field(primary_key=True)
    incident_id: str = Field(index=True)
    state: str = Field(index=True)
    lease_key: str = Field(index=True)
    requester: str = Field(index=True)
    body: str = Field(sa_column=_text())


class VoteRow(SQLModel, table=True):
    """One person's vote on one request; only doors that authenticated the person write here."""

    __tablename__ = "vote"
    request_id: str = Field(primary_key=True)
    principal: str = Field(primary_key=True)
    body: str = Field(sa_column=_text())


class LeaseRow(SQLModel, table=True):
    """One generation of one effect."""

    __tablename__ = "lease"
    __table_args__ = (UniqueConstraint("key", "generation"), Index("lease_action_state", "action", "state"))
    id: str = Field(primary_key=True)
    key: str = Field(index=True)
    generation: int
    state: str = Field(index=True)
    action: str
    target: str
    connector: str
    owner: str = Field(index=True)
    body: str = Field(sa_column=_text())


class HolderRow(SQLModel, table=True):
    """A request's share of a lease."""

    __tablename__ = "holder"
    request_id: str = Field(primary_key=True)
    lease_id: str = Field(index=True)
    body: str = Field(sa_column=_text())


class OutboxRow(SQLModel, table=True):
    """A workflow to start or nudge, written with what it must hear of; deleted once delivered."""

    __tablename__ = "outbox"
    id: int | None = Field(default=None, sa_column=_numbered())
    workflow: str
    workflow_id: str
    subject: str


class StepRow(SQLModel, table=True):
    """The result of one workflow step: a retried activity gets it back instead of doing it again."""

    __tablename__ = "step"
    key: str = Field(primary_key=True)
    at: int = Field(sa_column=_instant(nullable=False))
    result: str = Field(sa_column=_text())


class TransitionRow(SQLModel, table=True):
    """One state change, with the ledger entry that records it."""

    __tablename__ = "transition"
    __table_args__ = (UniqueConstraint("subject", "n"),)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    subject: str
    n: int
    before: str
    after: str
    at: int = Field(sa_column=_instant(nullable=False))


class EntryRow(SQLModel, table=True):
    """One ledger entry: its canonical bytes as text, its leaf hash."""

    __tablename__ = "entry"
    __table_args__ = (UniqueConstraint("subject", "n"),)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    subject: str
    n: int
    hash: str
    data: str = Field(sa_column=_text())


class CheckpointRow(SQLModel, table=True):
    """A signed checkpoint over the first `size` entries, and the tree's frontier there."""

    __tablename__ = "checkpoint"
    size: int = Field(primary_key=True, sa_type=BigInteger)
    at: int = Field(sa_column=_instant(nullable=False))
    note: str = Field(sa_column=_text())
    frontier: str = Field(sa_column=_text())


class FreezeRow(SQLModel, table=True):
    """A kill switch: what it stops, who set it, until when."""

    __tablename__ = "freeze"
    scope: str = Field(primary_key=True)
    until: int | None = Field(default=None, sa_column=_instant())
    body: str = Field(sa_column=_text())


class BudgetRow(SQLModel, table=True):
    """A reservation of blast radius by one request; deleted where nothing came of it."""

    __tablename__ = "budget"
    __table_args__ = (
        Index("budget_scope_at", "scope", "at", "weight"),
        Index("budget_scope_in_force", "scope", "in_force", "weight"),
        Index("budget_at", "at", "points", "approved"),
        Index("budget_detector_at", "detector", "at", "approved", "points"),
        Index("budget_segment_at", "segment", "at", "approved", "points"),
        Index("budget_segment_in_force", "segment", "in_force", "hosts"),
    )
    request_id: str = Field(primary_key=True)
    scope: str
    detector: str
    segment: str
    hosts: int
    weight: int
    points: int
    approved: bool
    in_force: bool
    at: int = Field(sa_column=_instant(nullable=False))


class VerdictRow(SQLModel, table=True):
    """Analysts' judgements on findings, incidents and actions, the newest per subject and person."""

    __tablename__ = "verdict"
    subject: str = Field(primary_key=True)
    principal: str = Field(primary_key=True)
    kind: str
    body: str = Field(sa_column=_text())


class DeadLetterRow(SQLModel, table=True):
    """A record that intake could not read, kept with its position."""

    __tablename__ = "dead_letter"
    id: int | None = Field(default=None, sa_column=_numbered())
    at: int = Field(sa_column=_instant(nullable=False))
    body: str = Field(sa_column=_text())


class ConnectorRow(SQLModel, table=True):
    """The last sweep of one connector."""

    __tablename__ = "connector"
    instance: str = Field(primary_key=True)
    body: str = Field(sa_column=_text())


class CounterRow(SQLModel, table=True):
    """The last number given out under a name, for ids that people read."""

    __tablename__ = "counter"
    name: str = Field(primary_key=True)
    value: int


class CaseRow(SQLModel, table=True):
    """One judged piece of work of a detector version; counted, never read back whole."""

    __tablename__ = "judged"
    __table_args__ = (Index("judged_detector", "detector", "version"),)
    subject: str = Field(primary_key=True)
    incident_id: str = Field(index=True)
    detector: str
    version: str
    action: str
    criticality: str
    right: bool
    harmful: bool
    confidence: float | None = None
    at: int = Field(sa_column=_instant(nullable=False))


class TrustRow(SQLModel, table=True):
    """How far a detector version has come, and what was taken back."""

    __tablename__ = "trust"
    detector: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    body: str = Field(sa_column=_text())


class ReviewRow(SQLModel, table=True):
    """An item of the review queue."""

    __tablename__ = "review"
    id: str = Field(primary_key=True)
    state: str = Field(index=True)
    finding_id: str = Field(index=True)
    body: str = Field(sa_column=_text())


class SourceRow(SQLModel, table=True):
    """One detector of one product, and how its data are."""

    __tablename__ = "source"
    product: str = Field(primary_key=True)
    detector: str = Field(primary_key=True)
    body: str = Field(sa_column=_text())


class SourceHourRow(SQLModel, table=True):
    """What came from a source in one hour since 1970."""

    __tablename__ = "source_hour"
    product: str = Field(primary_key=True)
    detector: str = Field(primary_key=True)
    hour: int = Field(primary_key=True, index=True)
    findings: int
    errors: int


class WatchedHourRow(SQLModel, table=True):
    """How often the engine looked at its sources in one hour: where it did not run, silence means nothing."""

    __tablename__ = "watched_hour"
    hour: int = Field(primary_key=True)
    looks: int
    last_at: int = Field(sa_column=_instant(nullable=False))
