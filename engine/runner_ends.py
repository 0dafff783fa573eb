"""What became of what a visit waits for, as the end of that visit; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from engine.lifecycle import is_final
from engine.model.base import Json
from engine.model.request import Request, RequestState
from engine.model.run import Run, RunState, Visit, VisitState
from engine.model.task import Task, TaskState
from engine.runner_moves import Known


@dataclass(frozen=True)
class Ended:
    """How a visit ended, why, and what it leaves."""

    state: VisitState
    because: str = ""
    recorded: Json = field(default_factory=dict)


DONE = Ended(VisitState.DONE)
_UNDECIDED = frozenset({RequestState.REQUESTED, RequestState.AWAITING_APPROVAL, RequestState.AUTHORISED})
_GOOD: Mapping[RequestState, VisitState] = {
    RequestState.HELD: VisitState.DONE,
    RequestState.ENDED: VisitState.DONE,
    RequestState.OBSERVED: VisitState.OBSERVED,
}
"""What makes an action's step a success; every other end of its request is a failure, never a success."""


def waited_for(visit: Visit, known: Known, now: datetime) -> Ended | None:
    """The end of a visit by what it waits for; None while that is still to come."""
    if visit.request_id is not None:
        return of_request(known.requests[visit.request_id])
    if visit.task_id is not None:
        return of_task(known.tasks[visit.task_id])
    if visit.run_id is not None:
        return of_run(known.runs[visit.run_id])
    return None if visit.until is not None and now < visit.until else DONE


def of_request(request: Request) -> Ended | None:
    """What a request says of its step. One that waits for review is a failure: no answer makes it act."""
    if request.state in _UNDECIDED:
        return None
    state = _GOOD.get(request.state, VisitState.FAILED)
    why = "" if state is not VisitState.FAILED else f"{request.id} is {request.state}: {request.outcome}"
    return Ended(state, why.removesuffix(": "))


def of_task(task: Task) -> Ended | None:
    """What a task says of its step."""
    if not is_final(task.state):
        return None
    if task.state is TaskState.ANSWERED:
        answers: dict[str, JsonValue] = {**task.answers}
        return Ended(VisitState.DONE, recorded={"answers": answers, "by": task.answered_by})
    by = f" by {task.answered_by}" if task.answered_by else ""
    return Ended(VisitState.FAILED, f"{task.id} is {task.state}{by}: {task.reason}".removesuffix(": "))


def of_run(run: Run) -> Ended | None:
    """What a called playbook's run says of its step."""
    if not is_final(run.state):
        return None
    if run.state is RunState.DONE:
        return Ended(VisitState.DONE, recorded={"outputs": run.outputs})
    return Ended(VisitState.FAILED, f"{run.id} ({run.signature}) is {run.state}: {run.because}".removesuffix(": "))
