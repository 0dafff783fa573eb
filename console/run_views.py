"""What people and programs are shown of playbooks being carried out, and of the tasks in them; pure."""

from collections.abc import Sequence
from datetime import datetime

from console.views import stamp
from engine.lifecycle import is_final
from engine.model.base import Json
from engine.model.run import Run, Visit
from engine.model.task import Task


def run_view(run: Run, visits: Sequence[Visit]) -> Json:
    """One run with its visits, in the order they began."""
    return {
        "id": run.id,
        "playbook": run.signature,
        "digest": run.digest,
        "state": run.state,
        "finding": run.finding_id,
        "caller": run.caller,
        "began_at": stamp(run.began_at),
        "ended_at": stamp(run.changed_at) if is_final(run.state) else None,
        "because": run.because,
        "inputs": run.inputs,
        "outputs": run.outputs,
        "visits": [visit_view(visit) for visit in visits],
    }


def visit_view(visit: Visit) -> Json:
    """One visit of a step: how far it has come, and what it waits for."""
    return {
        "path": visit.path,
        "kind": visit.kind,
        "state": visit.state,
        "follows": visit.follows,
        "joined": visit.joined,
        "began_at": stamp(visit.began_at),
        "ended_at": stamp(visit.ended_at),
        "until": stamp(visit.until),
        "deadline": stamp(visit.deadline),
        "because": visit.because,
        "recorded": visit.recorded,
    }


def task_view(task: Task, now: datetime) -> Json:
    """One task: what is to be done, by whom, until when, and what was answered."""
    return {
        "id": task.id,
        "state": task.state,
        "task": task.text,
        "because": task.because,
        "incident": task.incident_id,
        "run": task.run,
        "step": task.path,
        "lease": task.lease,
        "about": {**task.about},
        "groups": [*task.groups],
        "asked": [*task.asked],
        "opened_at": stamp(task.opened_at),
        "deadline": stamp(task.deadline),
        "late": not is_final(task.state) and now >= task.deadline,
        "questions": [question.model_dump(mode="json") for question in task.questions],
        "answered_by": task.answered_by,
        "answers": {**task.answers},
        "reason": task.reason,
    }
