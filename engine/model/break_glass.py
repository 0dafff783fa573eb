"""Break-glass: one person acts without the approvals it takes; rarely, for a short while, and reviewed afterwards."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from engine.model.authored import Line, Span
from engine.model.base import AwareDatetime, Model, Said

LONGEST = timedelta(minutes=60)
LATEST_REVIEW = timedelta(hours=24)
MOST = 2
MONTH = timedelta(days=30)
"""The window in which uses are counted; it slides, so that nobody uses up two months around the first of one."""


class Overridable(StrEnum):
    """What a policy may let break-glass override. Whatever is not here stands against it, whoever asks."""

    ASK = "ask"
    ASK_TWO = "ask_two"
    OBSERVED = "observed"
    EXCLUSION = "exclusion"
    PROTECTED = "protected"
    LEGITIMATE_FLOWS = "legitimate-flows"


class BreakGlassTerms(Model):
    """The `break_glass` section of a policy: who may, what it overrides, and within which bounds.

    A permission of its own: membership in one of `groups`, whatever else somebody may do; without a group nobody has
    it. What is done `lasts` at most. A person uses it `a_month` times, and somebody else looks at each use within
    `review_within`.
    """

    groups: tuple[Line, ...] = ()
    overrides: tuple[Overridable, ...] = ()
    lasts: Annotated[Span, Field(gt=timedelta(0), le=LONGEST)] = LONGEST
    a_month: Annotated[int, Field(ge=0, le=MOST)] = MOST
    review_within: Annotated[Span, Field(gt=timedelta(0), le=LATEST_REVIEW)] = LATEST_REVIEW


class BreakGlassUse(Model):
    """One use, never changed; what the review found stands with the review."""

    request_id: str
    incident_id: str
    review_id: str
    principal: str
    action: str
    target: str
    reason: Said
    overrode: tuple[Overridable, ...]
    at: AwareDatetime
