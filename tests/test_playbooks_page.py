"""The page about playbooks: every example on it loads, and what it quotes is what is said."""

import json
import re
from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from console.playbook_telling import tell
from engine import documents
from engine.errors import InvalidFile
from engine.model.base import Json
from engine.model.steps import KEYS, AnswerType, Common, InputType, OnFailure, PlaybookFile, kind_of
from engine.playbook import Playbook, walk
from engine.playbook_file import parse_playbook
from engine.playbook_outline import CALLS, NESTING, STEPS
from engine.playbook_scope import EVERYWHERE

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "playbooks.md").read_text()
EXAMPLES = re.findall(r"(?ms)^```yaml\n(.*?)^```", PAGE)
WHOLE, CALLED = (text for text in EXAMPLES if "\nsteps:\n" in text)
PARTS = [text for text in EXAMPLES if text.startswith("- ")]
HEAD = next(text for text in EXAMPLES if text.startswith("techniques"))
MISTAKE, TREE = re.findall(r"(?ms)^```text\n(.*?)\n```", PAGE)
SPECS = ActionSpecs()
CALLEE = parse_playbook(CALLED, "called.yaml", SPECS)


def load(*parts: str) -> Playbook:
    """The page's whole playbook with these steps after its own."""
    content = documents.parse(WHOLE, "playbooks.md").data
    steps = content["steps"]
    assert isinstance(steps, list)
    for part in parts:
        more = documents.parse("steps:\n" + part, "playbooks.md").data["steps"]
        assert isinstance(more, list)
        steps += more
    return whole(content)


def whole(content: Json) -> Playbook:
    return parse_playbook(json.dumps(content), "playbooks.md", SPECS, [CALLEE])


def test_the_whole_playbook_is_one() -> None:
    assert load().id == "mine"


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.partition("\n")[0])
def test_every_example_fits_into_it(part: str) -> None:
    assert len(load(part).block) > len(load().block)


def test_the_examples_fit_together_and_show_every_kind_of_step() -> None:
    assert {kind_of(step.step) for step in walk(load(*PARTS).block)} == set(KEYS)


def test_the_example_of_a_head_fits_on_it() -> None:
    head = documents.parse(HEAD, "playbooks.md").data
    assert {*head} < {*whole({**documents.parse(WHOLE, "playbooks.md").data, **head}).content}


def test_every_kind_of_step_is_explained() -> None:
    assert [key for key in KEYS if f"**`{key}`**" not in PAGE] == []


def test_every_key_of_a_file_and_of_every_step_is_explained() -> None:
    keys = {*PlaybookFile.model_fields, *Common.model_fields}
    assert [key for key in keys if f"`{key}`" not in PAGE] == []


def test_every_handling_type_and_kind_of_answer_is_explained() -> None:
    words = [*OnFailure, *InputType, *(answer for answer in AnswerType if answer is not AnswerType.YES_NO)]
    assert [word for word in words if f"`{word}`" not in PAGE] == []


def test_every_family_of_facts_is_named() -> None:
    families = {name.partition(".")[0] for name in load(*PARTS).facts} | {"input"}
    rows = re.findall(r"(?m)^\| (`.*?) \|", PAGE.partition("| fact |")[2])
    assert {name.partition(".")[0] for row in rows for name in re.findall(r"`([\w.*]+)`", row)} == families
    assert {name.partition(".")[0] for name in EVERYWHERE} == {"finding", "incident", "source"}


def test_a_mistake_is_told_as_quoted() -> None:
    with pytest.raises(InvalidFile) as caught:
        parse_playbook(WHOLE.replace("host.isolate", "host.isolat"), "mine.yaml", SPECS)
    assert str(caught.value) == MISTAKE


def test_the_tree_is_as_quoted() -> None:
    playbook = load()
    assert "\n".join(tell(playbook)).replace(playbook.digest[:16], "DIGEST") == TREE


def test_the_schema_lies_where_an_editor_is_told_to_look() -> None:
    [address] = re.findall(r"\$schema=\.\./(\S+)", WHOLE)
    assert (ROOT / address).is_file()


def test_the_limits_are_those_that_hold() -> None:
    assert f"At most {STEPS} steps in a file" in PAGE
    assert f"{NESTING} blocks and {CALLS} calls within each other" in PAGE
