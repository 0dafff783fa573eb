"""A context file as JSON, which programs write: the same shape as the YAML that people write."""

import json
from collections.abc import Sequence

from pydantic import ValidationError

from engine.context.file import ContextFile
from engine.errors import InvalidFile, InvalidInput

TOLD = 100
"""Mistakes that are named."""


def read(file: str, text: str) -> ContextFile:
    """The content; raise `InvalidFile` with the path of each value that is wrong."""
    try:
        return ContextFile.model_validate(parse(file, text))
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)[:TOLD]
        problems = (InvalidInput(f"{path(one['loc'])}: {one['msg'].removeprefix('Value error, ').lower()}", file=file)
                    for one in found)  # fmt: skip
        raise InvalidFile(tuple(problems)) from error


def parse(file: str, text: str) -> object:
    """Any JSON without keys that stand twice; raise `InvalidInput` with the place where it is none."""
    try:
        return json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise InvalidInput(
            f"is no JSON: {error.msg.lower()}", file=file, line=error.lineno, column=error.colno
        ) from error
    except KeyError as error:
        raise InvalidInput(f"key `{error.args[0]}` stands twice", file=file) from None
    except RecursionError:
        raise InvalidInput("is nested too deeply", file=file) from None


def path(steps: Sequence[str | int]) -> str:
    """A place in it, as `assets.3.criticality`."""
    return ".".join(map(str, steps)) or "the whole"


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise KeyError(key)
        found[key] = value
    return found
