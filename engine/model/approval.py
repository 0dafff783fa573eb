"""People's answers to an approval request."""

from datetime import timedelta
from enum import StrEnum

from engine.model.base import AwareDatetime, Model, Text


class VoteKind(StrEnum):
    """Yes or no; there is no third."""

    APPROVE = "approve"
    DENY = "deny"


class Vote(Model):
    """One person's vote; written by the door that authenticated them, unique per request and principal.

    `by` is who typed it when that is not the principal (local administrator on the simulated site). `lease` is how long
    a yes lets it last, where that is less than what is asked. `struck` says why it counts no more though the principal
    did not take it back; `retracted_at` then says since when.
    """

    request_id: str
    principal: str
    kind: VoteKind
    digest: str
    reason: Text
    at: AwareDatetime
    channel: str
    by: str | None = None
    lease: timedelta | None = None
    retracted_at: AwareDatetime | None = None
    struck: str = ""
