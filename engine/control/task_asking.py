"""Putting tasks to people, and reminding more of them while time runs out."""

from datetime import datetime, timedelta

from engine.control.desk import Desk
from engine.control.escalation import MARKS
from engine.control.moves import note
from engine.errors import EngineBug
from engine.model.base import Json
from engine.model.entry import Draft
from engine.model.principal import Role
from engine.model.run import Run, Visit
from engine.model.task import Task, TaskState
from engine.runner_moves import Put
from engine.store.tx import Tx

MAY_DO = (Role.ANALYST, Role.RESPONDER)
"""Who is asked where nobody is named and nobody is on call."""


def open_task(tx: Tx, desk: Desk, run: Run, visit: Visit, order: Put, now: datetime) -> Task:
    """Put a task to people."""
    if visit.deadline is None:
        raise EngineBug(f"the task `{visit.path}` of {run.id} has no deadline")
    task = Task(
        id=tx.counters.next("TK"),
        run=run.id,
        path=visit.path,
        incident_id=run.incident_id,
        text=order.step.task,
        because=order.step.because,
        groups=order.step.groups,
        questions=order.step.questions,
        about={**order.about},
        asked=asked_people(desk, order.step.groups, 0, now),
        opened_at=now,
        deadline=visit.deadline,
        changed_at=now,
    )
    tx.tasks.insert(task)
    body: Json = task.model_dump(mode="json", include={"run", "path", "text", "groups", "about", "asked"})
    more: Json = {"incident": run.incident_id, "deadline": task.deadline.isoformat()}
    draft = Draft(subject=f"task/{task.id}", kind="task.opened", actor="engine", at=now, body=body | more)
    tx.move(draft, "", TaskState.OPEN)
    return task


def may_do(desk: Desk, groups: tuple[str, ...], now: datetime) -> frozenset[str]:
    """Who may answer: members of the groups and whoever is on call for them; without groups, those on call at all."""
    people = [person for person in desk.people.all() if not person.bot]
    named = groups or tuple(sorted({group for person in people for group in person.groups}))
    on_call = {person.id for group in named for person in desk.people.on_call(group, now) if not person.bot}
    if groups:
        return frozenset(on_call | {person.id for person in people if set(groups) & set(person.groups)})
    return frozenset(on_call or {person.id for person in people if set(MAY_DO) & set(person.roles)})


def asked_people(desk: Desk, groups: tuple[str, ...], step: int, now: datetime) -> tuple[str, ...]:
    """Who is told at a step: first those on call, from the second reminder on everybody who may answer."""
    on_call = {person.id for group in groups for person in desk.people.on_call(group, now) if not person.bot}
    everybody = may_do(desk, groups, now)
    return tuple(sorted(on_call if on_call and step < 2 else everybody))


def next_mark(task: Task) -> datetime | None:
    """When people are reminded next."""
    if task.escalated >= len(MARKS):
        return None
    lasts: timedelta = task.deadline - task.opened_at
    return task.opened_at + MARKS[task.escalated] * lasts


def remind(tx: Tx, desk: Desk, task: Task, now: datetime) -> datetime | None:
    """Remind people as far as the clock says, each an entry; when to look again."""
    mark = next_mark(task)
    while mark is not None and now >= mark:
        step = task.escalated + 1
        people = asked_people(desk, task.groups, step, now)
        task = task.model_copy(update={"escalated": step, "asked": people})
        tx.tasks.save(task)
        note(tx, f"task/{task.id}", "task.reminded", now, {"step": step, "asked": [*people]})
        mark = next_mark(task)
    return mark
