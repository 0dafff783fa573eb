"""What every model of ours is: frozen, and closed to fields it does not know."""

from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

__all__ = ["AwareDatetime", "Json", "Model", "Said", "Text"]

Json = dict[str, JsonValue]
"""A JSON object whose shape belongs to somebody else (evidence, parameters of one action)."""

TEXT_LIMIT = 4096
"""Characters kept of any free text that came from outside."""


def _bounded(text: str) -> str:
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1] + "…"


Said = Annotated[str, Field(max_length=TEXT_LIMIT)]
"""What a person says; more than `TEXT_LIMIT` characters are refused, for it stands in the ledger word by word."""
Text = Annotated[str, AfterValidator(_bounded)]
"""Free text from outside: cut at `TEXT_LIMIT` characters, and shown as data only."""


class Model(BaseModel):
    """A value: compared by content, never changed, refusing unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=False)
