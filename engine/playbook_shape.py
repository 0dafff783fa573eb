"""Whether a document has the shape of a playbook file, each complaint at its place and in the words of the file.

Pydantic names the kind of a step as if it were one more level of the file; `_written` takes that out again. A wrong
shape does not hide what else is wrong: the rest is read on (`engine.playbook_rest`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails, to_json

from engine.documents import Document
from engine.documents import Step as Key
from engine.duration import render
from engine.errors import InvalidInput
from engine.model.base import Json
from engine.model.steps import KEYS, PlaybookFile, kind_of
from engine.playbook_rest import Path, at, is_step, without

_DELTA = re.compile(r"datetime\.timedelta\(([^)]*)\)")
"""A duration as pydantic's complaints tell it."""


@dataclass(frozen=True)
class Shape:
    """The model, of what remains readable, and what is wrong; `lost` begins the names of facts that went with it."""

    content: PlaybookFile | None
    problems: tuple[InvalidInput, ...] = ()
    lost: tuple[str, ...] = ()


def shape_of(document: Document) -> Shape:
    """The document's content as a model, types taken strictly, and every problem with its shape."""
    content, details = _validated(document.data)
    if content is not None:
        return Shape(content)
    problems = tuple(_problem(document, detail) for detail in details)
    paths = [(_written(document.data, one["loc"]), one["type"] == "extra_forbidden") for one in details]
    rest, lost = without(document.data, paths)
    return Shape(_validated(rest)[0], problems, lost)


def _validated(data: Json) -> tuple[PlaybookFile | None, Sequence[ErrorDetails]]:
    try:
        return PlaybookFile.model_validate_json(to_json(data), strict=True), ()
    except ValidationError as error:
        return None, [detail for detail in error.errors(include_url=False) if not _follows(data, detail)]


def _follows(data: Json, detail: ErrorDetails) -> bool:
    """Whether a list counts as too short only because something in it is wrong, which is told by itself."""
    written = at(data, _written(data, detail["loc"]))
    return detail["type"] == "too_short" and isinstance(written, list) and len(written) >= detail["ctx"]["min_length"]


def _problem(document: Document, detail: ErrorDetails) -> InvalidInput:
    path = _written(document.data, detail["loc"])
    if detail["type"] == "union_tag_not_found":
        return document.at(path).error(_no_kind(at(document.data, path)))
    message = _DELTA.sub(lambda found: f"`{render(_delta(found[1]))}`", detail["msg"])
    return document.problem({**detail, "loc": path, "msg": message})


def _delta(arguments: str) -> timedelta:
    named = (part.partition("=") for part in arguments.split(", ") if "=" in part)
    return timedelta(**{name: int(number) for name, _, number in named})


def _written(data: JsonValue, loc: Sequence[Key]) -> Path:
    """Where something stands in the file, without the names of kinds."""
    here: Path = ()
    tagged = False
    for part in loc:
        if tagged and here[-1] == "on_failure" and part in ("word", "step"):
            continue
        if tagged and part == kind_of(at(data, here)):
            tagged = False
            continue
        here = (*here, part)
        tagged = is_step(here)
    return here


def _no_kind(written: JsonValue) -> str:
    if not isinstance(written, dict):
        return "a step is a mapping of names to values"
    found = [f"`{key}`" for key in KEYS if key in written]
    kinds = ", ".join(f"`{key}`" for key in KEYS)
    return f"a step is of one kind only, this has {' and '.join(found)}" if found else f"a step needs one of {kinds}"
