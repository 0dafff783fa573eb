"""Routes over what playbooks ask people to do. Answers are rows first: Temporal may be away meanwhile."""

from typing import Annotated

from fastapi import APIRouter, Depends

from console.api.backend import Backend, Caller, backend_of, caller_of
from console.api.paging import Place, WantedOfAll, at
from console.run_views import task_view
from engine.control.tasks import answer_task, decline_task, find_task
from engine.model.base import Json, Model, Said
from engine.model.task import Task
from engine.store.rows import micros
from engine.store.tx import Tx

router = APIRouter()
Engine = Annotated[Backend, Depends(backend_of)]
Who = Annotated[Caller, Depends(caller_of)]


class AnswersIn(Model):
    """The answers to a task's questions, by their ids."""

    answers: Json = {}


class DeclineIn(Model):
    """Why a task will not be done."""

    reason: Said


@router.get("/tasks")
async def get_tasks(engine: Engine, _: Who, page: WantedOfAll) -> Json:
    """What people are to do, the next deadline first; or every task there was; a page at a time."""
    now = engine.clock()

    def query(tx: Tx) -> Json:
        if page.all:
            return page.answer("tasks", tx.listing.tasks, lambda task: task_view(task, now))
        return page.of("tasks", tx.tasks.open(), _place, lambda task: task_view(task, now))

    return await engine.read(query)


@router.get("/tasks/{task_id}")
async def get_task(task_id: str, engine: Engine, _: Who) -> Json:
    """One task with its questions."""
    now = engine.clock()
    return await engine.read(lambda tx: task_view(find_task(tx, task_id), now))


@router.post("/tasks/{task_id}/answer")
async def post_answer(task_id: str, given: AnswersIn, engine: Engine, who: Who) -> Json:
    """Say that a task is done, with its answers."""
    now = engine.clock()
    done = await engine.write(lambda tx: answer_task(tx, engine.desk(tx), who.principal, task_id, given.answers, now))
    return task_view(done, now)


@router.post("/tasks/{task_id}/decline")
async def post_decline(task_id: str, given: DeclineIn, engine: Engine, who: Who) -> Json:
    """Say that a task will not be done."""
    now = engine.clock()
    done = await engine.write(lambda tx: decline_task(tx, engine.desk(tx), who.principal, task_id, given.reason, now))
    return task_view(done, now)


def _place(task: Task) -> Place:
    return at(micros(task.deadline), task.id)
