"""Durations as people write them: `15s`, `30m`, `1h30m`, `7 d`."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator

from engine.errors import InvalidInput

_UNITS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(min|[smhd])")


def parse(text: str) -> timedelta:
    """The duration that `text` names; raise `InvalidInput` if it names none."""
    parts = _PART.findall(text)
    if not parts or _PART.sub("", text).strip():
        raise InvalidInput(f"`{text}` is no duration: write for example `15s`, `30m`, `1h30m` or `7d`")
    try:
        return timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in parts))
    except OverflowError:
        raise InvalidInput(f"`{text}` is too long a duration") from None


def render(duration: timedelta) -> str:
    """The shortest spelling that `parse` reads back: `1h30m`."""
    rest = duration.total_seconds()
    days, rest = divmod(rest, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s"))
    return "".join(f"{number:g}{unit}" for number, unit in parts if number) or "0s"


def _from_text(value: object) -> object:
    if not isinstance(value, str) or value.startswith(("P", "-P")):
        return value
    try:
        return parse(value)
    except InvalidInput as error:
        raise ValueError(str(error)) from None


Duration = Annotated[timedelta, BeforeValidator(_from_text)]
"""A `timedelta` that files and flags may write as `30m`; ISO 8601 (`PT30M`) is read too."""
