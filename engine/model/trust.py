"""How far a detector is trusted: confidence gates, earned autonomy, grants, and counts of verdicts."""

from typing import Annotated

from pydantic import Field, model_validator

from engine.model.authored import Count, Line, Name, Share, Span, TierNumber
from engine.model.base import AwareDatetime, Model
from engine.model.calendar import Covered
from engine.model.context import Criticality
from engine.model.decision import Tier


class ConfidenceGate(Model):
    """The least confidence of each tier; below it the request waits for review.

    A score of a detector with fewer than `proven_after` verdicts counts at most `unproven_at_most`. Any score counts by
    `stale_context` less where what is known of the target is old.
    """

    ask: Share
    ask_two: Share
    interim: Share
    act: Share
    tell: Share
    unproven_at_most: Share
    proven_after: Count
    stale_context: Share = 0.02


class Demotion(Model):
    """When earned autonomy is taken back, and for how long."""

    below_bar: Share
    psi_over: Annotated[float, Field(gt=0.0)]
    overridden: Count
    overridden_of: Count
    harmful_on_high: Count
    harmful: Count
    lasts: Span


class Autonomy(Model):
    """Bars for the one-sided 95 % lower bound of measured precision, and how verdicts are gathered."""

    act: Share
    tell: Share
    exception: Share
    sampled: Share
    sampled_a_week: Count
    demotion: Demotion


class Learning(Model):
    """What a learning period must have lived through before it can end; it should have by `at_most`."""

    at_least: Span
    at_most: Span
    coverage: tuple[Covered, ...] = ()


class Grant(Model):
    """Voted trust that stands in for measured precision, until it expires.

    `detector` names one, or a family by the beginning of its dotted name; empty `actions` or `classes` mean all.
    `trusts_score` lets the detector's confidence count as given.
    """

    id: Name
    detector: Line
    version: Line
    actions: tuple[Name, ...] = ()
    classes: tuple[Criticality, ...] = ()
    tier: Annotated[TierNumber, Field(ge=Tier.ACT, le=Tier.TELL)]
    trusts_score: bool = False
    owner: Line
    reason: Line
    expires_at: AwareDatetime


class VerdictCount(Model):
    """How many of a detector version's findings analysts found true; empty `actions` or `classes` mean all.

    With `confidence_from` it counts only findings at or above that confidence: the measure of a calibration bin.
    """

    detector: Line
    version: Line
    actions: tuple[Name, ...] = ()
    classes: tuple[Criticality, ...] = ()
    right: Count
    verdicts: Count
    confidence_from: Share | None = None
    calibration_error: Share = 0.0

    @model_validator(mode="after")
    def _no_more_right_than_verdicts(self) -> "VerdictCount":
        if self.right > self.verdicts:
            raise ValueError("`right` is more than `verdicts`")
        return self
