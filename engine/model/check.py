"""The answer of one pre-execution check."""

from enum import StrEnum

from pydantic import Field

from engine.model.base import Json, Model


class CheckOutcome(StrEnum):
    """`error` blocks like `block`: a check that cannot answer never lets through."""

    PASS = "pass"
    WARN = "warn"
    BLOCK = "block"
    ERROR = "error"

    @property
    def stops(self) -> bool:
        """Whether nothing may execute on this answer."""
        return self in (CheckOutcome.BLOCK, CheckOutcome.ERROR)


class CheckResult(Model):
    """What one check found; `narrowed` holds parameters under which it would pass, if it knows any."""

    check: str
    outcome: CheckOutcome
    summary: str
    details: Json = Field(default_factory=dict)
    narrowed: Json | None = None
