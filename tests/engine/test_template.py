"""Values never become structure, nor places of their own, in what is sent to systems of others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from engine.template import fill, fill_path, pick, places

HOSTILE = '"}, {"x": 1}, {key} {title} \\ \n %'


def shape_of(value: JsonValue) -> object:
    """All of a value but its texts."""
    match value:
        case dict():
            return {name: shape_of(one) for name, one in value.items()}
        case list():
            return [shape_of(one) for one in value]
        case _:
            return type(value)


@given(st.text(), st.text())
def test_whatever_a_value_says_the_structure_is_the_template_s(title: str, key: str) -> None:
    template: JsonValue = {"fields": {"title": "{title}", "tags": ["fireline", "{key}"], "n": 3, "on": True}}
    made = fill(template, {"title": title, "key": key})
    assert shape_of(made) == shape_of(template)
    assert isinstance(made, dict)
    assert made["fields"] == {"title": title, "tags": ["fireline", key], "n": 3, "on": True}


def test_what_a_value_says_is_not_looked_at_again() -> None:
    assert fill("{title}!", {"title": HOSTILE, "key": "secret"}) == f"{HOSTILE}!"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_in_a_path_a_value_is_one_part_and_nothing_else(value: str) -> None:
    path = fill_path("/tickets/{ticket}?q={ticket}", {"ticket": value})
    assert path.count("/") == 2 and path.count("?") == 1 and path.count("&") == 0 and path.count("#") == 0
    assert path.isascii() and not {*path} & {" ", "\n", "\r", "{", "}"}


def test_an_item_that_speaks_of_lines_stands_there_once_for_each() -> None:
    template: JsonValue = {"content": [{"text": "first"}, {"of": [{"text": "{line} of {key}"}]}]}
    assert fill(template, {"key": "K"}, ["a", "{key}"]) == {
        "content": [{"text": "first"}, {"of": [{"text": "a of K"}]}, {"of": [{"text": "{key} of K"}]}]
    }


def test_places_are_found_wherever_they_are() -> None:
    assert sorted(places({"a": ["{key}", {"b": "{title}{line}"}], "{not_a_name}": 1})) == ["key", "line", "title"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("items.0.id", "7"), ("items.1.id", None), ("items.0", None), ("key", "SEC-1"), ("none", None), ("key.0", None),
        ("items.x.id", None), ("on", None), ("empty", None), ("null", None),
    ],
)  # fmt: skip
def test_what_is_picked_from_an_answer_is_text_or_nothing(path: str, found: str | None) -> None:
    answer: JsonValue = {"items": [{"id": 7}], "key": "SEC-1", "on": True, "empty": "", "null": None}
    assert pick(answer, path) == found
