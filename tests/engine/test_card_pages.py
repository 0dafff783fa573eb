"""What a card has no room for is shown whole, piece by piece."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.card_pages import LINE, PAGE, pages, parameters
from engine.card_room import size


def test_a_list_is_an_element_a_line_and_what_is_longer_goes_on_in_the_next() -> None:
    assert [*parameters({"target": "h", "spare": [{"port": 1}, {"port": 2}], "none": []})] == [
        "none = []", 'spare 1/2 = {"port":1}', 'spare 2/2 = {"port":2}', 'target = "h"',
    ]  # fmt: skip
    long = [*parameters({"note": "x" * (2 * LINE)})]
    assert [line.rpartition(" ")[0] for line in long] == ["note =", "note = …", "note = …"]
    assert "".join(line.rpartition(" ")[2] for line in long) == f'"{"x" * (2 * LINE)}"'


@pytest.mark.parametrize("text", ["https://evil.example/<!channel>", "p\u0430ypal\u202e"])
def test_what_came_from_outside_is_data_there_too(text: str) -> None:
    [line] = parameters({"note": text})
    assert not any(bad in line for bad in ("https:", "evil.example", "<", "\u0430", "\u202e"))


@given(st.lists(st.text(max_size=5000).filter(bool), max_size=30))
def test_pages_hold_every_line_in_its_order_and_are_no_longer_than_a_room_takes(lines: list[str]) -> None:
    found = pages(lines)
    assert "\n".join(found) == "\n".join(lines)
    assert all(size(page) <= PAGE or page in lines for page in found)
