"""What waits for a person to look at it: an item of the review queue, with its typed checklist."""

from enum import StrEnum

from pydantic import Field

from engine.model.base import AwareDatetime, Model, Text
from engine.model.finding import Severity, VerdictKind


class ReviewKind(StrEnum):
    """Why somebody has to look."""

    LOW_CONFIDENCE = "low_confidence"
    UNANSWERED = "unanswered"
    REFUSED_PLAN = "refused_plan"
    TRAFFIC = "traffic"
    AUTHORISED_ACTIVITY = "authorised_activity"
    BREAK_GLASS = "break_glass"
    BUDGET_TRIPPED = "budget_tripped"


class ReviewState(StrEnum):
    """How far it has come; being overdue is no state of its own, for an overdue item is still taken and answered."""

    OPEN = "open"
    TAKEN = "taken"
    ANSWERED = "answered"


class Review(Model):
    """One item: everything waiting for people's judgement about one finding, or about one use of break-glass.

    `because` says what led here, one line a cause. `answers` holds the checklist's questions as they were answered.
    `overdue_at` is when the deadline was noticed to have passed.
    """

    id: str
    kind: ReviewKind
    state: ReviewState = ReviewState.OPEN
    finding_id: str = ""
    incident_id: str
    request_ids: tuple[str, ...] = ()
    severity: Severity
    title: Text
    because: tuple[Text, ...] = ()
    created_at: AwareDatetime
    deadline: AwareDatetime
    overdue_at: AwareDatetime | None = None
    taken_by: str | None = None
    taken_at: AwareDatetime | None = None
    answered_by: str | None = None
    answered_at: AwareDatetime | None = None
    verdict: VerdictKind | None = None
    reason: Text = ""
    answers: dict[str, str] = Field(default_factory=dict)
