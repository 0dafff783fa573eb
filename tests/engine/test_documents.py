"""YAML with positions: plain data only, and everything wrong told at its place."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from engine.documents import DEPTH_LIMIT, SIZE_LIMIT, parse, read
from engine.errors import InvalidFile


class Room(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    beds: int = 1


class House(BaseModel):
    model_config = ConfigDict(extra="forbid")
    rooms: tuple[Room, ...]


def problems_of(text: str) -> list[str]:
    with pytest.raises(InvalidFile) as caught:
        parse(text, "f.yaml")
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\na: 2\n", "f.yaml:2:1: key `a` stands here twice"),
        ("a: &x 1\n", "f.yaml:1:4: anchor `&x`: write the value where it belongs"),
        ("a: *x\n", "f.yaml:1:4: alias `*x`: write the value itself"),
        ("a: !ruby/object 1\n", "f.yaml:1:4: tag `!ruby/object`: only plain data may stand here"),
        ("a: !!str 1\n", "f.yaml:1:4: tag `tag:yaml.org,2002:str`: only plain data may stand here"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2:1: only one document may stand in a file"),
        ("1: a\n", "f.yaml:1:1: a key must be text"),
        ("? [a]\n: b\n", "f.yaml:1:3: a key must be text"),
        ("a:\n\t- b\n", "f.yaml:2:1: found character '\\t' that cannot start any token"),
        ("a: [1,\n", "f.yaml:2:1: expected the node content, but found '<stream end>'"),
        ('a: "\\0"\n', "f.yaml:1:4: holds a character that has no place in text"),
        ('a: "\\ud800"\n', "f.yaml:1:4: holds a character that has no place in text"),
        ("- a\n", "f.yaml:1:1: must be a mapping of names to values"),
        ("---\n", "f.yaml:1:1: must be a mapping of names to values"),
    ],
)
def test_what_is_no_plain_mapping_is_refused_at_its_place(text: str, problem: str) -> None:
    assert problems_of(text) == [problem]


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n"])
def test_a_file_that_says_nothing_is_an_empty_mapping(text: str) -> None:
    document = parse(text, "f.yaml")
    assert document.data == {}
    with pytest.raises(InvalidFile, match=r"^f\.yaml:1:1: `rooms` is missing$"):
        document.validate(House)


def test_an_anchor_and_its_alias_are_both_told() -> None:
    assert problems_of("a: &x 1\nb: *x\n") == [
        "f.yaml:1:4: anchor `&x`: write the value where it belongs",
        "f.yaml:2:4: alias `*x`: write the value itself",
    ]


def test_all_problems_are_told_at_once() -> None:
    assert len(problems_of("a: 1\na: 2\n1: x\nb: &x 3\nc: *x\nd: !foo 4\n")) == 5


def test_nesting_is_judged_before_anything_is_built() -> None:
    [problem] = problems_of("a: " + "[" * 50_000)
    assert problem == f"f.yaml:1:{4 + DEPTH_LIMIT}: is nested more than {DEPTH_LIMIT} levels deep"


def test_a_file_too_large_is_refused() -> None:
    [problem] = problems_of("a: " + "x" * SIZE_LIMIT)
    assert problem == f"f.yaml:1:1: the file is larger than {SIZE_LIMIT} bytes"
    with pytest.raises(InvalidFile, match=r"^f\.yaml:1:1: the file is larger than 4 bytes$"):
        parse("a: 12", "f.yaml", 4)
    assert parse("a: 1", "f.yaml", 4).data == {"a": 1}


def test_only_json_comes_out_and_no_stays_text() -> None:
    text = (
        "a: no\nb: on\nc: 12\nd: 1.50\ne: true\nf:\ng: 2026-01-02\nh: 0x10\ni: 1e999\nj: .inf\nk: 12345678901234567\n"
        "l: yes*\nm: 08:30\nn: 2026-01-02T03:04:05Z\n"
    )
    assert parse(text, "f.yaml").data == {
        "a": "no", "b": "on", "c": 12, "d": 1.5, "e": True, "f": None, "g": "2026-01-02", "h": "0x10",
        "i": "1e999", "j": ".inf", "k": "12345678901234567", "l": "yes*", "m": "08:30", "n": "2026-01-02T03:04:05Z",
    }  # fmt: skip


def test_a_directive_does_not_bring_old_yaml_back() -> None:
    assert parse("%YAML 1.1\n---\na: no\n", "f.yaml").data == {"a": "no"}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: abc\n", (1, 6)),
        ("a: 'abc'\n", (1, 7)),
        ('a: "abc"\n', (1, 7)),
        ("a: 'it''s'\n", (1, 4)),
        ('a: "a\\tbc"\n', (1, 4)),
        ("a: >\n  abc\n", (1, 4)),
        ("a: abc\n  def\n", (1, 4)),
    ],
)
def test_a_character_of_a_scalar_is_found_where_columns_map_and_else_its_start(
    text: str, place: tuple[int, int]
) -> None:
    inside = parse(text, "f.yaml").at(("a",)).inside(1, 3)
    assert (inside.line, inside.column) == place


def test_every_problem_of_the_content_is_told_with_its_place() -> None:
    text = "rooms:\n  - name: kitchen\n  - name: 3\n    beds: many\n    size: 7\n  - beds: 2\n"
    with pytest.raises(InvalidFile) as caught:
        parse(text, "h.yaml").validate(House)
    assert str(caught.value).splitlines() == [
        "h.yaml:3:11: `rooms.1.name`: input should be a valid string",
        "h.yaml:4:11: `rooms.1.beds`: input should be a valid integer",
        "h.yaml:5:5: unknown key `rooms.1.size`",
        "h.yaml:6:5: `rooms.2.name` is missing",
    ]


class Furnished(BaseModel):
    sizes: dict[Annotated[str, Field(pattern="^[a-z]+$")], Literal["all"] | int]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("sizes: {Two: 1}\n", "h.yaml:1:14: `sizes.Two`: string should match pattern '^[a-z]+$'"),
        ("sizes: {a: x}\n", "h.yaml:1:12: `sizes.a`: input should be 'all'"),
        ("sizes: 3\n", "h.yaml:1:8: `sizes`: input should be an object"),
    ],
)
def test_a_problem_is_named_as_the_file_names_it(text: str, problem: str) -> None:
    with pytest.raises(InvalidFile) as caught:
        parse(text, "h.yaml").validate(Furnished)
    assert str(caught.value.problems[0]) == problem


def test_a_good_file_becomes_its_model(tmp_path: Path) -> None:
    path = tmp_path / "h.yaml"
    path.write_text("rooms: [{name: hall}]")
    assert read(path).validate(House) == House(rooms=(Room(name="hall"),))


def test_a_text_read_again_is_what_it_was_whatever_became_of_the_first() -> None:
    text = "rooms: [{name: hall, beds: 2.50}]"
    first = parse(text, "f.yaml")
    first.data.clear()
    again = parse(text, "f.yaml")
    assert again.data == {"rooms": [{"name": "hall", "beds": 2.5}]}
    assert again.values == first.values


def test_the_same_text_under_another_name_stands_in_that_file() -> None:
    first, second = parse("rooms: 1", "f.yaml"), parse("rooms: 1", "g.yaml")
    assert [document.at(["rooms"]).file for document in (first, second)] == ["f.yaml", "g.yaml"]


def test_what_is_wrong_with_a_text_is_told_each_time_it_is_read() -> None:
    assert (
        problems_of("a: &b 1")
        == problems_of("a: &b 1")
        == ["f.yaml:1:4: anchor `&b`: write the value where it belongs"]
    )


def test_limits_hold_for_a_text_that_was_read_under_wider_ones() -> None:
    parse("a: [[1]]", "f.yaml")
    with pytest.raises(InvalidFile, match="larger than 4 bytes"):
        parse("a: [[1]]", "f.yaml", limit=4)
    with pytest.raises(InvalidFile, match="more than 1 levels deep"):
        parse("a: [[1]]", "f.yaml", depth=1)


def test_a_file_that_is_not_there_or_no_text_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"a: b\nc: \xff\n")
    with pytest.raises(InvalidFile, match="absent.yaml: cannot be read: No such file"):
        read(tmp_path / "absent.yaml")
    with pytest.raises(InvalidFile, match=r"binary.yaml:2:4: is not UTF-8 text"):
        read(tmp_path / "binary.yaml")


SHAPES = st.text(alphabet="ab: -[]{}'\"|>&*!#%\n\t?,0.\\xuU\ud800", max_size=60)


@given(st.one_of(st.text(max_size=60), SHAPES))
def test_no_text_raises_anything_but_positioned_bad_input(text: str) -> None:
    try:
        assert isinstance(parse(text, "f.yaml").data, dict)
    except InvalidFile as error:
        assert all(str(problem).startswith("f.yaml:") for problem in error.problems)
