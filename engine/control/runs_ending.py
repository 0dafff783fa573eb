"""How runs and their visits end: recorded, and what they still wait for called off."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from engine.control.interim import latest_of, withdraw_awaiting
from engine.control.moves import move_run, move_task, note
from engine.lifecycle import is_final
from engine.model.base import Json
from engine.model.request import Request
from engine.model.run import Run, RunState, Visit, VisitState
from engine.model.task import TaskState
from engine.store.tx import Tx

OPEN_OR_DONE = (VisitState.BEGUN, VisitState.DONE)
TAKEN_BACK = (RunState.ROLLING_BACK, RunState.ROLLED_BACK, RunState.WITHDRAWN)


def is_taken_back(tx: Tx, request: Request) -> bool:
    """Whether the run that asked for it is taken back, or one that called that, and no other relies on it."""
    run = None if request.run_id is None else tx.runs.get(request.run_id)
    while run is not None and run.state not in TAKEN_BACK:
        run = None if run.caller is None else tx.runs.get(run.caller)
    return run is not None and not relied_on(tx, request, family(tx, run))


def relied_on(tx: Tx, request: Request, runs: frozenset[str]) -> bool:
    """Whether a run besides these, not itself taken back, follows this request or what it was asked for."""
    others = [visit for name in _asked_as(tx, request) for visit in tx.visits.following(name)]
    relying = {visit.run for visit in others if visit.run not in runs and visit.state in OPEN_OR_DONE}
    found = [tx.runs.get(name) for name in relying]
    return any(run is not None and run.state not in TAKEN_BACK for run in found)


def _asked_as(tx: Tx, request: Request) -> Iterator[str]:
    """The request, what it bridges the wait for, and what these were asked as before."""
    yield request.id
    for name in (request.interim_for, request.supersedes):
        before = None if name is None else tx.requests.get(name)
        if before is not None:
            yield from _asked_as(tx, before)


def end_visit(tx: Tx, visit: Visit, now: datetime) -> None:
    """Record the end of a visit; what a failed one waits for is called off, unless somebody else waits for it too."""
    tx.visits.save(visit)
    note(tx, f"run/{visit.run}", f"step.{visit.state}", now, visit_body(visit))
    if visit.state is not VisitState.FAILED or not visit.follows:
        return
    if visit.task_id is not None and _is_over(tx, visit.task_id, now):
        close_task(tx, visit.task_id, "nobody answered in time", now)
    if not any(other.state is VisitState.BEGUN for other in tx.visits.following(visit.follows)):
        _call_off(tx, visit, now)


def end_run(tx: Tx, run: Run, state: RunState, because: str, now: datetime, outputs: Json | None = None) -> Run:
    """End a run and every visit that is open in it, the latest first; taking back begins with this as well."""
    visits = [visit for visit in tx.visits.of(run.id) if visit.state is VisitState.BEGUN]
    changes = {"state": VisitState.FAILED, "because": because, "ended_at": now}
    for visit in reversed(visits):
        end_visit(tx, visit.model_copy(update=changes), now)
    body: Json = {"because": because, "outputs": outputs or {}}
    return move_run(tx, run, state, now, body, because=because, outputs=outputs or {})


def visit_body(visit: Visit) -> Json:
    """What the ledger says of a visit."""
    said = visit.model_dump(mode="json", include={"path", "n", "kind", "because", "recorded", "joined"})
    more = {"request": visit.request_id, "task": visit.task_id, "run": visit.run_id}
    times = {"until": visit.until, "deadline": visit.deadline}
    return {**said, **more, **{name: at.isoformat() for name, at in times.items() if at is not None}}


def family(tx: Tx, run: Run) -> frozenset[str]:
    """The run and every run that it called, or that these called."""
    return frozenset(_below(run.id, tx.runs.of(run.incident_id)))


def _below(run_id: str, runs: Sequence[Run]) -> Iterator[str]:
    yield run_id
    for run in runs:
        if run.caller == run_id:
            yield from _below(run.id, runs)


def _is_over(tx: Tx, task_id: str, now: datetime) -> bool:
    task = tx.tasks.get(task_id)
    return task is not None and now >= task.deadline


def _call_off(tx: Tx, visit: Visit, now: datetime) -> None:
    why = f"{visit.run} waits no longer: {visit.because}"
    if visit.request_id is not None:
        _withdraw_request(tx, visit.request_id, why, now)
    if visit.task_id is not None:
        close_task(tx, visit.task_id, why, now)
    called = None if visit.run_id is None else tx.runs.get(visit.run_id)
    # One that is being taken back already goes on until nothing of it stands.
    if called is not None and called.state is RunState.RUNNING:
        end_run(tx, called, RunState.FAILED, why, now)


def _withdraw_request(tx: Tx, request_id: str, why: str, now: datetime) -> None:
    request = tx.requests.get(request_id)
    latest = None if request is None else latest_of(tx.requests.of(request.incident_id), request_id)
    withdraw_awaiting(tx, _present(latest), why, now)


def _present(request: Request | None) -> list[Request]:
    return [] if request is None else [request]


def close_task(tx: Tx, task_id: str, why: str, now: datetime) -> None:
    """Take back a task that nobody has answered yet."""
    task = tx.tasks.get(task_id)
    if task is not None and not is_final(task.state):
        to = TaskState.EXPIRED if now >= task.deadline else TaskState.WITHDRAWN
        move_task(tx, task, to, now, {"because": why}, reason=why)
