"""Queries over findings, incidents, requests and votes."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, func, select

from engine.model.approval import Vote
from engine.model.finding import Finding
from engine.model.incident import Incident, IncidentState
from engine.model.request import Request, RequestState
from engine.store.rows import Rows, bodies, insert_into, table_of
from engine.store.tables import FindingRow, IncidentRow, RequestRow, VoteRow

FINDINGS, REQUESTS = table_of(FindingRow), table_of(RequestRow)
INCIDENT_OF = select(FINDINGS.c.incident_id).where(FINDINGS.c.id == bindparam("id"))
IN_FORCE_ONCE = (RequestState.HELD, RequestState.ENDED, RequestState.VETOED, RequestState.WITHDRAWN)
TOOK_EFFECT = (
    select(REQUESTS.c.body)
    .where(REQUESTS.c.requester == bindparam("requester"), REQUESTS.c.state.in_(IN_FORCE_ONCE))
    .order_by(func.length(REQUESTS.c.id).desc(), REQUESTS.c.id.desc())
    .limit(bindparam("limit"))
)
"""Newest first; of those withdrawn some never took effect, which is for the reader to tell."""
IN_STATES = bodies(REQUESTS).where(REQUESTS.c.state.in_(bindparam("states", expanding=True)))


class Findings:
    """Accepted findings."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, FindingRow, Finding)

    def get(self, finding_id: str) -> Finding | None:
        """The finding, if it was accepted."""
        return self._rows.one(id=finding_id)

    def incident_of(self, finding_id: str) -> str | None:
        """The incident that a finding joined, None where it was never accepted."""
        found: str | None = self._rows.connection.execute(INCIDENT_OF, {"id": finding_id}).scalar()
        return found

    def of(self, incident_id: str) -> Sequence[Finding]:
        """An incident's findings."""
        return self._rows.all(incident_id=incident_id)

    def all(self) -> Sequence[Finding]:
        """Every accepted finding."""
        return self._rows.all()

    def insert(self, finding: Finding, incident_id: str) -> None:
        """Add a new finding."""
        self._rows.insert(finding, id=finding.id, incident_id=incident_id, detector=finding.detector)

    def insert_all(self, findings: Iterable[Finding], incident_id: str) -> None:
        """Add many new findings of one incident."""
        rows = [
            {"id": one.id, "incident_id": incident_id, "detector": one.detector, "body": one.model_dump_json()}
            for one in findings
        ]
        self._rows.connection.execute(insert_into(FINDINGS), rows)


class Incidents:
    """Incidents by id and by correlation key."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, IncidentRow, Incident)

    def get(self, incident_id: str) -> Incident | None:
        """The incident, if there is one."""
        return self._rows.one(id=incident_id)

    def latest(self, key: str) -> Incident | None:
        """The newest generation of a key."""
        return self._rows.newest("generation", key=key)

    def all(self, state: IncidentState | None = None) -> Sequence[Incident]:
        """Every incident, or those in one state; oldest first."""
        return self._rows.all() if state is None else self._rows.all(state=state)

    def insert(self, incident: Incident) -> None:
        """Add a new generation; the pair of key and generation is unique."""
        self._rows.insert(
            incident, id=incident.id, key=incident.key, generation=incident.generation, state=incident.state
        )

    def save(self, incident: Incident, before: IncidentState = IncidentState.OPEN) -> None:
        """Change an incident that is still in state `before`."""
        self._rows.set(incident, {"id": incident.id, "state": before}, state=incident.state)


class Requests:
    """Action requests."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, RequestRow, Request)

    def get(self, request_id: str) -> Request | None:
        """The request, if there is one."""
        return self._rows.one(id=request_id)

    def of(self, incident_id: str) -> Sequence[Request]:
        """An incident's requests, oldest first."""
        return self._rows.all(incident_id=incident_id)

    def waiting_for(self, lease_key: str) -> Sequence[Request]:
        """Authorised requests that no lease holds yet, oldest first."""
        return self._rows.all(lease_key=lease_key, state=RequestState.AUTHORISED)

    def latest_of(self, requester: str, limit: int) -> Sequence[Request]:
        """The newest requests of a person or a detector version that took effect, newest first."""
        return self._rows.chosen(TOOK_EFFECT, {"requester": requester, "limit": limit})

    def all(self, states: Iterable[RequestState] = ()) -> Sequence[Request]:
        """Every request, or those in some states; oldest first."""
        wanted = list(states)
        return self._rows.chosen(IN_STATES, {"states": wanted}) if wanted else self._rows.all()

    def insert(self, request: Request, lease_key: str) -> None:
        """Add a new request."""
        columns = {"id": request.id, "incident_id": request.incident_id, "requester": request.requester}
        self._rows.insert(request, **columns, state=request.state, lease_key=lease_key)

    def save(self, request: Request, before: RequestState) -> None:
        """Change a request that is still in state `before`."""
        self._rows.set(request, {"id": request.id, "state": before}, state=request.state)


class Votes:
    """Votes, unique per request and principal."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, VoteRow, Vote)

    def of(self, request_id: str) -> Sequence[Vote]:
        """All votes on a request, retracted ones included."""
        return self._rows.all(request_id=request_id)

    def insert(self, vote: Vote) -> None:
        """Add the person's vote; there is one a person."""
        self._rows.insert(vote, request_id=vote.request_id, principal=vote.principal)

    def replace(self, vote: Vote) -> None:
        """Change the person's vote (a retraction, or a vote after one)."""
        self._rows.set(vote, {"request_id": vote.request_id, "principal": vote.principal})
