"""Why no playbook is started for a finding."""

from engine.model.base import Model


class PlanRefused(Model):
    """Why none of them is: what one of them answers cannot be told."""

    reason: str
