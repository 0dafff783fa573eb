"""YAML files: what is wrong in them is said with its position."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from engine.document import parse, read, validate
from engine.errors import InvalidFile, InvalidInput


class Room(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    beds: int = 1


class House(BaseModel):
    model_config = ConfigDict(extra="forbid")
    rooms: list[Room]


TEXT = """\
rooms:
  - name: kitchen
  - name: attic
    beds: many
    size: 7
"""


def test_every_problem_is_told_with_file_line_and_column() -> None:
    with pytest.raises(InvalidFile) as caught:
        validate(House, parse(TEXT, "house.yaml"))
    first, second = str(caught.value).splitlines()
    assert first.startswith("house.yaml:4:11: `rooms.1.beds`: input should be a valid integer")
    assert second == "house.yaml:5:5: unknown key `rooms.1.size`"


def test_a_missing_key_is_told_where_it_should_stand() -> None:
    with pytest.raises(InvalidFile, match=r"^h\.yaml:2:5: `rooms\.0\.name` is missing$"):
        validate(House, parse("rooms:\n  - beds: 2\n", "h.yaml"))


def test_a_good_file_becomes_its_model() -> None:
    assert validate(House, parse("rooms: [{name: hall}]", "h.yaml")) == House(rooms=[Room(name="hall")])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2\n", "f.yaml:2:1: found duplicate key"),
        ("a: &x 1\nb: *x\n", "f.yaml:2:4: aliases are not allowed"),
        ("- a\n", "f.yaml:1:1: must be a mapping"),
        ("a: [1,\n", "f.yaml:2:1: "),
        ("a: " + "[" * 5000, "f.yaml: is nested too deeply"),
    ],
)
def test_what_is_no_plain_mapping_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(text, "f.yaml")
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_only_plain_data_comes_out() -> None:
    text = "a: no\nb: 0x10\nc: 1.50\nd: 2026-01-02\ne: yes*\nf: true\ng:\n1: one\n"
    assert parse(text, "f.yaml").value == {
        "a": "no", "b": 16, "c": 1.5, "d": "2026-01-02", "e": "yes*", "f": True, "g": None, "1": "one",
    }  # fmt: skip


def test_a_file_that_is_not_there_or_no_text_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidInput, match="cannot be read"):
        read(tmp_path / "absent.yaml")
    with pytest.raises(InvalidInput, match="is not UTF-8 text"):
        read(tmp_path / "binary")


@given(st.text(max_size=60))
def test_no_text_raises_anything_but_bad_input(text: str) -> None:
    try:
        assert isinstance(parse(text, "f.yaml").value, dict)
    except InvalidInput as error:
        assert str(error).startswith("f.yaml")
