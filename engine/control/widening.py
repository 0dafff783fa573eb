"""A request for an effect that stands with other parameters: never a silent join, but decided anew on both together.

Rules: 1. What is decided, checked and asked is the union: the narrowest effect that covers what stands and what is
wanted. 2. Where that is what stands, it is joined. 3. Where it is wider, it comes into force beside what stands,
under a key and an owner of its own: there is no moment without an effect, nothing is wider than somebody holds it,
and each ends with its own holders. 4. Where no union is known, the request fails and says so.
"""

from datetime import datetime

from engine.control.desk import Desk
from engine.control.moves import move_request
from engine.control.request_path import RequestPath
from engine.errors import EngineBug
from engine.model.base import Json
from engine.model.lease import Lease
from engine.model.request import Request, RequestState
from engine.store.tx import Tx


def widen(tx: Tx, desk: Desk, lease: Lease, request: Request, now: datetime) -> None:
    """Have the request decided anew on the union with what the lease does, or fail where there is none."""
    incident = tx.incidents.get(request.incident_id)
    if incident is None:
        raise EngineBug(f"request {request.id} has no incident")
    union = _union(desk, lease, request)
    if union is None:
        why = f"{lease.id} is in force with other parameters, and no effect is known that would cover both"
        move_request(tx, request, RequestState.FAILED, now, {"because": why}, outcome=why)
    else:
        why = f"{lease.id} is in force with other parameters: decided anew on both together"
        body: Json = {"because": why, "union": union}
        stopped = move_request(tx, request, RequestState.BLOCKED, now, body, outcome=why)
        beside = None if union == lease.params else lease.id
        asked = stopped.model_copy(update={"widens": beside})
        RequestPath(tx, desk, incident, now).ask_again(asked, union, (why,))
    tx.outbox.nudge("Respond", incident.workflow_id, incident.id)


def _union(desk: Desk, lease: Lease, request: Request) -> Json | None:
    spec = desk.specs.get(lease.action)
    if spec is None or lease.action_version != request.action_version:
        return None
    standing, wanted = spec.params.model_validate(lease.params), spec.params.model_validate(request.params)
    union = standing.union(wanted)
    return None if union is None else union.model_dump(mode="json")
