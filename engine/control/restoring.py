"""A release into a changed world: people are asked about what it could not give back.

Rules: 1. The effect is over; nothing waits for the answer, and what nobody answers stays as it is. 2. One question a
release, whoever tells of it. 3. What people agree to is given back under the same owner key, compared with what they
saw; changed again, they are asked again. 4. The next generation takes over: what it finds, it will give back; what was
asked about the last is withdrawn. 5. What another effect of ours goes on displacing is kept for the end of that (I8).
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from engine.control.absorb import BEGINNING, PAGE_AFTER, absorb, pause
from engine.control.desk import Desk
from engine.control.moves import move_task, note
from engine.control.paging import page_about_lease
from engine.control.task_asking import asked_people, remind
from engine.lifecycle import is_final
from engine.model.action import Snapshot
from engine.model.base import Json
from engine.model.entry import Draft
from engine.model.execution import Outcome, Result
from engine.model.lease import Lease, LeaseState
from engine.model.page import PageKind
from engine.model.request import Request
from engine.model.restoring import Changed
from engine.model.steps import AnswerType, TypedQuestion
from engine.model.task import Task, TaskState
from engine.store.tx import Tx

ANSWER_WITHIN = timedelta(hours=24)
RESTORE, LEAVE = "restore", "leave"
LINE = 400
IN_FORCE = (LeaseState.ACTIVE, LeaseState.DRIFTED)


def take_in(tx: Tx, desk: Desk, lease: Lease, outcome: Outcome, now: datetime) -> Lease:
    """The lease after `outcome`; what a release could not give back is put to people."""
    if lease.agreed and is_final(lease.state):
        return _carried_out(tx, desk, lease, outcome, now)
    after = absorb(tx, desk, lease, outcome, now)
    if outcome.result is not Result.RELEASED or is_final(lease.state) or after.state in BEGINNING:
        return after
    return _told(tx, desk, after, outcome, now)


def bequeath(tx: Tx, lease: Lease, to: Collection[LeaseState] = IN_FORCE) -> bool:
    """Leave what this effect displaced to a later one of ours that still does, if there is one (rule 5)."""
    before, since = lease.snapshot, lease.active_at
    if before is None or since is None or not before.displaced:
        return False
    for heir in tx.leases.on(lease.action, lease.target):
        began = heir.active_at or heir.committed_at
        later = began is not None and began >= since and heir.id != lease.id
        if later and heir.state in to and heir.connector == lease.connector:
            found = heir.snapshot or Snapshot(present=True)
            taken = found.model_copy(update={"displaced": before.displaced})
            tx.leases.save(heir.model_copy(update={"snapshot": taken, "inherits": True}), before=heir.state)
            return True
    return False


def agree(tx: Tx, task: Task, now: datetime) -> None:
    """Have given back what a person's answers say; the rest stays as it is."""
    lease = tx.leases.get(task.lease)
    agreed = tuple(each for each in lease.changed if task.answers.get(each.setting) == RESTORE) if lease else ()
    if lease is not None and agreed:
        changes = {"agreed": agreed, "attempts": 0, "next_try_at": None}
        tx.leases.save(lease.model_copy(update=changes), before=lease.state)
        note(tx, f"lease/{lease.id}", "lease.restore_agreed", now, {"task": task.id, "restore": _lines(agreed)})
        tx.outbox.nudge("Lease", lease.key, lease.key)


def supersede(tx: Tx, before: Lease | None, now: datetime) -> None:
    """A next generation begins: nothing is asked about the last one any more, nor given back (rule 4)."""
    if before is None or not before.changed:
        return
    why = "the effect is put in force anew: what it finds is what it will give back"
    for task in _open(tx, before.id):
        move_task(tx, task, TaskState.WITHDRAWN, now, {"because": why}, reason=why)
    if before.agreed:
        tx.leases.save(before.model_copy(update={"agreed": ()}), before=before.state)
        note(tx, f"lease/{before.id}", "lease.restore_dropped", now, {"because": why})


def look_at_questions(tx: Tx, desk: Desk, now: datetime) -> None:
    """Remind people of what is asked, and leases of what is agreed; what nobody answered stays as it is (rule 1)."""
    for page in (page for page in tx.pages.standing() if page.kind is PageKind.WORLD_CHANGED):
        lease = tx.leases.get(page.about.removeprefix(f"{page.kind}/"))
        if lease is not None and lease.agreed:
            # Temporal may have lost what it was told, put back from an older copy of its database.
            tx.outbox.nudge("Lease", lease.key, lease.key)
    why = "nobody answered in time: it stays as it is"
    for task in (task for task in tx.tasks.open() if task.lease):
        if now >= task.deadline:
            move_task(tx, task, TaskState.EXPIRED, now, {"because": why}, reason=why)
        else:
            remind(tx, desk, task, now)


def is_asked(tx: Tx, lease_id: str) -> bool:
    """Whether people are asked about what this lease left behind."""
    return bool(_open(tx, lease_id))


def _told(tx: Tx, desk: Desk, lease: Lease, outcome: Outcome, now: datetime) -> Lease:
    if outcome.restored:
        note(tx, f"lease/{lease.id}", "lease.restored", now, {"settings": outcome.restored})
    # What never was in force displaced nothing that anybody would have to know of.
    changed = tuple(each for each in outcome.changed if each.was is not None or lease.active_at is not None)
    if not changed or lease.changed:
        return lease
    # One that was only beginning when this release was ordered may have come into force before it was carried out.
    return lease if bequeath(tx, lease, (*IN_FORCE, *BEGINNING)) else _ask(tx, desk, lease, changed, now)


def _carried_out(tx: Tx, desk: Desk, lease: Lease, outcome: Outcome, now: datetime) -> Lease:
    """After a try to give back what people agreed to; it is tried until the target has answered."""
    if outcome.result is Result.RELEASED and outcome.agreed:
        over = lease.model_copy(update={"agreed": (), "changed": (), "attempts": 0, "next_try_at": None})
        tx.leases.save(over, before=lease.state)
        return _told(tx, desk, over, outcome, now)
    attempts = lease.attempts + 1
    tried = lease.model_copy(
        update={"attempts": attempts, "next_try_at": now + pause(attempts), "note": outcome.message}
    )
    tx.leases.save(tried, before=lease.state)
    if attempts == PAGE_AFTER:
        text = f"what {lease.action} on {lease.target} displaced cannot be given back: {outcome.message}"
        page_about_lease(tx, tried, PageKind.WORLD_CHANGED, text, now)
    return tried


def _ask(tx: Tx, desk: Desk, lease: Lease, changed: tuple[Changed, ...], now: datetime) -> Lease:
    """Say what changed to whoever is concerned, and ask about what can still be given back (rule 2)."""
    after = lease.model_copy(update={"changed": changed})
    tx.leases.save(after, before=lease.state)
    body: Json = {"changed": [each.model_dump(mode="json") for each in changed]}
    note(tx, f"lease/{lease.id}", "lease.world_changed", now, body)
    request = tx.requests.get(lease.committed)
    if request is not None:
        _open_task(tx, desk, after, request, changed, now)
    said = "what it displaced cannot be given back" if _is_beyond(changed) else "the world was changed"
    text = f"{lease.action} on {lease.target} is over, but {said}: {_lines(changed)}"
    page_about_lease(tx, after, PageKind.WORLD_CHANGED, text, now)
    return after


def _open_task(tx: Tx, desk: Desk, lease: Lease, request: Request, changed: tuple[Changed, ...], now: datetime) -> None:
    groups = () if request.decision is None else request.decision.obligations.groups
    why = "somebody changed it while the effect was in force, so it was not given back"
    task = Task(
        id=tx.counters.next("TK"),
        lease=lease.id,
        run="",
        path="",
        incident_id=request.incident_id,
        text=f"decide what becomes of what {lease.action} on {lease.target} displaced",
        because="nothing here can give it back any more" if _is_beyond(changed) else why,
        groups=groups,
        questions=tuple(_question(each) for each in changed),
        about={"lease": lease.id, "target": lease.target},
        asked=asked_people(desk, groups, 0, now),
        opened_at=now,
        deadline=now + ANSWER_WITHIN,
        changed_at=now,
    )
    tx.tasks.insert(task)
    body = task.model_dump(mode="json", include={"lease", "text", "groups", "asked", "questions"})
    more = {"incident": request.incident_id, "deadline": task.deadline.isoformat()}
    draft = Draft(subject=f"task/{task.id}", kind="task.opened", actor="engine", at=now, body=body | more)
    tx.move(draft, "", TaskState.OPEN)


def _is_beyond(changed: Iterable[Changed]) -> bool:
    return all(each.beyond for each in changed)


def _question(changed: Changed) -> TypedQuestion:
    """What nobody can give back any more can only be left; that answer says that somebody saw to it."""
    text, choices = " ".join(changed.line.split())[:LINE], (RESTORE, LEAVE) if changed.may_return else (LEAVE,)
    return TypedQuestion(id=changed.setting, text=text, type=AnswerType.CHOICE, choices=choices)


def _open(tx: Tx, lease_id: str) -> list[Task]:
    return [task for task in tx.tasks.open() if task.lease == lease_id]


def _lines(changed: Iterable[Changed]) -> str:
    return "; ".join(each.line for each in changed)
