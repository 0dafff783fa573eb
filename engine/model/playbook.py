"""What a playbook file says, and the steps it asks for once bound to one incident."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from engine.model.authored import Count, Line, Name, Span
from engine.model.base import Json, Model


class Step(Model):
    """One action a playbook asks for. `target` and each parameter are literals or `= expression` over plan facts."""

    name: Name
    action: Name
    target: Line
    params: Json = Field(default_factory=dict)
    lease: Span | None = None
    when: Line = "true"
    because: Line


class PlaybookDocument(Model):
    """One playbook file; it answers every finding for which `when` holds."""

    playbook: Name
    version: Count
    description: str
    owner: Line
    when: Line
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]


class PlannedStep(Model):
    """A step bound to one incident: nothing in it is an expression any more."""

    playbook: str
    version: int
    digest: str
    step: str
    action: str
    target: str
    params: Json
    lease: timedelta | None
    because: str


class PlanRefused(Model):
    """Why no step of any playbook is taken: something in a plan has no value or does not exist."""

    reason: str
