"""What a product told, kept as bounded data: enough for a person to judge, never enough to fill the ledger."""

import json

from pydantic import JsonValue

from engine.model.base import Json

LIMIT = 16 * 1024
"""Characters of JSON kept of one alert."""

_TEXT = 1024
_ITEMS = 16
_NAMES = 48
_DEPTH = 5


def excerpt(value: JsonValue, depth: int = _DEPTH) -> JsonValue:
    """A copy cut in length, width and depth; whole numbers that JSON readers round become text."""
    match value:
        case str():
            return cut(value)
        case bool() | None | float():
            return value
        case int():
            return value if abs(value) < 2**53 else cut(str(value))
        case list():
            return [excerpt(item, depth - 1) for item in value[:_ITEMS]] if depth else "…"
        case dict():
            return {name[:80]: excerpt(value[name], depth - 1) for name in list(value)[:_NAMES]} if depth else "…"


def cut(text: str, limit: int = _TEXT) -> str:
    """At most `limit` characters, with an ellipsis where something is missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def bounded(fields: dict[str, JsonValue]) -> Json:
    """The excerpt of those fields that say something; the largest go, and are named, until it fits `LIMIT`."""
    kept: Json = {name: excerpt(value) for name, value in fields.items() if value not in (None, "", [], {})}
    dropped: list[JsonValue] = []
    while len(json.dumps(kept)) > LIMIT:
        largest = max(kept, key=lambda name: len(json.dumps(kept[name])))
        del kept[largest]
        dropped.append(largest)
    return kept | ({"left_out": dropped} if dropped else {})
