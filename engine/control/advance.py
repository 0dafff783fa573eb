"""An incident's next step: plan what is new, carry each request on, say what its workflow has to do."""

from datetime import datetime, timedelta

from engine.control.desk import Desk
from engine.control.interim import hold_interims
from engine.control.moves import key_of, note
from engine.control.plan import is_planned, plan_new
from engine.control.request_path import RequestPath
from engine.control.runs import advance_runs
from engine.lifecycle import is_final
from engine.model.execution import IncidentOrder, LeaseStart
from engine.model.incident import Incident, IncidentState
from engine.model.request import Request, RequestState
from engine.store.tx import Tx

LONGEST_WAIT = timedelta(hours=1)
"""An open incident is looked at this often even if nothing tells it to."""
BEGIN_WITHIN = timedelta(seconds=15)
"""An authorised request whose lease has not taken it up by then is offered again."""


def advance_incident(tx: Tx, desk: Desk, incident_id: str, now: datetime) -> IncidentOrder:
    """Do what can be done now, in one transaction."""
    incident = tx.incidents.get(incident_id)
    if incident is None or incident.state is IncidentState.CLOSED:
        return IncidentOrder(done=True)
    incident = plan_new(tx, desk, incident, now)
    path = RequestPath(tx, desk, incident, now)
    for request in tx.requests.of(incident.id):
        if request.state is RequestState.AWAITING_APPROVAL:
            path.awaiting(request)
    due = advance_runs(path)
    incident, requests = path.incident, list(tx.requests.of(incident.id))
    held_until = hold_interims(tx, incident, requests, now)
    walking = bool(tx.runs.live(incident.id))
    if not walking and _is_over(incident, requests, desk, now):
        _close(tx, incident, now)
        return IncidentOrder(done=True)
    waiting = [r for r in requests if r.state is RequestState.AUTHORISED]
    start = tuple(LeaseStart(key=key_of(request), request_id=request.id) for request in waiting)
    quiet = None if walking else _quiet_at(incident, desk)
    return IncidentOrder(start=start, wake_at=_wake_at(path, requests, quiet, held_until, due))


def _wake_at(path: RequestPath, requests: list[Request], quiet: datetime | None, *others: datetime | None) -> datetime:
    """When to look again: what people, leases, the clock of the runs, and the quiet after it all want."""
    now = path.now
    asked = [path.wake_at(r) for r in requests if r.state is RequestState.AWAITING_APPROVAL]
    begin = [now + BEGIN_WITHIN for r in requests if r.state is RequestState.AUTHORISED]
    closing = [quiet] if all(is_final(r.state) for r in requests) else []
    rest = [] if is_planned(path.incident) else [now]
    known = [at for at in (*asked, *begin, *closing, *rest, *others) if at is not None]
    return min([*known, now + LONGEST_WAIT])


def _quiet_at(incident: Incident, desk: Desk) -> datetime:
    """When the window for further findings has passed; one dated in the future does not keep it open for ever."""
    return min(incident.last_seen, incident.opened_at + desk.window) + desk.window


def _is_over(incident: Incident, requests: list[Request], desk: Desk, now: datetime) -> bool:
    over = is_planned(incident) and all(is_final(request.state) for request in requests)
    return over and now >= _quiet_at(incident, desk)


def _close(tx: Tx, incident: Incident, now: datetime) -> None:
    closed = incident.model_copy(update={"state": IncidentState.CLOSED, "closed_at": now})
    tx.incidents.save(closed)
    note(tx, f"incident/{incident.id}", "incident.closed", now, {"findings": len(incident.finding_ids)})
