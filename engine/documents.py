"""YAML that people write (settings, people, sites, policy, playbooks): plain data, and where each value and key stands.

Rules: 1. Only plain data: no tags, no anchors or aliases, one document, text keys, no key twice. 2. YAML 1.2's core
words only: `no` and `on` are text; so is every number that JSON could not keep exactly. 3. At most `SIZE_LIMIT` bytes,
where the caller names no other limit, and `DEPTH_LIMIT` levels, both judged before anything is built. 4. Text without
NUL and lone surrogates, which the condition language would cut or refuse. 5. Everything that is wrong is told at once,
at its `file:line:column`.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails, from_json, to_json
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from engine.errors import InvalidFile, InvalidInput

SIZE_LIMIT = 1_000_000
DEPTH_LIMIT = 16
KEPT, KEPT_SIZE = 64, 32_768
"""So many documents are kept, of texts no longer than this: one start reads the same files more than once."""

M = TypeVar("M", bound=BaseModel)
Step = str | int
_Path = tuple[Step, ...]

_INTEGER = re.compile(r"[-+]?[0-9]{1,15}")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?")
_WORDS: Mapping[str, JsonValue] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True)
class Position:
    """A place in a file, from 1. `text_column` is where a scalar's text begins, if its columns map one to one."""

    file: str
    line: int
    column: int
    text_column: int | None = None

    def inside(self, line: int, column: int) -> "Position":
        """The place of one character of this scalar's text; the scalar's start where that cannot be told."""
        if self.text_column is None or line != 1:
            return self
        return Position(self.file, self.line, self.text_column + column - 1)

    def after(self, characters: int) -> "Position":
        """The same scalar, whose text is taken to begin so many characters later."""
        column = None if self.text_column is None else self.text_column + characters
        return Position(self.file, self.line, self.column, column)

    def error(self, message: str) -> InvalidInput:
        """An error about what stands here."""
        return InvalidInput(message, file=self.file, line=self.line, column=self.column)


@dataclass(frozen=True)
class Document:
    """One file's plain content, and where everything stood."""

    name: str
    data: dict[str, JsonValue]
    values: Mapping[_Path, Position]
    keys: Mapping[_Path, Position]

    def at(self, path: Sequence[Step], *, key: bool = False) -> Position:
        """Where the value (or the key) at `path` stands; steps that lead nowhere (pydantic's tags) are skipped."""
        here = self._known(path)
        return self.keys.get(here, self.values[here]) if key else self.values[here]

    def validate(self, model: type[M]) -> M:
        """The content as a model, types taken strictly; raise `InvalidFile` with every problem at its position."""
        try:
            return model.model_validate_json(to_json(self.data), strict=True)
        except ValidationError as error:
            details = error.errors(include_url=False, include_context=False)
            raise InvalidFile(tuple(map(self.problem, details))) from error

    def problem(self, detail: ErrorDetails) -> InvalidInput:
        """One of pydantic's complaints as an error of ours, with name and place of what it is about."""
        kind, path = detail["type"], detail["loc"]
        known = self._known(path)
        if kind == "missing":
            return self.at(path).error(f"{_name((*known, path[-1]))} is missing")
        if kind == "extra_forbidden":
            return self.at(path, key=True).error(f"unknown key {_name(known or path)}")
        message = detail["msg"].removeprefix("Value error, ")
        named = f"{_name(known or path)}: " if path else ""
        return self.at(path).error(named + message[:1].lower() + message[1:])

    def _known(self, path: Sequence[Step]) -> _Path:
        here: _Path = ()
        for step in path:
            here = (*here, step) if (*here, step) in self.values else here
        return here


def read(path: Path, limit: int = SIZE_LIMIT, depth: int = DEPTH_LIMIT) -> Document:
    """The document in the file at `path`, of at most `limit` bytes; raise `InvalidFile` if there is none."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InvalidFile((InvalidInput(f"cannot be read: {error.strerror}", file=str(path)),)) from error
    try:
        return parse(raw.decode("utf-8"), str(path), limit, depth)
    except UnicodeDecodeError as error:
        at = Position(str(path), raw.count(b"\n", 0, error.start) + 1, error.start - raw.rfind(b"\n", 0, error.start))
        raise InvalidFile((at.error("is not UTF-8 text"),)) from error


def parse(text: str, name: str, limit: int = SIZE_LIMIT, depth: int = DEPTH_LIMIT) -> Document:
    """The document that `text` is, called `name` in errors; raise `InvalidFile` with everything wrong in it.

    A text without any content is an empty mapping.
    """
    if len(text) > KEPT_SIZE:
        return _parse(text, name, limit, depth)
    kept = _parse_kept(text, name, limit, depth)
    # Each caller has data of its own (rule 2: JSON keeps them exactly).
    return replace(kept, data=from_json(to_json(kept.data)))


def _parse(text: str, name: str, limit: int, depth: int) -> Document:
    builder = _Builder(name, depth)
    if len(text.encode("utf-8", "surrogatepass")) > limit:
        raise InvalidFile((builder.start.error(f"the file is larger than {limit} bytes"),))
    try:
        root = builder.document(YAML(typ="safe", pure=True).parse(text))
    except _TooDeep:
        pass  # told already
    except YAMLError as error:
        builder.problems.append(_syntax(error, name))
    except (ValueError, OverflowError) as error:  # ruamel lets chr() fail on "\UFFFFFFFF"
        builder.problems.append(InvalidInput(f"holds a character that does not exist: {error}", file=name, line=1))
    if builder.problems:
        raise InvalidFile(tuple(builder.problems))
    if not isinstance(root, dict):
        raise InvalidFile((builder.start.error("must be a mapping of names to values"),))
    return Document(name, root, builder.values, builder.keys)


_parse_kept = lru_cache(KEPT)(_parse)


class _TooDeep(Exception):
    """Nothing further is read: the scanner's cost grows with the square of the depth."""


@dataclass
class _Builder:
    """Turns the parser's events into plain data; every problem but a wrong syntax lets the reading go on."""

    name: str
    depth: int
    problems: list[InvalidInput] = field(default_factory=list)
    values: dict[_Path, Position] = field(default_factory=dict)
    keys: dict[_Path, Position] = field(default_factory=dict)

    @property
    def start(self) -> Position:
        return Position(self.name, 1, 1)

    def document(self, events: Iterator[Event]) -> JsonValue:
        root: JsonValue = {}
        self.values[()] = self.start
        documents = 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents == 2:
                    self._refuse(event, "only one document may stand in a file")
            elif isinstance(event, NodeEvent):
                value = self._node(event, events, ())
                root = value if documents == 1 else root
        return root

    def _node(self, event: Event, events: Iterator[Event], path: _Path) -> JsonValue:
        self.values[path] = self._place(event)
        if len(path) > self.depth:
            self._refuse(event, f"is nested more than {self.depth} levels deep")
            raise _TooDeep
        match event:
            case ScalarEvent():
                self._judge(event)
                return self._scalar(event)
            case SequenceStartEvent():
                self._judge(event)
                return self._sequence(events, path)
            case MappingStartEvent():
                self._judge(event)
                return self._mapping(events, path)
            case AliasEvent():
                self._refuse(event, f"alias `*{event.anchor}`: write the value itself")
        return None

    def _sequence(self, events: Iterator[Event], path: _Path) -> list[JsonValue]:
        items: list[JsonValue] = []
        while not isinstance(event := next(events), SequenceEndEvent):
            items.append(self._node(event, events, (*path, len(items))))
        return items

    def _mapping(self, events: Iterator[Event], path: _Path) -> dict[str, JsonValue]:
        content: dict[str, JsonValue] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            key = self._key(event, events, path, content)
            content[key] = self._node(next(events), events, (*path, key))
            self.keys[*path, key] = self._place(event)
        return content

    def _key(self, event: Event, events: Iterator[Event], path: _Path, known: Mapping[str, JsonValue]) -> str:
        key = self._node(event, events, (*path, "?"))
        if not isinstance(key, str):
            self._refuse(event, "a key must be text")
            return "?"
        if key in known:
            self._refuse(event, f"key `{key}` stands here twice")
        return key

    def _scalar(self, event: ScalarEvent) -> JsonValue:
        text: str = event.value
        if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
            self._refuse(event, "holds a character that has no place in text")
        return _resolve(text) if event.style is None else text

    def _judge(self, event: ScalarEvent | CollectionStartEvent) -> None:
        if event.anchor is not None:
            self._refuse(event, f"anchor `&{event.anchor}`: write the value where it belongs")
        if event.tag is not None:
            self._refuse(event, f"tag `{event.tag}`: only plain data may stand here")

    def _refuse(self, event: Event, message: str) -> None:
        self.problems.append(self._place(event).error(message))

    def _place(self, event: Event) -> Position:
        start = event.start_mark
        indent = _text_indent(event)
        column = start.column + 1
        return Position(self.name, start.line + 1, column, None if indent is None else column + indent)


def _name(path: Sequence[Step]) -> str:
    return f"`{'.'.join(map(str, path))}`"


def _text_indent(event: Event) -> int | None:
    """How far after the scalar's start its text begins (its quote), or None where columns do not map one to one."""
    if not isinstance(event, ScalarEvent) or event.start_mark.line != event.end_mark.line:
        return None
    quote = 1 if event.style else 0
    # An escape takes more room in the file than in the text.
    written = event.end_mark.column - event.start_mark.column - 2 * quote
    return quote if written == len(event.value) else None


def _resolve(text: str) -> JsonValue:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return text


def _syntax(error: YAMLError, name: str) -> InvalidInput:
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return InvalidInput(f"is no YAML: {str(error).splitlines()[0]}", file=name, line=1, column=1)
    mark, what = error.problem_mark, error.problem or error.context or "is no YAML"
    return InvalidInput(what.splitlines()[0], file=name, line=mark.line + 1, column=mark.column + 1)
