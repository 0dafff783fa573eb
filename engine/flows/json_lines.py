"""JSON lines of sensors, and the values in them."""

import json
from collections.abc import Mapping

from engine.flows.records import Unreadable

Object = Mapping[str, object]


def parsed(line: str) -> Object:
    """The object in a line."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise Unreadable("is no JSON object") from None
    if not isinstance(found, dict):
        raise Unreadable("is no JSON object")
    return found


def inner(values: Object, field: str) -> Object:
    """The object under `field`."""
    found = values.get(field)
    if not isinstance(found, dict):
        raise Unreadable("is missing", field)
    return found


def text(values: Object, field: str, default: str | None = None) -> str:
    """A text or number under `field`, as text; without a default it has to be there."""
    found = values.get(field)
    if found is None and default is not None:
        return default
    if found is None:
        raise Unreadable("is missing", field)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        raise Unreadable("is neither text nor number", field)
    return repr(found) if isinstance(found, float) else str(found)
