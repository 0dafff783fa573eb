"""A merged policy as one file: YAML that says of every value where it was written."""

import json
import re
from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from engine.documents import Document, Step

_PLAIN_KEY = re.compile(r"[a-z_][a-z0-9_]*")


def origins(document: Document) -> dict[str, str]:
    """`file:line` of every value that holds no others, by its dotted path."""
    places = {path: document.at(path) for path, _ in _leaves(document.data, ())}
    return {".".join(map(str, path)): f"{place.file}:{place.line}" for path, place in places.items()}


def _leaves(value: JsonValue, path: tuple[Step, ...]) -> Iterator[tuple[tuple[Step, ...], JsonValue]]:
    steps = _steps(value)
    if not steps:
        yield path, value
    for step, item in steps:
        yield from _leaves(item, (*path, step))


def _steps(value: JsonValue) -> Sequence[tuple[Step, JsonValue]]:
    """What has a line of its own: the values of a mapping, and what is in a list that holds more than words."""
    match value:
        case dict():
            return [*value.items()]
        case list() if any(isinstance(item, dict | list) for item in value):
            return [*enumerate(value)]
    return ()


def text(document: Document) -> Iterator[str]:
    """The lines of the file; read again it is the same policy."""
    yield from _lines(document, document.data, (), 0)


def _lines(document: Document, value: JsonValue, path: tuple[Step, ...], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for step, item in _steps(value):
        place = (*path, step)
        mark = "-" if isinstance(step, int) else f"{_key(step)}:"
        inner = [*_lines(document, item, place, depth + 1)]
        if not inner:
            at = document.at(place)
            yield f"{indent}{mark} {json.dumps(item, ensure_ascii=False)}  # {at.file}:{at.line}"
        elif isinstance(step, int):
            yield f"{indent}- {inner[0].lstrip()}"
            yield from inner[1:]
        else:
            yield f"{indent}{mark}"
            yield from inner


def _key(name: str) -> str:
    return name if _PLAIN_KEY.fullmatch(name) else json.dumps(name, ensure_ascii=False)
