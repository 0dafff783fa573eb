"""A false positive: everything its incident asked for, does and holds is taken back."""

from datetime import datetime

from engine.control.holders import let_go
from engine.control.interim import withdraw_awaiting
from engine.control.moves import key_of
from engine.control.runs_ending import end_run
from engine.model.incident import Incident
from engine.model.request import RequestState
from engine.model.run import RunState
from engine.store.tx import Tx


def withdraw(tx: Tx, incident: Incident, reason: str, actor: str, now: datetime) -> None:
    """Take back what people are asked and asked to do, end its runs, and let go of what it holds."""
    requests = list(tx.requests.of(incident.id))
    withdraw_awaiting(tx, requests, f"false positive: {reason}", now)
    # Those that were called before those that called them, which would else stop them as failed.
    for run in reversed(tx.runs.live(incident.id)):
        end_run(tx, run, RunState.WITHDRAWN, f"false positive: {reason}", now)
    for request in requests:
        if request.state is RequestState.AUTHORISED:
            tx.outbox.nudge("Lease", key_of(request), key_of(request))
    for request in requests:
        let_go(tx, request, "withdrawn", reason, actor, now)
