"""Bodies and paths with places for values, for systems of others; pure.

Rules: 1. A value never becomes structure: in a body it stands within one string, in a path it is percent-encoded whole.
2. Only names that are known are places, and what a value says is not looked at again. 3. In a list an item that speaks
of `{line}` stands there once for each line.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from pydantic import JsonValue

PLACE = re.compile(r"\{([a-z_]+)\}")
LINE = "line"


def fill(template: JsonValue, values: Mapping[str, str], lines: Sequence[str] = ()) -> JsonValue:
    """The body that a template makes of these values (rules 1 to 3)."""
    match template:
        case str():
            return PLACE.sub(lambda found: values[found[1]], template)
        case list():
            return [one for item in template for one in _items(item, values, lines)]
        case dict():
            return {name: fill(value, values, lines) for name, value in template.items()}
        case _:
            return template


def _items(item: JsonValue, values: Mapping[str, str], lines: Sequence[str]) -> list[JsonValue]:
    if LINE in set(places(item)) and LINE not in values:
        return [fill(item, {**values, LINE: line}, lines) for line in lines]
    return [fill(item, values, lines)]


def fill_path(template: str, values: Mapping[str, str]) -> str:
    """The path and query that a template makes of these values (rule 1)."""
    return PLACE.sub(lambda found: quote(values[found[1]], safe=""), template)


def places(template: JsonValue) -> Iterator[str]:
    """The names of all places in a template."""
    match template:
        case str():
            yield from PLACE.findall(template)
        case list():
            for item in template:
                yield from places(item)
        case dict():
            for value in template.values():
                yield from places(value)


def places_once(template: JsonValue) -> Iterator[str]:
    """The names of the places that stand in no list, and so have no line (rule 3)."""
    match template:
        case str():
            yield from PLACE.findall(template)
        case dict():
            for value in template.values():
                yield from places_once(value)


def pick(answer: JsonValue, path: str) -> str | None:
    """What stands at a path like `items.0.id` in somebody's answer; None where there is nothing, or more than text."""
    for part in path.split("."):
        match answer:
            case dict():
                answer = answer.get(part)
            case list() if part.isdecimal() and int(part) < len(answer):
                answer = answer[int(part)]
            case _:
                return None
    if isinstance(answer, bool) or not isinstance(answer, str | int):
        return None
    return str(answer) or None
