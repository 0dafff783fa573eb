"""Long lists a page at a time: what comes after a key, in the order of the keys."""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import Connection, and_, bindparam, func, or_
from sqlmodel import SQLModel

from engine.model.base import Model
from engine.model.finding import Finding
from engine.model.incident import Incident
from engine.model.lease import Lease
from engine.model.request import Request
from engine.store.rows import Rows, bodies, table_of
from engine.store.tables import FindingRow, IncidentRow, LeaseRow, RequestRow

M = TypeVar("M", bound=Model)


class Listing:
    """Findings, incidents, requests and leases after an id, which need not be there; from the first after ``."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._connection = connection

    def findings(self, after: str, count: int) -> Sequence[Finding]:
        """The next accepted findings."""
        return self._after(FindingRow, Finding, after, count)

    def incidents(self, after: str, count: int) -> Sequence[Incident]:
        """The next incidents."""
        return self._after(IncidentRow, Incident, after, count)

    def requests(self, after: str, count: int) -> Sequence[Request]:
        """The next requested actions."""
        return self._after(RequestRow, Request, after, count)

    def leases(self, after: str, count: int) -> Sequence[Lease]:
        """The next effects."""
        return self._after(LeaseRow, Lease, after, count)

    def _after(self, row: type[SQLModel], model: type[M], after: str, count: int) -> Sequence[M]:
        table = table_of(row)
        key, length = table.c.id, func.length(table.c.id)
        # As `bodies` orders them: `AR-9999` comes before `AR-10000`.
        beyond = or_(length > bindparam("long"), and_(length == bindparam("long"), key > bindparam("after")))
        query = bodies(table).where(beyond).limit(bindparam("count"))
        return Rows(self._connection, row, model).chosen(query, {"long": len(after), "after": after, "count": count})
