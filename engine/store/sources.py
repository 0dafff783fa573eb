"""Queries over sources: what came from each, hour by hour, and in which hours anybody looked."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, select, update

from engine.model.source import Source
from engine.store.rows import Rows, insert_into, instant, micros, table_of
from engine.store.tables import SourceHourRow, SourceRow, WatchedHourRow

HOURS, WATCHED = table_of(SourceHourRow), table_of(WatchedHourRow)
HOUR_US = 3_600_000_000

COUNT = (
    update(HOURS)
    .where(
        HOURS.c.product == bindparam("of_product"),
        HOURS.c.detector == bindparam("of_detector"),
        HOURS.c.hour == bindparam("of_hour"),
    )
    .values(findings=HOURS.c.findings + bindparam("more"), errors=HOURS.c.errors + bindparam("worse"))
)
SINCE = select(HOURS).where(HOURS.c.hour >= bindparam("since"))
LOOK = (
    update(WATCHED)
    .where(WATCHED.c.hour == bindparam("of_hour"))
    .values(looks=WATCHED.c.looks + 1, last_at=bindparam("now"))
)
LOOKED = select(func.max(WATCHED.c.last_at))
WATCHED_SINCE = select(WATCHED.c.hour).where(
    WATCHED.c.hour >= bindparam("since"), WATCHED.c.looks >= bindparam("least")
)
OLD_HOURS = delete(HOURS).where(HOURS.c.hour < bindparam("before"))
OLD_WATCHED = delete(WATCHED).where(WATCHED.c.hour < bindparam("before"))


class Came(NamedTuple):
    """What came from a source in one hour."""

    findings: int
    errors: int


def hour_of(at: datetime) -> int:
    """The number of the hour that holds this instant."""
    return micros(at) // HOUR_US


class Sources:
    """Sources, their hours, and the engine's own looks at them."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._connection, self._rows = connection, Rows(connection, SourceRow, Source)

    def get(self, product: str, detector: str) -> Source | None:
        """The source, if anything ever came from it."""
        return self._rows.one(product=product, detector=detector)

    def all(self) -> Sequence[Source]:
        """Every source there is."""
        return self._rows.all()

    def put(self, source: Source) -> None:
        """Keep a source, new or changed."""
        self._rows.delete(product=source.product, detector=source.detector)
        self._rows.insert(source, product=source.product, detector=source.detector)

    def count(self, source: Source, at: datetime, findings: int = 0, errors: int = 0) -> None:
        """Add to what came in this hour."""
        key = {"product": source.product, "detector": source.detector, "hour": hour_of(at)}
        more = {"more": findings, "worse": errors}
        where = {f"of_{name}": value for name, value in key.items()}
        if self._connection.execute(COUNT, {**where, **more}).rowcount == 0:
            self._connection.execute(insert_into(HOURS), {**key, "findings": findings, "errors": errors})

    def hours(self, since: int) -> Mapping[tuple[str, str], Mapping[int, Came]]:
        """What came from each source since that hour, by hour; hours in which nothing came are not listed."""
        found: dict[tuple[str, str], dict[int, Came]] = {}
        for row in self._connection.execute(SINCE, {"since": since}):
            found.setdefault((row.product, row.detector), {})[row.hour] = Came(row.findings, row.errors)
        return found

    def look(self, now: datetime) -> None:
        """Note that the engine looks at its sources now."""
        at = {"of_hour": hour_of(now), "now": micros(now)}
        if self._connection.execute(LOOK, at).rowcount == 0:
            row = {"hour": hour_of(now), "looks": 1, "last_at": micros(now)}
            self._connection.execute(insert_into(WATCHED), row)

    def looked_at(self) -> datetime | None:
        """When the engine last looked."""
        last = self._connection.execute(LOOKED).scalar()
        return None if last is None else instant(last)

    def watched(self, since: int, least: int) -> frozenset[int]:
        """The hours since then in which the engine looked at least that often."""
        return frozenset(self._connection.execute(WATCHED_SINCE, {"since": since, "least": least}).scalars())

    def forget(self, before: int) -> None:
        """Drop the counts of hours before that one."""
        self._connection.execute(OLD_HOURS, {"before": before})
        self._connection.execute(OLD_WATCHED, {"before": before})
