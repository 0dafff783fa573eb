"""The `leases` section of a policy: how ends are spread, when an effect is decided again, and what drift brings."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from engine.model.authored import Line, Name, Span
from engine.model.base import Model

LookEvery = Annotated[Span, Field(ge=timedelta(seconds=1))]
"""A sweep of a connector costs two activities."""


class OnDrift(StrEnum):
    """What becomes of an effect that somebody else lifted or altered: put back once, or given up at once."""

    RE_APPLY = "re_apply"
    SURRENDER = "surrender"


class Drift(Model):
    """What holds for some actions instead of `look_every` and `on_drift` of the section."""

    id: Name
    actions: Annotated[tuple[Name, ...], Field(min_length=1)]
    look_every: LookEvery | None = None
    on_drift: OnDrift | None = None
    because: Line


class LeaseTerms(Model):
    """Against an attacker who waits for the end: `spread` moves ends by up to that share of their length.

    `decide_again` is the share of its time after which an effect on an open incident is decided again, and kept in
    force within its ceiling where the answer is the same. Without it everything ends as it was decided.

    `look_every` is within what time a drift is noticed, where that is sooner than the site's own `drift_interval`.
    """

    spread: Annotated[float, Field(ge=0.0, le=0.25, allow_inf_nan=False)] = 0.0
    decide_again: Annotated[float, Field(gt=0.0, lt=1.0, allow_inf_nan=False)] | None = None
    look_every: LookEvery | None = None
    on_drift: OnDrift = OnDrift.RE_APPLY
    drift: tuple[Drift, ...] = ()

    def drift_of(self, action: str) -> Drift | None:
        """What is said of this action's drift in particular."""
        return next((row for row in self.drift if action in row.actions), None)

    def looked_at(self, action: str, otherwise: timedelta) -> timedelta:
        """How often such an effect is looked at, by a site that looks at everything every `otherwise`."""
        row = self.drift_of(action)
        said = self.look_every if row is None or row.look_every is None else row.look_every
        return otherwise if said is None else min(said, otherwise)

    def drifted(self, action: str) -> OnDrift:
        """What becomes of such an effect when it drifts."""
        row = self.drift_of(action)
        return self.on_drift if row is None or row.on_drift is None else row.on_drift
