"""Canonical JSON by RFC 8785: its own number table, an independent rule for floats, and what must be refused."""

import json
import struct
from decimal import Decimal
from enum import IntEnum, StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from engine.digest import canonical, decode, parse, sha256
from engine.errors import InvalidInput

APPENDIX_B = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}
"""IEEE 754 bits and their spelling, from RFC 8785 appendix B."""

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)


def ecmascript(value: float) -> str:
    """Number::toString of ECMA-262, steps 5 to 10, from the digits k, s and the exponent n of the shortest decimal."""
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    s, k = "".join(map(str, digits)), len(digits)
    n, minus = k + exponent, "-" if sign else ""
    plain = s + "0" * (n - k) if n >= k else s[:n] + "." + s[n:] if n > 0 else "0." + "0" * -n + s
    scientific = (s[0] + "." + s[1:] if k > 1 else s) + f"e{n - 1:+d}"
    return minus + (plain if -6 < n <= 21 else scientific)


@pytest.mark.parametrize(("bits", "text"), APPENDIX_B.items())
def test_numbers_of_the_rfc_are_spelled_as_it_says(bits: str, text: str) -> None:
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical(value).decode() == text


@given(st.floats(allow_nan=False, allow_infinity=False).filter(bool))
def test_every_float_is_spelled_by_the_rule_of_ecmascript(value: float) -> None:
    assert canonical(value).decode() == ecmascript(value)


@given(st.integers(-12, 26), st.integers(1, 10**17))
def test_floats_near_the_changes_of_notation_are_spelled_by_the_rule(power: int, digits: int) -> None:
    value = float(f"{digits}e{power - 17}")
    assert canonical(value).decode() == ecmascript(value)


@given(values)
def test_the_canonical_form_is_a_fixed_point(value: JsonValue) -> None:
    data = canonical(value)
    assert canonical(parse(data)) == data
    assert parse(data) == value


@given(st.dictionaries(st.text(), st.integers(0, 9)))
def test_names_are_ordered_by_utf16_code_units(value: dict[str, int]) -> None:
    names = list(json.loads(canonical(dict(value))))
    assert names == sorted(value, key=lambda name: list(struct.iter_unpack(">H", name.encode("utf-16-be"))))


def test_the_names_of_the_rfc_sort_as_it_says() -> None:
    value: JsonValue = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    assert list(json.loads(canonical(value))) == ["\r", "1", "\x80", "\xf6", "\u20ac", "\U0001f600", "\ufb33"]


def test_the_sample_of_the_rfc_gives_its_bytes() -> None:
    value: JsonValue = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": '€$\x0f\nA\'B"\\\\"/',
        "literals": [None, True, False],
    }
    assert canonical(value) == (
        rb'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        + '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'.encode()
    )


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\udc00\ud800"])
def test_a_lone_surrogate_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="lone surrogate"):
        canonical([text])
    with pytest.raises(InvalidInput, match="lone surrogate"):
        canonical({text: 1})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(InvalidInput, match="has no JSON form"):
        canonical({"score": value})


@pytest.mark.parametrize("value", [2**53, -(2**53), 10**400])
def test_an_integer_that_json_does_not_keep_is_refused(value: int) -> None:
    with pytest.raises(InvalidInput, match="outside the range"):
        canonical(value)


def test_what_is_no_json_value_is_refused() -> None:
    with pytest.raises(InvalidInput, match="`tuple`"):
        canonical({"pair": (1, 2)})  # type: ignore[dict-item]


def test_deep_nesting_is_refused_in_both_directions() -> None:
    value: JsonValue = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(InvalidInput, match="nested too deeply"):
        canonical(value)
    with pytest.raises(InvalidInput, match="nested too deeply"):
        decode(b"[" * 100_000 + b"]" * 100_000)


def test_enumerations_are_written_as_their_values() -> None:
    word = StrEnum("word", {"HELD": "held"})
    level = IntEnum("level", {"HIGH": 3})
    assert canonical({"state": word("held"), "impact": level(3)}) == b'{"impact":3,"state":"held"}'


@pytest.mark.parametrize(
    "data",
    [
        b"{ }",
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b"1.0",
        b"-0",
        b"1E3",
        b"1e3",
        b'"\\u0041"',
        b'"\\/"',
        b'"\\u000A"',
        b"[1,]",
        b"NaN",
        b"1e999",
        b'"\\ud800"',
        b'"\xff"',
        b"\xef\xbb\xbf1",
        b"1\n",
        b"",
        b"9007199254740993",
        b"1" * 5000,
    ],
)
def test_bytes_in_any_other_form_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        parse(data)


def test_a_digest_does_not_depend_on_the_order_of_names() -> None:
    assert sha256({"a": 1, "b": [1.0]}) == sha256({"b": [1], "a": 1.0})
