"""State changes: the table is asked, the row compared and set, the ledger entry written, all in one transaction."""

from datetime import datetime

from engine.digest import lease_key, sha256
from engine.lifecycle import require
from engine.model.base import Json
from engine.model.entry import Draft
from engine.model.lease import Lease, LeaseState
from engine.model.request import Request, RequestState
from engine.model.run import Run, RunState
from engine.model.task import Task, TaskState
from engine.store.tx import Tx

ENGINE = "engine"
"""The actor of what nobody asked for in person."""


def key_of(request: Request) -> str:
    """The lease a request would hold; a wider effect has one of its own beside that of the narrower."""
    key = lease_key(request.action, request.connector, request.target)
    return key if request.widens is None else f"{key}/{sha256(request.params)[:16]}"


def move_request(tx: Tx, request: Request, to: RequestState, at: datetime, body: Json, **changes: object) -> Request:
    """Take a request one step along its table."""
    require(request.state, to)
    after = request.model_copy(update={"state": to, "changed_at": at, **changes})
    tx.requests.save(after, before=request.state)
    draft = Draft(subject=f"request/{request.id}", kind=f"request.{to}", actor=ENGINE, at=at, body=body)
    tx.move(draft, request.state, to)
    return after


def move_lease(tx: Tx, lease: Lease, to: LeaseState, at: datetime, body: Json, **changes: object) -> Lease:
    """Take a lease one step along its table."""
    require(lease.state, to)
    after = lease.model_copy(update={"state": to, "changed_at": at, **changes})
    tx.leases.save(after, before=lease.state)
    tx.move(Draft(subject=f"lease/{lease.id}", kind=f"lease.{to}", actor=ENGINE, at=at, body=body), lease.state, to)
    return after


def move_run(tx: Tx, run: Run, to: RunState, at: datetime, body: Json, **changes: object) -> Run:
    """Take a run one step along its table."""
    require(run.state, to)
    after = run.model_copy(update={"state": to, "changed_at": at, **changes})
    tx.runs.save(after, before=run)
    tx.move(Draft(subject=f"run/{run.id}", kind=f"run.{to}", actor=ENGINE, at=at, body=body), run.state, to)
    return after


def move_task(
    tx: Tx, task: Task, to: TaskState, at: datetime, body: Json, actor: str = ENGINE, **changes: object
) -> Task:
    """Take a task one step along its table."""
    require(task.state, to)
    after = task.model_copy(update={"state": to, "changed_at": at, **changes})
    tx.tasks.save(after, before=task.state)
    tx.move(Draft(subject=f"task/{task.id}", kind=f"task.{to}", actor=actor, at=at, body=body), task.state, to)
    return after


def note(tx: Tx, subject: str, kind: str, at: datetime, body: Json, actor: str = ENGINE) -> None:
    """Record something that changes no state."""
    tx.record(Draft(subject=subject, kind=kind, actor=actor, at=at, body=body))
