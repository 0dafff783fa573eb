"""YAML files of people: read once at the edge, with a position for everything that is wrong in them.

Rules: 1. A key written twice is refused. 2. Aliases are refused: they hide what a file says and can be cyclic.
3. YAML 1.2: `no` is text. 4. Only plain data comes out (JSON's types); times and dates stay text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, JsonValue, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent

from engine.errors import InvalidFile, InvalidInput

M = TypeVar("M", bound=BaseModel)
Place = tuple[int, int]
"""Line and column, both from 1."""


@dataclass(frozen=True)
class Document:
    """One file's plain content, which still knows where everything stood."""

    file: str
    value: dict[str, JsonValue]
    _source: CommentedMap

    def place(self, path: Sequence[str | int], *, key: bool = False) -> Place:
        """Where the value at `path` stands, or its key; of a path that leads nowhere, how far it leads."""
        node: object = self._source
        found = _at(self._source.lc.line, self._source.lc.col)
        for step in path:
            here = _step(node, step, key=key and step == path[-1])
            if here is None:
                break
            node, found = here
        return found

    def error(self, message: str, path: Sequence[str | int] = (), *, key: bool = False) -> InvalidInput:
        """An error about the value (or the key) at `path`."""
        line, column = self.place(path, key=key)
        return InvalidInput(message, file=self.file, line=line, column=column)


def read(path: Path) -> Document:
    """The document in `path`; raise `InvalidInput` if it cannot be read or is no YAML mapping."""
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise InvalidInput(f"cannot be read: {error.strerror}", file=str(path)) from error
    except UnicodeDecodeError as error:
        raise InvalidInput("is not UTF-8 text", file=str(path)) from error


def parse(text: str, file: str) -> Document:
    """The document that `text` is; an empty one is an empty mapping."""
    try:
        _refuse_aliases(text, file)
        source = YAML(typ="rt").load(text)
    except YAMLError as error:
        raise _syntax(error, file) from error
    except (RecursionError, ValueError) as error:
        raise InvalidInput("is nested too deeply or holds a value that cannot be", file=file) from error
    source = CommentedMap() if source is None else source
    if not isinstance(source, CommentedMap):
        raise InvalidInput("must be a mapping of names to values", file=file, line=1, column=1)
    return Document(file, {str(key): _plain(value) for key, value in source.items()}, source)


def validate(model: type[M], document: Document) -> M:
    """The document as a model; raise `InvalidFile` with the position of everything that is wrong."""
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        raise InvalidFile(problems(error, document)) from error


def problems(error: ValidationError, document: Document) -> tuple[InvalidInput, ...]:
    """Each of pydantic's complaints as an error of ours at its place."""
    return tuple(
        document.error(
            _message(item["loc"], item["type"], item["msg"]), item["loc"], key=item["type"] == "extra_forbidden"
        )
        for item in error.errors(include_url=False, include_input=False, include_context=False)
    )


def _message(path: Sequence[str | int], kind: str, message: str) -> str:
    name = f"`{'.'.join(map(str, path))}`"
    if kind == "extra_forbidden":
        return f"unknown key {name}"
    if kind == "missing":
        return f"{name} is missing"
    return f"{name}: {message[:1].lower()}{message[1:]}".replace(": value error, ", ": ")


def _refuse_aliases(text: str, file: str) -> None:
    if "*" not in text:
        return
    for event in YAML(typ="rt").parse(text):
        if isinstance(event, AliasEvent):
            mark = event.start_mark
            raise InvalidInput("aliases are not allowed", file=file, line=mark.line + 1, column=mark.column + 1)


def _syntax(error: YAMLError, file: str) -> InvalidInput:
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return InvalidInput("is no YAML", file=file)
    mark = error.problem_mark
    what = (error.problem or "is no YAML").splitlines()[0]
    return InvalidInput(what, file=file, line=mark.line + 1, column=mark.column + 1)


def _step(node: object, step: str | int, *, key: bool) -> tuple[object, Place] | None:
    if isinstance(node, CommentedMap) and step in node:
        where = node.lc.key(step) if key else node.lc.value(step)
    elif isinstance(node, CommentedSeq) and isinstance(step, int) and step < len(node):
        where = node.lc.item(step)
    else:
        return None
    return node[step], _at(*where)


def _at(line: int | None, column: int | None) -> Place:
    return (line or 0) + 1, (column or 0) + 1


def _plain(node: object) -> JsonValue:
    match node:
        case dict():
            return {str(key): _plain(value) for key, value in node.items()}
        case list():
            return [_plain(value) for value in node]
        case bool() | None:
            return node
        case int():
            return int(node)
        case float():
            return float(node)
        case date():
            return node.isoformat()
        case _:
            return str(node)
