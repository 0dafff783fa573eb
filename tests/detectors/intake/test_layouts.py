"""The same records in every layout that JSON comes in, and the exact place of everything that is broken."""

import io
import itertools
import json

import pytest

from detectors.intake.framing import LIMIT, Malformed, Record, pieces
from detectors.intake.window import Window

OBJECTS = [{"n": 0, "deep": {"list": [1, {"a": '}"{'}]}}, {"n": 1}, {"n": 2, "text": "line\nbreak ] \\"}]


def framed(text: str | bytes) -> list[Record | Malformed]:
    raw = text.encode() if isinstance(text, str) else text
    return list(pieces(Window(io.BytesIO(raw))))


def numbers(text: str | bytes) -> list[object]:
    return [piece.value.get("n") for piece in framed(text) if isinstance(piece, Record)]


def faults(text: str | bytes) -> list[tuple[int, int, str]]:
    return [(piece.line, piece.column, piece.message) for piece in framed(text) if isinstance(piece, Malformed)]


LAYOUTS = {
    "lines": "\n".join(map(json.dumps, OBJECTS)),
    "lines with blanks and carriage returns": "\r\n\r\n".join(map(json.dumps, OBJECTS)) + "\r\n",
    "array on one line": json.dumps(OBJECTS),
    "array, one element a line": "[\n" + ",\n".join(map(json.dumps, OBJECTS)) + "\n]\n",
    "pretty-printed array": json.dumps(OBJECTS, indent=2),
    "array closed and opened on one line": "["
    + "}, {".join(json.dumps(OBJECTS, indent=4).strip("[]").split("},\n    {"))
    + "]",
    "pretty-printed objects behind each other": "\n".join(json.dumps(item, indent=4) for item in OBJECTS),
    "objects without anything between": "".join(map(json.dumps, OBJECTS)),
    "an array a line": "\n".join(json.dumps([item]) for item in OBJECTS),
    "byte order mark": "\ufeff" + json.dumps(OBJECTS),
    "pretty-printed without indentation": json.dumps(OBJECTS, indent=0),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_records(layout: str) -> None:
    assert [piece.value for piece in framed(LAYOUTS[layout]) if isinstance(piece, Record)] == OBJECTS
    assert faults(LAYOUTS[layout]) == []


@pytest.mark.parametrize("text", ["", "\n\n", "[]", " [ ] ", "\ufeff"])
def test_an_input_without_records_is_no_error(text: str) -> None:
    assert framed(text) == []


def test_a_record_knows_where_it_begins() -> None:
    places = [(piece.line, piece.column) for piece in framed('[{"n": 0},\n  {"n": 1}]\n\n{"n": 2}')]
    assert places == [(1, 2), (2, 3), (4, 1)]


GOOD = '{"n": 1}'
BROKEN = [
    ('{"a": 1, "a": 2}', 10, "name `a` stands twice in one object"),
    ('{"a": NaN}', 7, "`NaN` is not JSON"),
    ('{"a": [-Infinity]}', 8, "`-Infinity` is not JSON"),
    ('{"a": 1e999}', 7, "number `1e999` is out of range"),
    ('{"a": "\\ud800"}', 7, "half of a surrogate pair in text"),
    ('{"a": 01}', 8, "malformed JSON: expecting ',' delimiter"),
    ('{"a": tru}', 7, "malformed JSON: expecting value"),
    ("{'a': 1}", 2, "malformed JSON: expecting property name enclosed in double quotes"),
    ('{"a": "cut', 11, "malformed JSON: invalid control character"),
    ('{"a": "tab\tinside"}', 11, "malformed JSON: invalid control character"),
    ('{"a": "\\x"}', 8, "malformed JSON: invalid \\escape"),
    ('{"a": }', 7, "malformed JSON: expecting value"),
    ("plain text", 1, "expected a JSON object or an array of them"),
    ("[2026-11-21] a log line", 1, "expected a JSON object or an array of them"),
    ('"a text"', 1, "expected a JSON object or an array of them"),
    ("]", 1, "expected a JSON object or an array of them"),
    ('{"a":' * 65 + "1" + "}" * 65, 5 * 64 + 1, "nested deeper than 64 levels"),
    ('{"a":' * 5000 + "1" + "}" * 5000, 5 * 64 + 1, "nested deeper than 64 levels"),
]


@pytest.mark.parametrize(("broken", "column", "message"), BROKEN)
def test_a_broken_line_is_named_exactly_and_costs_nothing_else(broken: str, column: int, message: str) -> None:
    text = f"{GOOD}\n  {broken}\n{GOOD}\n"
    assert faults(text) == [(2, column + 2, message)]
    assert numbers(text) == [1, 1]


@pytest.mark.parametrize(("broken", "column", "message"), [case for case in BROKEN if case[0][0] + case[0][-1] == "{}"])
def test_a_broken_element_costs_nothing_else(broken: str, column: int, message: str) -> None:
    text = f"[\n  {GOOD},\n  {broken},\n  {GOOD}\n]\n{GOOD}"
    assert faults(text) == [(3, column + 2, message)]
    assert numbers(text) == [1, 1, 1]


def test_a_bad_value_in_a_pretty_printed_element_costs_only_that_element() -> None:
    text = json.dumps([{"n": 0}, {"n": "BAD", "more": {"x": [1, 2]}}, {"n": 2}], indent=2).replace('"BAD"', "NaN")
    assert faults(text) == [(6, 10, "`NaN` is not JSON")]
    assert numbers(text) == [0, 2]


def test_a_bad_element_on_one_line_with_others_costs_only_that_element() -> None:
    text = '[{"n": 0}, {"n": Infinity, "x": {"y": "}"}}, {"n": 2}] {"n": 3}'
    assert faults(text) == [(1, 18, "`Infinity` is not JSON")]
    assert numbers(text) == [0, 2, 3]


@pytest.mark.parametrize("cut", ['{"a":', '{"a": {"b": 1}', '{"a": [', '{"a": [1,', '{"a": {', "{", '{"a": "x",'])
def test_a_cut_line_does_not_swallow_the_lines_behind_it(cut: str) -> None:
    text = f"{cut}\n" + f"{GOOD}\n" * 3
    assert len(faults(text)) == 1
    assert numbers(text) == [1, 1, 1]


def test_many_cut_lines_do_not_swallow_the_lines_between_them() -> None:
    assert numbers(f'{{"a":\n{GOOD}\n' * 200) == [1] * 200


def test_a_log_line_that_quotes_a_record_is_no_record() -> None:
    assert numbers(f"sshd: bad user {GOOD}\n") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[{"n": 1} {"n": 2}]', [(1, 11, "expected `,` or `]`")]),
        ('[{"n": 1},, {"n": 2}]', [(1, 11, "expected an object")]),
        ('[{"n": 1}, {"n": 2},]', [(1, 21, "expected an object")]),
        (
            '[{"n": 1}, 7, "x", null, [{}], {"n": 2}]',
            [(1, column, "expected an object") for column in (12, 15, 20, 26)],
        ),
        ('[{"n": 1}, {"n": 2}', [(1, 20, "the input ends inside an array")]),
    ],
)
def test_a_sloppy_array_is_complained_about_and_read(text: str, expected: list[tuple[int, int, str]]) -> None:
    assert faults(text) == expected
    assert numbers(text) == [1, 2]


def test_wrong_bytes_are_named_and_the_rest_goes_on() -> None:
    text = GOOD.encode() + b'\n{"a": "caf\xe9"}\n' + GOOD.encode()
    assert faults(text) == [(2, 11, "byte 0xe9 is not UTF-8")]
    assert numbers(text) == [1, 1]


def test_other_encodings_are_refused_and_not_guessed() -> None:
    assert numbers(GOOD.encode("utf-16")) == []
    assert faults(GOOD.encode("utf-16"))


def test_control_characters_and_text_direction_marks_stay_data() -> None:
    (record,) = framed('{"n": "\\u0000\\u001b[31m\u202egnp.exe\\u0085\U0001f525"}')
    assert isinstance(record, Record)
    assert record.value == {"n": "\x00\x1b[31m\u202egnp.exe\x85\U0001f525"}


@pytest.mark.parametrize("layout", ["{},\n{}", "{}\n{}", "[{},{}]"])
def test_a_record_over_the_limit_is_refused_and_the_next_is_read(layout: str) -> None:
    huge = json.dumps({"n": "x" * LIMIT})
    text = f"[{layout}]" if layout[-1] != "]" and "," in layout else layout
    text = text.replace("{}", huge, 1).replace("{}", GOOD, 1)
    (place,) = faults(text)
    assert place[2] == f"record over {LIMIT} characters"
    assert numbers(text) == [1]


def test_a_record_at_the_limit_is_read() -> None:
    text = json.dumps({"n": "x"})
    fitting = text.replace("x", "x" * (LIMIT - len(text) + 1))
    assert len(fitting) == LIMIT
    assert faults(f"{fitting}\n{GOOD}") == []


class Long:
    """An input of any length that is never whole anywhere, and how much of it was asked for at once."""

    def __init__(self, opening: bytes, chunk: bytes, times: int) -> None:
        self.chunks = itertools.chain([opening], itertools.repeat(chunk, times))
        self.largest = 0

    def read1(self, size: int) -> bytes:
        self.largest = max(self.largest, size)
        return next(self.chunks, b"")


def test_an_array_is_never_held_whole() -> None:
    window = Window(Long(b"[", (b'{"n": "' + b"x" * 500 + b'"},') * 100, 600))
    sizes = [window.size for piece in pieces(window) if isinstance(piece, Record)]
    assert len(sizes) == 60_000
    assert max(sizes) < 200_000


@pytest.mark.parametrize(
    "opening", [b'{"a": "', b'[{"a": "', b"x", b'{"a"', b"[", b"", b'{"a": [[[', b'{"a": NaN, "b": "']
)
@pytest.mark.parametrize("chunk", [b"x" * 65_000, b" " * 65_000, b"\\" * 65_001, b"\xff" * 65_000])
def test_an_endless_line_is_never_held_whole(opening: bytes, chunk: bytes) -> None:
    stream = Long(opening, chunk, 200)
    window = Window(stream)
    longest = max([len(window.text) for _ in pieces(window)], default=0)
    assert max(longest, stream.largest) <= 3 * LIMIT


@pytest.mark.parametrize(
    "text",
    [
        '{"a":[\n' * 30_000,
        ('{"a":[\n' * 60 + '{"b":1},' * 30_000 + "}\n") * 2,
        ('{"a":[\n' * 900 + '{"b":1},' * 30_000 + "}\n") * 2,
        '{"a": NaN, "b": [' + "[" * 300_000,
        "[\n" * 100_000,
    ],
    ids=["deep", "long", "deep and long", "brackets", "arrays"],
)
def test_a_hostile_input_costs_bounded_work(text: str) -> None:
    parsed = 0

    class Counting(Window):
        def place(self, index: int) -> tuple[int, int]:
            nonlocal parsed
            parsed += max(index - self.at, 0)
            return super().place(index)

    assert sum(1 for _ in pieces(Counting(io.BytesIO(text.encode())))) < len(text)
    assert parsed < 40 * len(text)
