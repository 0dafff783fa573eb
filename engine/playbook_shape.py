"""Whether a document has the shape of a playbook file, each complaint at its place and in the words of the file.

Pydantic names the kind of a step as if it were one more level of the file; `_written` takes that out again. So that a
wrong shape does not hide what else is wrong, the rest is read on without the steps and fields that are.
"""

import re
from collections.abc import Iterable, Sequence
from copy import deepcopy
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
from engine.playbook_scope import given, spelling

Path = tuple[Key, ...]

_BLOCKS = frozenset({"steps", "then", "else", "default", "do"})
_HEAD: Json = {"playbook": "unnamed", "version": 0, "description": "", "owner": "nobody"}


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
    rest: Json = deepcopy(document.data)
    lost = [_leave_out(rest, _written(document.data, detail["loc"])) for detail in details]
    return Shape(_validated(rest)[0], problems, tuple(name for names in lost for name in names))


def _validated(data: Json) -> tuple[PlaybookFile | None, Sequence[ErrorDetails]]:
    try:
        return PlaybookFile.model_validate_json(to_json(data), strict=True), ()
    except ValidationError as error:
        return None, [detail for detail in error.errors(include_url=False) if not _follows(data, detail)]


def _follows(data: Json, detail: ErrorDetails) -> bool:
    """Whether a list counts as too short only because something in it is wrong, which is told by itself."""
    written = _at(data, _written(data, detail["loc"]))
    return detail["type"] == "too_short" and isinstance(written, list) and len(written) >= detail["ctx"]["min_length"]


def _problem(document: Document, detail: ErrorDetails) -> InvalidInput:
    path = _written(document.data, detail["loc"])
    if detail["type"] == "union_tag_not_found":
        return document.at(path).error(_no_kind(_at(document.data, path)))
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
        if tagged and part == kind_of(_at(data, here)):
            tagged = False
            continue
        here = (*here, part)
        tagged = _is_step(here)
    return here


def _is_step(path: Path) -> bool:
    in_list = len(path) > 1 and isinstance(path[-1], int)
    return path[-1:] == ("on_failure",) or in_list and (path[-2] in _BLOCKS or path[-3:-2] == ("cases",))


def _at(data: JsonValue, path: Iterable[Key]) -> JsonValue:
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


def _leave_out(data: Json, path: Path) -> tuple[str, ...]:
    """Take what is wrong out of the data; the beginnings of the names of facts that went with it."""
    steps = [path[:end] for end in range(1, len(path) + 1) if _is_step(path[:end])]
    if steps:
        return _replace_step(data, steps[-1])
    name = str(path[0]) if path else ""
    if name in _HEAD:
        data[name] = _HEAD[name]
    elif name in ("inputs", "outputs") and len(path) > 1:
        declared = data[name]
        if isinstance(declared, dict):
            declared.pop(str(path[1]), None)
        return (given(str(path[1])),) if path[1] else ()
    elif name != "steps":
        data.pop(name, None)
    return ("input.",) if name == "inputs" else ()


def _replace_step(data: Json, path: Path) -> tuple[str, ...]:
    """A step that does nothing in place of the one at `path`."""
    around, written = _at(data, path[:-1]), _at(data, path)
    name = written.get("name") if isinstance(written, dict) else None
    known = name if isinstance(name, str) and name else f"unread.{'.'.join(map(str, path))}"
    nothing: Json = {"name": known, "because": "it cannot be read", "wait": "1s"}
    match around, path[-1]:
        case dict(), str(key):
            around[key] = nothing
        case list(), int(index) if index < len(around):
            around[index] = nothing
    return f"answer.{spelling(known)}.", f"output.{spelling(known)}.", f"step.{spelling(known)}."
