"""The schema for editors: it is what the models say, and takes and refuses what they do."""

import json
from pathlib import Path

import fastjsonschema
import pytest

from actions.registry import ActionSpecs
from console.cli.schema import FILE, playbook_schema, write
from engine.documents import SIZE_LIMIT, parse
from engine.model.base import Json
from engine.model.steps import KEYS
from engine.playbook_file import DEPTH

ROOT = Path(__file__).parents[3]
FULL = ROOT / "tests" / "engine" / "playbooks" / "full.yaml"
FILES = [*(ROOT / "workflows" / "playbooks").glob("*.yaml"), *FULL.parent.glob("*.yaml")]
SCHEMA: Json = playbook_schema(ActionSpecs().all())
accept = fastjsonschema.compile(SCHEMA)


def content(text: str) -> Json:
    return parse(text, "p.yaml", SIZE_LIMIT, DEPTH).data


def test_the_file_in_the_documents_is_what_the_models_say(tmp_path: Path) -> None:
    write(tmp_path)
    shipped = (ROOT / "docs" / "schema" / FILE).read_text()
    assert shipped == (tmp_path / FILE).read_text(), "run python -m console.cli.schema docs/schema"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_playbook_passes(file: Path) -> None:
    accept(content(file.read_text()))


@pytest.mark.parametrize(
    ("before", "after", "about"),
    [
        ("task: Look", "tsk: Look", "steps[1]"),
        ("wait: 5m", "wait: five", "steps[2].else[0].wait"),
        ("wait: 5m", "wait: 5m, verdict: test", "steps[2].else[0]"),
        ("at_most: 5", "at_most: 500", "steps[4].at_most"),
        ("on_failure: continue", "on_failure: go_on", "on_failure"),
        ("type: choice", "type: chice", "questions[1].type"),
        ("version: 2", "version: two", "version"),
        ("owner: governance\n", "", "owner"),
        ("when: finding", "wehn: finding", "wehn"),
        ("name: hold", "name: Hold", "steps[2].else[0].name"),
    ],
)
def test_what_the_engine_refuses_by_its_shape_an_editor_refuses_too(before: str, after: str, about: str) -> None:
    text = FULL.read_text()
    assert before in text
    with pytest.raises(fastjsonschema.JsonSchemaException) as caught:
        accept(content(text.replace(before, after, 1)))
    assert about in str(caught.value)


def test_durations_are_those_that_people_write() -> None:
    duration = fastjsonschema.compile({**SCHEMA, **{"$ref": "#/$defs/Duration"}})
    for text in ("15s", "30m", "1h30m", "7 d", "1.5h", "PT30M"):
        duration(text)
    with pytest.raises(fastjsonschema.JsonSchemaException):
        duration("30")


def test_expressions_and_conditions_are_explained() -> None:
    defined = SCHEMA["$defs"]
    assert isinstance(defined, dict)
    shown = json.dumps([defined["ActionStep"], defined["IfStep"], defined["WhileStep"], defined["SwitchStep"]])
    assert "a condition in CEL over the facts in scope" in shown
    assert "`= finding.source.ip`" in shown
    assert "`round` counts from 0" in shown


def test_every_kind_of_step_is_told_apart_by_its_key() -> None:
    defined = SCHEMA["$defs"]
    assert isinstance(defined, dict)
    step = defined["Step"]
    assert isinstance(step, dict)
    assert step["oneOf"] == [{"required": [key]} for key in KEYS]
