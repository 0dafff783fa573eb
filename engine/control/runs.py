"""Carrying the runs of an incident as far as they can go now, all within the transaction of its step."""

from datetime import datetime

from engine.control.interim import latest_of
from engine.control.pinned import pinned
from engine.control.request_path import RequestPath
from engine.control.review_queue import queue_finding
from engine.control.runs_ending import end_run, end_visit
from engine.control.runs_orders import Orders
from engine.control.runs_rollback import roll_back
from engine.control.task_asking import remind
from engine.errors import EngineBug, InvalidFile
from engine.facts import finding_facts
from engine.lifecycle import is_final
from engine.model.base import Json
from engine.model.finding import Finding
from engine.model.incident import Incident
from engine.model.review import ReviewKind
from engine.model.run import Run, RunState, Visit, VisitState
from engine.runner import MOST_MOVES, walk
from engine.runner_moves import Begin, End, Finish, Judge, Known, Move, Went


def run_facts(finding: Finding | None, incident: Incident) -> Json:
    """What the expressions of a playbook may ask about its finding and incident."""
    verdict = "" if incident.verdict is None else incident.verdict.kind.value
    return {**finding_facts(finding, incident), "incident.verdict": verdict}


def advance_runs(path: RequestPath) -> datetime | None:
    """Carry every run on until nothing more can be done now; when to look again if nothing else happens."""
    done = 0
    while True:
        moved, wakes = 0, list[datetime | None]()
        for run in path.tx.runs.live(path.incident.id):
            went = _advance(path, run)
            moved += len(went.moves)
            wakes.append(went.wake_at)
        done += moved
        if moved == 0 or done >= MOST_MOVES:
            due = [path.now] if moved else [*wakes, *_reminders(path)]
            return min((at for at in due if at is not None), default=None)


def _reminders(path: RequestPath) -> list[datetime | None]:
    tasks = [task for task in path.tx.tasks.of(path.incident.id) if not is_final(task.state)]
    return [remind(path.tx, path.desk, task, path.now) for task in tasks]


def _advance(path: RequestPath, run: Run) -> Went:
    """One walk of one run; one that ended since it was looked for stays as it is."""
    now = path.tx.runs.get(run.id)
    if now is None or is_final(now.state):
        return Went((), None)
    if now.state is RunState.ROLLING_BACK:
        over = roll_back(path.tx, now, path.now)
        return Went([Finish(RunState.ROLLED_BACK)] if over else (), None)
    return _walk(path, now)


def _walk(path: RequestPath, run: Run) -> Went:
    finding = path.tx.findings.get(run.finding_id)
    if finding is None:
        raise EngineBug(f"{run.id} is for a finding that is gone")
    try:
        playbook = pinned(path.tx, path.desk, run)
    except InvalidFile as error:
        because = f"this engine cannot carry it out: {error.problems[0]}"
        end_run(path.tx, run, RunState.FAILED, because, path.now)
        return Went([Finish(RunState.FAILED, because)], None)
    visits = path.tx.visits.of(run.id)
    went = walk(playbook, run, visits, _known(path, run, visits), run_facts(finding, path.incident), path.now)
    orders = Orders(path, run, playbook, finding)
    for move in went.moves:
        _carry_out(orders, move)
        if isinstance(move, Begin) and isinstance(move.order, Judge):
            break  # the verdict may have ended this very run: the next walk says what is left to do
    return went


def _carry_out(orders: Orders, move: Move) -> None:
    path = orders.path
    match move:
        case Begin():
            orders.begin(move)
            if move.visit.state is VisitState.FAILED:
                _tell_refused(orders, move)
        case End():
            end_visit(path.tx, move.visit, path.now)
        case Finish():
            end_run(path.tx, orders.run, move.state, move.because, path.now, move.outputs)


def _tell_refused(orders: Orders, move: Begin) -> None:
    """A step that could not even be asked for, since something in it has no value: a person looks at the finding."""
    path, because = orders.path, f"{orders.run.signature}, step `{move.step}`: {move.visit.because}"
    queue_finding(path.tx, orders.finding, ReviewKind.REFUSED_PLAN, because, path.now)


def _known(path: RequestPath, run: Run, visits: list[Visit]) -> Known:
    """What became of what the open visits wait for."""
    waiting = [visit for visit in visits if visit.state is VisitState.BEGUN and visit.follows]
    asked = path.tx.requests.of(run.incident_id) if any(visit.request_id for visit in waiting) else ()
    requests = {visit.request_id: latest_of(asked, visit.request_id) for visit in waiting if visit.request_id}
    tasks = {visit.task_id: path.tx.tasks.get(visit.task_id) for visit in waiting if visit.task_id}
    runs = {visit.run_id: path.tx.runs.get(visit.run_id) for visit in waiting if visit.run_id}
    return Known(
        {name: request for name, request in requests.items() if request is not None},
        {name: task for name, task in tasks.items() if task is not None},
        {name: called for name, called in runs.items() if called is not None},
    )
