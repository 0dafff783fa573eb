"""Long lists a page at a time: what comes after a key, in the order of the keys."""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import Connection, and_, bindparam, func, or_
from sqlmodel import SQLModel

from engine.model.base import Model
from engine.model.finding import Finding
from engine.model.governance import Proposal
from engine.model.incident import Incident
from engine.model.lease import Lease
from engine.model.page import Page
from engine.model.request import Request
from engine.model.review import Review
from engine.model.task import Task
from engine.model.trip import Trip
from engine.store.governance_tables import ProposalRow
from engine.store.pages import PageRow
from engine.store.rows import Rows, bodies, table_of
from engine.store.run_tables import TaskRow
from engine.store.tables import FindingRow, IncidentRow, LeaseRow, RequestRow, ReviewRow
from engine.store.trips import TripRow

M = TypeVar("M", bound=Model)


class Listing:
    """What comes after an id, which need not be there; from the first after ``."""

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

    def asked(self, after: str, count: int) -> Sequence[Request]:
        """The next requests that people were ever asked about."""
        found = list[Request]()
        while len(found) < count:
            looked = self.requests(after, count)
            found += [one for one in looked if one.asked_at is not None]
            if len(looked) < count:
                break
            after = looked[-1].id
        return found[:count]

    def pages(self, after: str, count: int) -> Sequence[Page]:
        """The next pages."""
        return self._after(PageRow, Page, after, count)

    def proposals(self, after: str, count: int) -> Sequence[Proposal]:
        """The next proposals."""
        return self._after(ProposalRow, Proposal, after, count)

    def reviews(self, after: str, count: int) -> Sequence[Review]:
        """The next items of the review queue."""
        return self._after(ReviewRow, Review, after, count)

    def tasks(self, after: str, count: int) -> Sequence[Task]:
        """The next tasks."""
        return self._after(TaskRow, Task, after, count)

    def trips(self, after: str, count: int) -> Sequence[Trip]:
        """The next tripped budgets."""
        return self._after(TripRow, Trip, after, count)

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
