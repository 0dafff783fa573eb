"""Reads what other systems answer in JSON, whatever their users have put into it.

Rules: 1. What nobody here uses is ignored. 2. Nothing that one user wrote there keeps the rest from being read: what is
nested deeper than anything we look for counts as null, a number may have any length, and bytes that are no text any
letters. 3. What does not fit is the other system's trouble, which may pass.
"""

import json
import re
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from engine.errors import TargetUnavailable
from engine.model.base import Json

DEEPEST = 50
LONGEST_NUMBER = 100
"""Characters of a whole number that is taken as it is."""
MARK = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.S)
"""A text or a bracket of JSON."""


class Received(BaseModel):
    """Something that another system sends, as far as it is used here."""

    model_config = ConfigDict(extra="ignore", frozen=True)


R = TypeVar("R", bound=BaseModel)


def json_in(answer: bytes) -> JsonValue:
    """The JSON that these bytes are; raise `ValueError` where they are none."""
    text = answer.decode("utf-8-sig", errors="replace")
    try:
        return _loaded(text)
    except RecursionError:
        return _loaded(shallow(text))


def object_in(answer: bytes, of: str) -> Json:
    """The JSON object that somebody answered; `of` says who, in an error."""
    found = _anything_in(answer)
    if not isinstance(found, dict):
        raise TargetUnavailable(f"{of} answers with something else than JSON")
    return found


def list_in(answer: bytes, of: str) -> list[JsonValue]:
    """The JSON list that somebody answered; `of` says who, in an error."""
    found = _anything_in(answer)
    if not isinstance(found, list):
        raise TargetUnavailable(f"{of} answers with something else than a list")
    return found


def _anything_in(answer: bytes) -> JsonValue:
    try:
        return json_in(answer)
    except ValueError:
        return None


def read(kind: type[R], answer: Json, of: str) -> R:
    """What an answer says; `of` says whose it is, in an error."""
    found = readable(kind, answer)
    if found is None:
        raise TargetUnavailable(f"{of} answers without what is promised there")
    return found


def readable(kind: type[R], given: object) -> R | None:
    """It, where it is of this kind; None for whatever else others put there."""
    try:
        return kind.model_validate(given)
    except ValidationError:
        return None


def shallow(text: str) -> str:
    """The same JSON with null in the place of what is nested deeper than `DEEPEST`."""
    kept, depth, since = list[str](), 0, 0
    for mark in MARK.finditer(text):
        if mark[0] in "[{":
            depth += 1
            if depth == DEEPEST + 1:
                kept += [text[since : mark.start()], "null"]
        elif mark[0] in "]}":
            depth -= 1
            if depth == DEEPEST:
                since = mark.end()
    return "".join((*kept, text[since:]))


def _loaded(text: str) -> JsonValue:
    found: JsonValue = json.loads(text, parse_int=_number)
    return found


def _number(digits: str) -> int | float:
    """Python makes no whole number of thousands of digits."""
    return int(digits) if len(digits) <= LONGEST_NUMBER else float(digits)
