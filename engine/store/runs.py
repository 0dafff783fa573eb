"""Queries over playbooks being carried out: contents, runs, visits, tasks."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from engine.digest import canonical, decode
from engine.lifecycle import RUN, TASK
from engine.model.base import Json
from engine.model.run import Run, Visit, VisitState
from engine.model.task import Task, TaskState
from engine.store.rows import Rows, bodies, insert_into, table_of
from engine.store.run_tables import PlaybookRow, RunRow, TaskRow, VisitRow

PLAYBOOKS, RUNS, TASKS = table_of(PlaybookRow), table_of(RunRow), table_of(TaskRow)
CONTENT = select(PLAYBOOKS.c.body).where(PLAYBOOKS.c.digest == bindparam("digest"))
LIVE_RUNS = bodies(RUNS, ("incident_id",)).where(RUNS.c.state.in_([*RUN]))
LIVE_TASKS = bodies(TASKS).where(TASKS.c.state.in_([*TASK]))


class Contents:
    """What playbooks said that runs were started with; never changed, and never forgotten."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._connection = connection

    def get(self, digest: str) -> Json | None:
        """The plain content with this digest."""
        body: str | None = self._connection.execute(CONTENT, {"digest": digest}).scalar()
        content = None if body is None else decode(body.encode())
        return content if isinstance(content, dict) else None

    def keep(self, digest: str, content: Json) -> None:
        """Have it found from now on; what is there already stays."""
        if self._connection.execute(CONTENT, {"digest": digest}).scalar() is None:
            row = {"digest": digest, "body": canonical(content).decode()}
            self._connection.execute(insert_into(PLAYBOOKS), row)


class Runs:
    """Playbooks being carried out, and those that were."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, RunRow, Run)

    def get(self, run_id: str) -> Run | None:
        """The run, if there is one."""
        return self._rows.one(id=run_id)

    def of(self, incident_id: str) -> Sequence[Run]:
        """Every run of an incident, oldest first."""
        return self._rows.all(incident_id=incident_id)

    def live(self, incident_id: str) -> Sequence[Run]:
        """An incident's runs that are not over, oldest first."""
        return self._rows.chosen(LIVE_RUNS, {"incident_id": incident_id})

    def insert(self, run: Run) -> None:
        """Add a new run."""
        self._rows.insert(run, id=run.id, incident_id=run.incident_id, state=run.state)

    def save(self, run: Run, before: Run) -> None:
        """Change a run that is still in the state it had `before`."""
        self._rows.set(run, {"id": run.id, "state": before.state}, state=run.state)


class Visits:
    """Visits of steps; the path is unique in its run, so that none is begun twice."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, VisitRow, Visit)

    def of(self, run_id: str) -> list[Visit]:
        """A run's visits, in the order they were begun."""
        return sorted(self._rows.all(run=run_id), key=lambda visit: visit.n)

    def following(self, thing: str) -> Sequence[Visit]:
        """The visits, whosever, that wait for this request, task or run, or did."""
        return self._rows.all(follows=thing)

    def insert(self, visit: Visit) -> None:
        """Begin a visit."""
        columns = {"run": visit.run, "path": visit.path, "n": visit.n, "follows": visit.follows}
        self._rows.insert(visit, **columns, state=visit.state)

    def save(self, visit: Visit) -> None:
        """Change a visit that has not ended yet."""
        self._rows.set(visit, {"run": visit.run, "path": visit.path, "state": VisitState.BEGUN}, state=visit.state)


class Tasks:
    """What people are asked to do."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, TaskRow, Task)

    def get(self, task_id: str) -> Task | None:
        """The task, if there is one."""
        return self._rows.one(id=task_id)

    def of(self, incident_id: str) -> Sequence[Task]:
        """An incident's tasks, oldest first."""
        return self._rows.all(incident_id=incident_id)

    def open(self) -> Sequence[Task]:
        """Every task that nobody has answered yet, oldest first."""
        return self._rows.chosen(LIVE_TASKS, {})

    def all(self) -> Sequence[Task]:
        """Every task there was, oldest first."""
        return self._rows.all()

    def insert(self, task: Task) -> None:
        """Add a new task."""
        self._rows.insert(task, id=task.id, incident_id=task.incident_id, state=task.state)

    def save(self, task: Task, before: TaskState = TaskState.OPEN) -> None:
        """Change a task that is still in state `before`."""
        self._rows.set(task, {"id": task.id, "state": before}, state=task.state)
