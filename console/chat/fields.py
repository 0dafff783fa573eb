"""What people type into the fields of an answer, as far as it is looked at; pure."""

from pydantic import SecretStr

from engine.model.base import TEXT_LIMIT

SHORT = 40
"""Characters of what is no text."""
UNSAID = "-"
"""No length: for how long, where that was to be said and is not, or not to be understood."""


def reason_typed(text: str) -> str:
    """Why somebody answers so."""
    return text[:TEXT_LIMIT]


def lease_typed(text: str, *, shorter: bool) -> str:
    """For how long at the most a yes is; one that was to be for less is never taken for all that is asked."""
    return text[:SHORT] or (UNSAID if shorter else "")


def code_typed(text: str) -> SecretStr:
    """A one-time code."""
    return SecretStr(text[:SHORT])
