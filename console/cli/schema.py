"""The JSON Schema of playbook files, for editors, written from the models: `python -m console.cli.schema docs/schema`.

It describes the file as YAML has it. What a schema cannot say (facts in scope, names, calls, bounds of the whole) is
said by `fireline playbook check`.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import JsonValue

from actions.registry import ActionSpecs
from engine.model.action import ActionSpec
from engine.model.base import Json
from engine.model.steps import KEYS, PlaybookFile

DRAFT = "http://json-schema.org/draft-07/schema#"
FILE = "playbook.schema.json"

_CONDITION = "a condition in CEL over the facts in scope, true or false: `finding.severity_rank >= 3`"
_VALUE = "a literal, or one expression after `= `: `= finding.source.ip`"
_SAID: Mapping[str, str] = {
    "when": f"{_CONDITION}; where it does not hold, the step is skipped, and a playbook answers no finding",
    "if": _CONDITION,
    "while": f"{_CONDITION}; `round` counts from 0",
    "for_each": "an expression that gives a list of text: `= finding.hosts`",
    "switch": "an expression that gives text: `= answer.ask.kind`",
    "target": f"what it is done to: {_VALUE}",
    "params": f"the action's other parameters by name, each {_VALUE}",
    "inputs": f"what goes in, by name; of a call each is {_VALUE}",
    "text": "what people read; of a notice it may be one expression after `= `",
    "value": _VALUE,
    "because": "why, for people and the ledger",
    "name": "unique in the file; in expressions `-` and `.` are written `_`",
    "timeout": "longer is a failure",
    "lease": "how long the effect stays in force; policy may shorten it",
    "on_failure": "stop, continue, roll_back, or a step in its place",
    "as": "what an item is called in the block: `as: host` is the fact `each.host`",
    "at_most": "more is a failure",
}
_DURATION: Json = {
    "type": "string",
    "pattern": r"^(\s*(\d+(\.\d+)?\s*(min|[smhd])\s*)+|P[0-9YMDTHS.]+)$",
    "description": "a duration: days, hours, minutes, seconds",
    "examples": ["15s", "30m", "1h30m", "7d"],
}


def playbook_schema(actions: Iterable[ActionSpec]) -> Json:
    """The schema; the actions are named as proposals, for a site may have others."""
    schema: Json = PlaybookFile.model_json_schema(by_alias=True)
    kinds = {key: reference for key, reference in zip(KEYS, _kinds(schema), strict=True)}
    defined = schema["$defs"]
    assert isinstance(defined, dict)
    defined = {name: _plain(part) for name, part in defined.items()} | {"Step": _step(kinds), "Duration": _DURATION}
    _propose(defined["ActionStep"], actions)
    head = {"$schema": DRAFT, "title": "Fireline playbook", **_object(_plain(schema))}
    return {**head, "$defs": dict(sorted(defined.items()))}


def _kinds(schema: Json) -> list[str]:
    """How pydantic refers to each kind of step, in the order of `KEYS`."""
    steps = _object(_object(_object(schema["properties"])["steps"])["items"])["oneOf"]
    assert isinstance(steps, list)
    return [str(_object(one)["$ref"]) for one in steps]


def _step(kinds: Mapping[str, str]) -> Json:
    """One step; an editor that knows its kind complains about that kind only."""
    one: list[JsonValue] = [{"required": [key]} for key in kinds]
    each: list[JsonValue] = [{"if": {"required": [key]}, "then": {"$ref": ref}} for key, ref in kinds.items()]
    return {"type": "object", "description": "which key it has says what it is", "oneOf": one, "allOf": each}


def _plain(part: JsonValue) -> JsonValue:
    """A part of pydantic's schema without titles, with durations and steps by reference, and its fields described."""
    match part:
        case {"oneOf": [{"$ref": str(first)}, *others]} if (
            first.endswith("/ActionStep") and len(others) == len(KEYS) - 1
        ):
            return {"$ref": "#/$defs/Step"}
        case {"anyOf": [one, {"type": "null"}], "default": None}:
            return _plain(one)  # left out, not written as nothing: an editor then says what is wrong in it
        case {"format": "duration"}:
            return {"$ref": "#/$defs/Duration"}
        case dict() if isinstance(fields := part.get("properties"), dict):
            described: Json = {key: _described(key, one) for key, one in fields.items()}
            return {**_object(_plain({**part, "properties": None})), "properties": described}
        case dict():
            return {key: _plain(inner) for key, inner in part.items() if key not in ("title", "$defs")}
        case list():
            return [_plain(inner) for inner in part]
    return part


def _described(field: str, schema: JsonValue) -> JsonValue:
    plain = _object(_plain(schema))
    # Beside a reference draft 7 reads nothing else.
    whole: Json = {"allOf": [plain]} if "$ref" in plain else plain
    return {**whole, "description": _SAID[field]} if field in _SAID else plain


def _propose(step: JsonValue, actions: Iterable[ActionSpec]) -> None:
    fields = _object(_object(step)["properties"])
    known: list[JsonValue] = [{"const": spec.id, "description": spec.summary} for spec in actions]
    fields["action"] = {"anyOf": [*known, fields["action"]]}


def _object(part: JsonValue) -> Json:
    assert isinstance(part, dict)
    return part


def write(folder: Path) -> None:
    """The schema as the file that editors read."""
    text = json.dumps(playbook_schema(ActionSpecs().all()), indent=2, ensure_ascii=False)
    (folder / FILE).write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
