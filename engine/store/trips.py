"""Budgets that tripped, and how many findings each detector version gave lately."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Column, Connection, Text, bindparam, delete, func, select, update
from sqlmodel import Field, SQLModel

from engine.model.trip import Trip
from engine.store.rows import Rows, insert_into, micros, table_of

MINUTE_US = 60_000_000


class TripRow(SQLModel, table=True):
    """A tripped budget; `standing` until it is reset."""

    __tablename__ = "trip"
    id: str = Field(primary_key=True)
    scope: str
    standing: bool = Field(index=True)
    body: str = Field(sa_column=Column(Text, nullable=False))


class ArrivedRow(SQLModel, table=True):
    """How many findings of one detector version were answered, by the minute since 1970."""

    __tablename__ = "arrived"
    detector: str = Field(primary_key=True)
    minute: int = Field(primary_key=True, index=True, sa_type=BigInteger)
    findings: int


ARRIVED = table_of(ArrivedRow)
COUNT = (
    update(ARRIVED)
    .where(ARRIVED.c.detector == bindparam("of_detector"), ARRIVED.c.minute == bindparam("of_minute"))
    .values(findings=ARRIVED.c.findings + bindparam("more"))
)
SUM = select(func.sum(ARRIVED.c.findings)).where(
    ARRIVED.c.detector == bindparam("detector"), ARRIVED.c.minute > bindparam("since")
)
OLD = delete(ARRIVED).where(ARRIVED.c.minute <= bindparam("before"))


class Trips:
    """Tripped budgets by scope, and what they count findings by."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, TripRow, Trip)

    def get(self, trip_id: str) -> Trip | None:
        """The trip, standing or reset."""
        return self._rows.one(id=trip_id)

    def standing(self) -> Mapping[str, Trip]:
        """Those not reset, by scope."""
        return {trip.scope: trip for trip in self._rows.all(standing=True)}

    def insert(self, trip: Trip) -> None:
        """Add a trip."""
        self._rows.insert(trip, id=trip.id, scope=trip.scope, standing=True)

    def save(self, trip: Trip) -> None:
        """Change a trip that stands; one that is reset never changes."""
        self._rows.set(trip, {"id": trip.id, "standing": True}, standing=trip.reset_at is None)

    def count(self, detector: str, findings: int, at: datetime) -> None:
        """Add to what came of a detector version in this minute."""
        minute = _minute(at)
        values = {"of_detector": detector, "of_minute": minute, "more": findings}
        if self._rows.connection.execute(COUNT, values).rowcount == 0:
            row = {"detector": detector, "minute": minute, "findings": findings}
            self._rows.connection.execute(insert_into(ARRIVED), row)

    def counted(self, detector: str, now: datetime) -> int:
        """What came of a detector version in the sixty minutes that this one ends."""
        since = _minute(now - timedelta(hours=1))
        return self._rows.connection.execute(SUM, {"detector": detector, "since": since}).scalar() or 0

    def forget(self, now: datetime, detector: str | None = None) -> None:
        """Drop counts that no window holds any more; all of one detector version where it is to begin anew."""
        connection = self._rows.connection
        if detector is None:
            connection.execute(OLD, {"before": _minute(now - timedelta(hours=1))})
        else:
            connection.execute(OLD.where(ARRIVED.c.detector == detector), {"before": _minute(now)})


def _minute(at: datetime) -> int:
    return micros(at) // MINUTE_US
