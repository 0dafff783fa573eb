"""People's answers to an approval request."""

from enum import StrEnum

from engine.model.base import AwareDatetime, Model, Text


class VoteKind(StrEnum):
    """Yes or no; there is no third."""

    APPROVE = "approve"
    DENY = "deny"


class Vote(Model):
    """One person's vote; written by the door that authenticated them, unique per request and principal.

    `by` is who typed it when that is not the principal (local administrator on the simulated site).
    """

    request_id: str
    principal: str
    kind: VoteKind
    digest: str
    reason: Text
    at: AwareDatetime
    channel: str
    by: str | None = None
    retracted_at: AwareDatetime | None = None
