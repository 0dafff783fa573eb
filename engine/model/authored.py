"""The kinds of field that people write in policy and playbook files."""

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, JsonValue

from engine.duration import Duration
from engine.model.decision import Tier

LONGEST = timedelta(days=366)


def _whole(value: JsonValue) -> JsonValue:
    if type(value) is not int and not isinstance(value, Tier):
        raise ValueError("a tier is a whole number from 0 to 4")
    return value


Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
Line = Annotated[str, Field(min_length=1, max_length=400, pattern=r"^[^\n]*$")]
Span = Annotated[Duration, Field(ge=timedelta(0), le=LONGEST)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=0, le=10**9)]
TierNumber = Annotated[Tier, BeforeValidator(_whole)]
