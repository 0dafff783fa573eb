"""Whatever some user of another system wrote there, the rest of what it answers is read."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from console.outgoing.answers import DEEPEST, Received, json_in, object_in, read, readable, shallow
from engine.errors import TargetUnavailable

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
ANY: st.SearchStrategy[JsonValue] = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


class Named(Received):
    name: str


def nested(levels: int) -> str:
    """With brackets in texts, and texts that end with a backslash or have a quote in them."""
    return '[{"]\\"": ' * levels + '"]}\\\\"' + "}]" * levels


@pytest.mark.parametrize("levels", [1, 250, 990, 100_000])
def test_what_is_nested_however_deep_keeps_nothing_beside_it_from_being_read(levels: int) -> None:
    answer = json_in(f'{{"deep": {nested(levels)}, "name": "a [{{ \\" name"}}'.encode())
    assert readable(Named, answer) == Named(name='a [{ " name')


def test_only_what_is_too_deep_is_null() -> None:
    assert json.loads(shallow("[" * (DEEPEST + 1) + "1" + "]" * (DEEPEST + 1))) == _lists(DEEPEST, None)
    assert json.loads(shallow("[" * DEEPEST + "1" + "]" * DEEPEST)) == _lists(DEEPEST, 1)


def _lists(levels: int, innermost: JsonValue) -> JsonValue:
    return innermost if levels == 0 else [_lists(levels - 1, innermost)]


@given(ANY, st.booleans())
def test_what_is_not_deep_stays_as_it_is(value: JsonValue, ascii_alone: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_alone)
    assert shallow(text) == text


@given(st.text(alphabet='[]{}":,\\1 ', max_size=200))
def test_what_is_no_json_does_not_become_it(text: str) -> None:
    if not _is_json(text):
        assert not _is_json(shallow("[" * 60 + text)), text


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def test_a_number_of_any_length_and_bytes_that_are_no_text_are_read() -> None:
    answer = json_in(b'\xef\xbb\xbf{"long": -%s, "short": 42, "name": "\xff"}' % (b"9" * 5000))
    assert repr(answer) == repr({"long": -math.inf, "short": 42, "name": "\N{REPLACEMENT CHARACTER}"})


@pytest.mark.parametrize("answer", [b"", b"[]", b'"text"', b"{", b"[" * 2000, b'{"a": ' * 2000, b"\x00"])
def test_what_is_no_object_is_trouble_of_whoever_answers(answer: bytes) -> None:
    with pytest.raises(TargetUnavailable, match="^the board answers with something else than JSON$"):
        object_in(answer, "the board")


def test_an_answer_without_what_it_has_to_say_is_trouble_that_repeats_none_of_it() -> None:
    assert read(Named, {"name": "anna", "more": 1}, "the board") == Named(name="anna")
    with pytest.raises(TargetUnavailable, match="^the board answers without what is promised there$") as error:
        read(Named, {"name": ["a secret"]}, "the board")
    assert error.value.__cause__ is None
