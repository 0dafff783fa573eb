"""Queries over findings, incidents, requests and votes."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from engine.model.approval import Vote
from engine.model.finding import Finding
from engine.model.incident import Incident, IncidentState
from engine.model.request import Request, RequestState
from engine.store.rows import Rows, table_of
from engine.store.tables import FindingRow, IncidentRow, RequestRow, VoteRow


class Findings:
    """Accepted findings."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, FindingRow, Finding)

    def get(self, finding_id: str) -> Finding | None:
        """The finding, if it was accepted."""
        return self._rows.get(finding_id)

    def incident_of(self, finding_id: str) -> str | None:
        """The incident that a finding joined, None where it was never accepted."""
        table = self._rows.table
        query = select(table.c.incident_id).where(table.c.id == finding_id)
        found: str | None = self._rows.connection.execute(query).scalar()
        return found

    def of(self, incident_id: str) -> Sequence[Finding]:
        """An incident's findings."""
        return self._rows.all(self._rows.table.c.incident_id == incident_id)

    def insert(self, finding: Finding, incident_id: str) -> None:
        """Add a new finding."""
        self._rows.insert(finding, id=finding.id, incident_id=incident_id, detector=finding.detector)


class Incidents:
    """Incidents by id and by correlation key."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, IncidentRow, Incident)

    def get(self, incident_id: str) -> Incident | None:
        """The incident, if there is one."""
        return self._rows.get(incident_id)

    def latest(self, key: str) -> Incident | None:
        """The newest generation of a key."""
        table = self._rows.table
        return self._rows.first(table.c.key == key, order=table.c.generation.desc())

    def all(self, state: IncidentState | None = None) -> Sequence[Incident]:
        """Every incident, or those in one state."""
        return self._rows.all(*([] if state is None else [self._rows.table.c.state == state]))

    def insert(self, incident: Incident) -> None:
        """Add a new generation; the pair of key and generation is unique."""
        self._rows.insert(
            incident, id=incident.id, key=incident.key, generation=incident.generation, state=incident.state
        )

    def save(self, incident: Incident, before: IncidentState = IncidentState.OPEN) -> None:
        """Change an incident that is still in state `before`."""
        table = self._rows.table
        self._rows.set([table.c.id == incident.id, table.c.state == before], incident, state=incident.state)


class Requests:
    """Action requests."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, RequestRow, Request)

    def get(self, request_id: str) -> Request | None:
        """The request, if there is one."""
        return self._rows.get(request_id)

    def of(self, incident_id: str) -> Sequence[Request]:
        """An incident's requests, oldest first."""
        return self._rows.all(self._rows.table.c.incident_id == incident_id)

    def waiting_for(self, lease_key: str) -> Sequence[Request]:
        """Authorised requests that no lease holds yet."""
        table = self._rows.table
        return self._rows.all(table.c.lease_key == lease_key, table.c.state == RequestState.AUTHORISED)

    def all(self, states: Iterable[RequestState] = ()) -> Sequence[Request]:
        """Every request, or those in some states."""
        wanted = list(states)
        return self._rows.all(*([self._rows.table.c.state.in_(wanted)] if wanted else []))

    def insert(self, request: Request, lease_key: str) -> None:
        """Add a new request."""
        self._rows.insert(
            request, id=request.id, incident_id=request.incident_id, state=request.state, lease_key=lease_key
        )

    def save(self, request: Request, before: RequestState) -> None:
        """Change a request that is still in state `before`."""
        table = self._rows.table
        self._rows.set([table.c.id == request.id, table.c.state == before], request, state=request.state)


class Votes:
    """Votes, unique per request and principal."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, VoteRow, Vote)
        self._table = table_of(VoteRow)

    def of(self, request_id: str) -> Sequence[Vote]:
        """All votes on a request, retracted ones included."""
        return self._rows.all(self._table.c.request_id == request_id)

    def insert(self, vote: Vote) -> None:
        """Add the person's vote; a second one is an integrity error."""
        self._rows.insert(vote, request_id=vote.request_id, principal=vote.principal)

    def replace(self, vote: Vote) -> None:
        """Change the person's vote (a retraction, or a vote after one)."""
        same = [self._table.c.request_id == vote.request_id, self._table.c.principal == vote.principal]
        self._rows.set(same, vote)
