"""What the engine's database says, looked at from outside while engines come and go."""

import asyncio
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from engine.lifecycle import is_final
from engine.model.approval import Vote
from engine.model.finding import Finding
from engine.model.incident import Incident, IncidentState
from engine.model.lease import Holder, Lease, LeaseState
from engine.model.request import Request, RequestState
from engine.model.run import Run, Visit

LOOK_EVERY_S = 0.03
NEWS = 'SELECT seq, subject, "before", "after", at FROM "transition" WHERE seq > ? ORDER BY seq'
CARD_OF = """
    SELECT json_extract(thread.body, '$.ref') FROM chat_item AS item JOIN chat_thread AS thread
    ON thread.room = item.room AND thread.request_id = item.card WHERE item.request_id = ?
"""

Move = tuple[str, str, float]
"""One recorded step of a subject: before, after, and when (seconds since 1970)."""


class View:
    """Follows the transitions, and reads rows; never writes."""

    def __init__(self, database: Path) -> None:
        """Open read-only; the database is there already."""
        self._database = sqlite3.connect(f"file:{database}?mode=ro", uri=True, isolation_level=None, timeout=10)
        self._seq = -1
        self.moves: dict[str, list[Move]] = defaultdict(list)
        """Every step of each subject (`request/AR-0001`), oldest first."""
        self.requests_of: dict[str, list[str]] = defaultdict(list)
        """The requests of each incident, oldest first."""
        self._incident_of: dict[str, str] = {}
        self._open: dict[str, set[str]] = {}
        """The requests that are not over, of each incident that has any."""

    def look(self) -> None:
        """Take in what was committed since the last look."""
        for seq, subject, before, after, at in self._database.execute(NEWS, (self._seq,)).fetchall():
            self._seq = seq
            self.moves[subject].append((before, after, at / 1e6))
            table, _, name = subject.partition("/")
            if table == "request" and not before:
                incident = self._one("SELECT incident_id FROM request WHERE id = ?", name)
                self.requests_of[incident].append(name)
                self._incident_of[name] = incident
            if table == "request":
                self._count(self._incident_of[name], name, RequestState(after))

    def _count(self, incident: str, request: str, state: RequestState) -> None:
        still = self._open.setdefault(incident, set())
        still.add(request)
        if is_final(state):
            still.discard(request)
        if not still:
            del self._open[incident]

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    async def follow(self) -> None:
        """Keep looking."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def until(self, holds: Callable[[], bool], within_s: float) -> bool:
        """Wait for something to hold; whether it came to that in time."""
        deadline = time.monotonic() + within_s
        while not holds():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(LOOK_EVERY_S)
        return True

    def state(self, request_id: str) -> RequestState | None:
        """The state of a request, None where there is none yet."""
        moves = self.moves.get(f"request/{request_id}")
        return RequestState(moves[-1][1]) if moves else None

    def card_of(self, request_id: str) -> str:
        """The reference of the card on which a request stands in the room; empty where it stands on none yet."""
        found = self._database.execute(CARD_OF, (request_id,)).fetchone()
        return "" if found is None else str(found[0])

    def cards_to_carry(self) -> int:
        """How many cards are not as they are to be shown, or have a line left to be said."""
        return int(self._one("SELECT count(*) FROM chat_thread WHERE pending"))

    def voted(self, request_id: str, person: str) -> bool:
        """Whether somebody's vote is written."""
        return self._one("SELECT count(*) FROM vote WHERE request_id = ? AND principal = ?", request_id, person) != "0"

    def went(self, subject: str, state: str) -> bool:
        """Whether a subject has come to this state."""
        return any(after == state for _, after, _ in self.moves.get(subject, ()))

    def lease_state(self, lease_id: str) -> LeaseState:
        """The state of a lease."""
        return LeaseState(self.moves[f"lease/{lease_id}"][-1][1])

    @property
    def in_flight(self) -> int:
        """How many incidents have a request that is not over."""
        return len(self._open)

    def request(self, request_id: str) -> Request:
        """The row of a request."""
        return Request.model_validate_json(self._one("SELECT body FROM request WHERE id = ?", request_id))

    def lease(self, lease_id: str) -> Lease:
        """The row of a lease."""
        return Lease.model_validate_json(self._one("SELECT body FROM lease WHERE id = ?", lease_id))

    def requests(self) -> list[Request]:
        """Every request."""
        return [Request.model_validate_json(body) for body in self._bodies("request")]

    def leases(self) -> list[Lease]:
        """Every generation of every lease."""
        return [Lease.model_validate_json(body) for body in self._bodies("lease")]

    def holders(self) -> list[Holder]:
        """Every share of a lease."""
        return [Holder.model_validate_json(body) for body in self._bodies("holder")]

    def charged(self) -> dict[str, bool]:
        """Every request that a budget is charged with, and whether it still takes a place in force."""
        return {name: bool(held) for name, held in self._database.execute("SELECT request_id, in_force FROM budget")}

    def findings(self) -> list[Finding]:
        """Every accepted finding."""
        return [Finding.model_validate_json(body) for body in self._bodies("finding")]

    def incidents(self) -> list[Incident]:
        """Every incident."""
        return [Incident.model_validate_json(body) for body in self._bodies("incident")]

    def runs(self) -> list[Run]:
        """Every playbook that was carried out."""
        return [Run.model_validate_json(body) for body in self._bodies("run")]

    def visits(self) -> list[Visit]:
        """Every visit of a step."""
        return [Visit.model_validate_json(body) for body in self._bodies("visit")]

    def votes(self) -> list[Vote]:
        """Every vote."""
        return [Vote.model_validate_json(body) for body in self._bodies("vote")]

    def entries(self, kind: str) -> list[str]:
        """The ledger's entries of one kind, as their JSON."""
        query = "SELECT data FROM entry WHERE json_extract(data, '$.kind') = ? ORDER BY seq"
        return [row[0] for row in self._database.execute(query, (kind,))]

    def connectors_seen(self) -> int:
        """How many connectors have been swept."""
        return int(self._one("SELECT count(*) FROM connector"))

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do: every incident is closed, no effect is in force, and everything is told."""
        self.look()
        open_incidents = self._one("SELECT count(*) FROM incident WHERE state = ?", IncidentState.OPEN)
        live = [subject for subject in self.moves if subject.startswith("lease/")]
        over = all(is_final(self.lease_state(name.partition("/")[2])) for name in live)
        return open_incidents == "0" and over and self.cards_to_carry() == 0

    def _one(self, query: str, *values: str) -> str:
        row = self._database.execute(query, values).fetchone()
        return str(row[0])

    def _bodies(self, table: str) -> list[str]:
        return [row[0] for row in self._database.execute(f"SELECT body FROM {table}")]
