"""A second proof of who answers, where much depends on it."""

from enum import StrEnum

from pydantic import SecretStr

from engine.model.base import AwareDatetime, Model

Code = SecretStr
"""A one-time code as it was typed; it is shown by nothing that holds it."""


class StepUp(StrEnum):
    """Who needs a one-time code for a yes at tier 4: nobody, whoever has a secret for them, or everybody."""

    OFF = "off"
    WHERE_KNOWN = "where_known"
    REQUIRED = "required"


class Codes(Model):
    """What is known of somebody's codes: the last step of time whose code was used, and when wrong ones were given.

    `changes` counts, so that of two at once one is told to try again.
    """

    principal: str
    changes: int = 0
    last_step: int = -1
    wrong: tuple[AwareDatetime, ...] = ()
