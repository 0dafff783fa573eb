"""Whether a document has the shape of a playbook file, each complaint at its place and in the words of the file.

Pydantic names the kind of a step as if it were one more level of the file; `_written` takes that out again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails, to_json

from engine.documents import Document
from engine.documents import Step as Key
from engine.errors import InvalidInput
from engine.model.steps import KEYS, PlaybookFile, kind_of

_BLOCKS = frozenset({"steps", "then", "else", "default", "do"})


@dataclass(frozen=True)
class Shape:
    """The model, where the document has its shape; else what is wrong."""

    content: PlaybookFile | None
    problems: tuple[InvalidInput, ...] = ()


def shape_of(document: Document) -> Shape:
    """The document's content as a model, types taken strictly, or every problem with it."""
    try:
        return Shape(PlaybookFile.model_validate_json(to_json(document.data), strict=True))
    except ValidationError as error:
        details = error.errors(include_url=False)
        return Shape(None, tuple(_problem(document, one) for one in details if not _follows(document, one)))


def _follows(document: Document, detail: ErrorDetails) -> bool:
    """Whether a list counts as too short only because something in it is wrong, which is told by itself."""
    written = _at(document.data, _written(document.data, detail["loc"]))
    return detail["type"] == "too_short" and isinstance(written, list) and len(written) >= detail["ctx"]["min_length"]


def _problem(document: Document, detail: ErrorDetails) -> InvalidInput:
    path = _written(document.data, detail["loc"])
    if detail["type"] == "union_tag_not_found":
        return document.at(path).error(_no_kind(_at(document.data, path)))
    return document.problem({**detail, "loc": path})


def _written(data: JsonValue, loc: Sequence[Key]) -> tuple[Key, ...]:
    """Where something stands in the file, without the names of kinds."""
    here: list[Key] = []
    tagged = False
    for part in loc:
        if tagged and here[-1] == "on_failure" and part in ("word", "step"):
            continue
        if tagged and part == kind_of(_at(data, here)):
            tagged = False
            continue
        here.append(part)
        tagged = _is_step(here)
    return tuple(here)


def _is_step(path: Sequence[Key]) -> bool:
    in_list = len(path) > 1 and isinstance(path[-1], int)
    return path[-1] == "on_failure" or in_list and (path[-2] in _BLOCKS or path[-3:-2] == ["cases"])


def _at(data: JsonValue, path: Sequence[Key]) -> JsonValue:
    for part in path:
        match data:
            case dict() if isinstance(part, str):
                data = data.get(part)
            case list() if isinstance(part, int) and part < len(data):
                data = data[part]
            case _:
                return None
    return data


def _no_kind(written: JsonValue) -> str:
    if not isinstance(written, dict):
        return "a step is a mapping of names to values"
    found = [f"`{key}`" for key in KEYS if key in written]
    kinds = ", ".join(f"`{key}`" for key in KEYS)
    return f"a step is of one kind only, this has {' and '.join(found)}" if found else f"a step needs one of {kinds}"
