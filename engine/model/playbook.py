"""The steps a playbook asks for once bound to one incident."""

from datetime import timedelta

from engine.model.base import Json, Model


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
