"""The doors of tasks: what a playbook asks a person to do is answered, or declined; row and ledger entry in one.

Rules: 1. Never a bot, nor the account acted on. 2. Members of the groups asked, and who is on call for them; where no
group is named, who is on call at all. 3. Only while it is open and before its deadline. 4. Every question that is
required, each by its type, and no other. 5. Who declines says why. None of this needs the workflow: it is nudged.
"""

from collections.abc import Mapping
from datetime import datetime

from pydantic import JsonValue

from engine.control.desk import Desk
from engine.control.holders import nudge_incident
from engine.control.lifting import involved
from engine.control.moves import move_task
from engine.control.restoring import agree
from engine.control.task_asking import may_do
from engine.errors import Denied, InvalidInput, NotFound
from engine.model.base import Json
from engine.model.principal import Principal
from engine.model.steps import AnswerType, TypedQuestion
from engine.model.task import Answer, Task, TaskState
from engine.store.tx import Tx

TEXT_LIMIT = 1000


def find_task(tx: Tx, task_id: str) -> Task:
    """The task, or `NotFound`."""
    task = tx.tasks.get(task_id)
    if task is None:
        raise NotFound(f"there is no task `{task_id}`")
    return task


def answer_task(
    tx: Tx, desk: Desk, principal: Principal, task_id: str, answers: Mapping[str, JsonValue], now: datetime
) -> Task:
    """Say that a task is done, with its answers."""
    task = _permitted(tx, desk, principal, task_id, now)
    given = parse_answers(task.questions, answers)
    return _end(tx, task, TaskState.ANSWERED, principal, {"answers": {**given}}, now, answers=given)


def decline_task(tx: Tx, desk: Desk, principal: Principal, task_id: str, reason: str, now: datetime) -> Task:
    """Say that a task will not be done; its step has failed then."""
    task = _permitted(tx, desk, principal, task_id, now)
    if not reason.strip():
        raise InvalidInput("a reason is needed: say why with --reason")
    return _end(tx, task, TaskState.DECLINED, principal, {"reason": reason}, now, reason=reason)


def _end(tx: Tx, task: Task, to: TaskState, principal: Principal, body: Json, now: datetime, **changes: object) -> Task:
    done = move_task(tx, task, to, now, body, principal.signature, answered_by=principal.id, **changes)
    nudge_incident(tx, task.incident_id)
    if task.lease:
        agree(tx, done, now)
    return done


def _permitted(tx: Tx, desk: Desk, principal: Principal, task_id: str, now: datetime) -> Task:
    """A task that is open, and that this person may answer."""
    task = find_task(tx, task_id)
    if principal.bot:
        raise Denied(f"`{principal.id}` is a bot, and a task is for a person")
    if involved(tx, task.incident_id) & {account.lower() for account in principal.accounts}:
        raise Denied(f"`{principal.id}` is the account acted on")
    if principal.id not in may_do(desk, task.groups, now):
        asked = " or ".join(f"`{group}`" for group in task.groups)
        raise Denied(f"{task.id} is for {asked or 'whoever is on call'}, and `{principal.id}` is not")
    if task.state is not TaskState.OPEN:
        by = f" by `{task.answered_by}`" if task.answered_by else ""
        raise Denied(f"{task.id} is {task.state}{by}")
    if now >= task.deadline:
        raise Denied(f"the deadline of {task.id} has passed: {task.deadline.isoformat()}")
    return task


def parse_answers(questions: tuple[TypedQuestion, ...], answers: Mapping[str, JsonValue]) -> dict[str, Answer]:
    """The answers by their types (rule 4); raise `InvalidInput` for the first that does not fit."""
    known = {question.id: question for question in questions}
    unknown = [name for name in answers if name not in known]
    if unknown:
        raise InvalidInput(f"there is no question `{unknown[0]}`; there are: {', '.join(known) or 'none'}")
    missing = [question for question in questions if question.required and question.id not in answers]
    if missing:
        raise InvalidInput(f"`{missing[0].id}` is not answered: {missing[0].text}")
    return {name: _answer(known[name], value) for name, value in answers.items()}


def _answer(question: TypedQuestion, value: JsonValue) -> Answer:
    match question.type:
        case AnswerType.YES_NO:
            return _yes_no(question, value)
        case AnswerType.NUMBER:
            return _number(question, value)
        case AnswerType.CHOICE:
            if value not in question.choices:
                raise InvalidInput(f"`{question.id}` is answered by one of: {', '.join(question.choices)}")
            return str(value)
        case AnswerType.TEXT:
            if not isinstance(value, str) or not value.strip() or len(value) > TEXT_LIMIT:
                raise InvalidInput(f"`{question.id}` is answered by a text of at most {TEXT_LIMIT} characters")
            return value


def _yes_no(question: TypedQuestion, value: JsonValue) -> bool:
    said = {"yes": True, "no": False, "true": True, "false": False}
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or value.lower() not in said:
        raise InvalidInput(f"`{question.id}` is answered by yes or no")
    return said[value.lower()]


def _number(question: TypedQuestion, value: JsonValue) -> float:
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else float("nan")
    except (ValueError, OverflowError):
        number = float("nan")
    if not abs(number) < 2**53:
        raise InvalidInput(f"`{question.id}` is answered by a number")
    return number
