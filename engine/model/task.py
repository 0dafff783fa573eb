"""What a playbook, or a release into a changed world, asks a person to do, and the answers."""

from enum import StrEnum

from pydantic import Field

from engine.model.base import AwareDatetime, Model, Text
from engine.model.steps import TypedQuestion

Answer = bool | float | str
"""The answer to one question: yes or no, a number, a text or a choice."""


class TaskState(StrEnum):
    """See `engine.lifecycle.TASK` for the table; what nobody answered in time is `expired`."""

    OPEN = "open"
    ANSWERED = "answered"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Task(Model):
    """One task, put to somebody of `groups` (empty: whoever is on call) by a visit of a run.

    `about` names the items of the loops it stands in. `asked` is who was told, `escalated` how often the circle was
    widened since. One about what the release of an effect left behind names its `lease`, and has neither run nor path.
    """

    id: str
    run: str
    path: str
    incident_id: str
    lease: str = ""
    text: str
    because: str
    groups: tuple[str, ...] = ()
    questions: tuple[TypedQuestion, ...] = ()
    about: dict[str, str] = Field(default_factory=dict)
    state: TaskState = TaskState.OPEN
    asked: tuple[str, ...] = ()
    escalated: int = 0
    opened_at: AwareDatetime
    deadline: AwareDatetime
    changed_at: AwareDatetime
    answered_by: str | None = None
    answers: dict[str, Answer] = Field(default_factory=dict)
    reason: Text = ""
