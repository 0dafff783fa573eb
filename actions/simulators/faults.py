"""What can be made to go wrong at the simulated site, for one action or for all."""

from datetime import timedelta
from enum import StrEnum

from pydantic import Field

from engine.model.base import Model

ANY_ACTION = "*"


class FaultKind(StrEnum):
    """How the site misbehaves."""

    SLOW = "slow"
    """Executing takes `delay` longer."""
    REFUSE = "refuse"
    """Executing is refused, and nothing is changed."""
    APPLY_BUT_TIME_OUT = "apply_but_time_out"
    """Executing is done, but no answer comes."""
    LIE = "lie"
    """Executing answers that it is done, and nothing is done."""
    RELEASE_FAILS = "release_fails"
    """Releasing is refused."""
    RELEASE_LIES = "release_lies"
    """Releasing answers that it is done, and nothing is taken back."""
    PARTLY = "partly"
    """Of several targets the first half is done, and the others are refused."""
    LATE = "late"
    """Executing does not answer and is not done; it arrives when `Gate.arrive` says so."""
    UNREACHABLE = "unreachable"
    """Nothing answers, reads included; the whole system behind the action is away."""


class ActiveFault(Model):
    """A fault that is switched on; `left` is how often it still strikes, None until it is cleared."""

    kind: FaultKind
    action: str = ANY_ACTION
    left: int | None = Field(default=None, ge=1)
    delay: timedelta = timedelta()

    @property
    def name(self) -> str:
        """One fault of a kind can be on for an action; setting it again replaces it."""
        return f"{self.kind}:{self.action}"

    def struck(self) -> "ActiveFault | None":
        """The fault after one more strike, None when that was the last."""
        if self.left is None:
            return self
        return self.model_copy(update={"left": self.left - 1}) if self.left > 1 else None
