"""The `look_back` section of a policy: what it means that nobody recorded any traffic."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from engine.model.authored import Span
from engine.model.base import Model


class OnGap(StrEnum):
    """What becomes of an effect that nobody is asked about, while nobody knows what it would cut."""

    STOP = "stop"
    WARN = "warn"


class LookBackTerms(Model):
    """When the last flow on record is older than `fresh` people are warned; `gap` is for what nobody is asked about."""

    fresh: Annotated[Span, Field(gt=timedelta(0))] = timedelta(days=2)
    gap: OnGap = OnGap.STOP

    def is_gap(self, newest: datetime | None, now: datetime) -> bool:
        """Whether nobody has looked for too long, where the newest flow on record is of then."""
        return newest is None or now - newest > self.fresh
