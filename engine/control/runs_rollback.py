"""Taking a run back: what it put in force is released, the latest first, each before the next.

Rules: 1. Its own requests only, those of the playbooks it called, and what bridged their waits; a request it merely
joined is somebody else's. 2. What another run of the incident relies on stays, as do other incidents' shares (I8).
3. What may still take effect is waited for: it would be the first to go.
"""

from datetime import datetime

from engine.control.holders import let_go
from engine.control.interim import withdraw_awaiting
from engine.control.moves import ENGINE, move_run
from engine.control.runs_ending import family, relied_on
from engine.model.request import Request, RequestState
from engine.model.run import Run, RunState
from engine.store.tx import Tx


def roll_back(tx: Tx, run: Run, now: datetime) -> bool:
    """One step back; whether that was the last. Each release nudges the incident, which comes here again."""
    runs = family(tx, run)
    mine = [request for request in _requests_of(tx, run, runs) if not relied_on(tx, request, runs)]
    withdraw_awaiting(tx, mine, f"{run.id} is rolled back", now)
    if any(request.state is RequestState.AUTHORISED for request in mine):
        return False
    held = [request for request in mine if request.state is RequestState.HELD]
    order = tx.timeline.order([f"request/{request.id}" for request in held], RequestState.HELD)
    if order:
        last = next(request for request in held if f"request/{request.id}" == order[-1])
        # As an end, not as somebody's veto: nobody overruled the detector.
        let_go(tx, last, "ended", f"{run.id} is rolled back: {run.because}", ENGINE, now)
        still = tx.requests.get(last.id)
        return still is not None and still.state is not RequestState.HELD and roll_back(tx, run, now)
    move_run(tx, run, RunState.ROLLED_BACK, now, {"because": run.because})
    return True


def _requests_of(tx: Tx, run: Run, runs: frozenset[str]) -> list[Request]:
    asked = tx.requests.of(run.incident_id)
    own = {request.id for request in asked if request.run_id in runs}
    return [request for request in asked if request.id in own or request.interim_for in own]
