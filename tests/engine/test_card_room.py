"""What has no room on a card is counted or named, and what people agree to is never cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.card_room import ALONE, AMONG_OTHERS, FIRST, Space, bounded, fitted, size, where, whole
from engine.model.card import CardLine

LABELS = (*FIRST, "IF NO", "UNDO", "CHECKS")
LINES = st.lists(st.builds(CardLine, label=st.sampled_from(LABELS), text=st.text(max_size=400)), max_size=12)


def labelled(*labels: str, length: int = 20) -> list[CardLine]:
    return [CardLine(label=label, text="x" * length) for label in labels]


@pytest.mark.parametrize("space", [ALONE, AMONG_OTHERS])
@settings(max_examples=25)
@given(lines=LINES)
def test_whatever_the_lines_they_take_no_more_than_there_is(space: Space, lines: list[CardLine]) -> None:
    kept = fitted("AR-123456", "t" * space.title, lines, space)
    assert space.title + sum(size(line.text) for line in kept) <= space.most
    texts = {(line.label, line.text) for line in lines}
    assert all((line.label, line.text) in texts for line in kept if line.label != "MORE")


@given(text=st.text(), most=st.integers(min_value=10, max_value=100))
def test_a_title_is_bounded_whatever_it_is_written_in(text: str, most: int) -> None:
    assert size(bounded(text, most)) <= most


def test_alone_everything_has_room_and_nothing_more_is_said() -> None:
    lines = labelled("WHY", "IF NO", "EXACTLY", "VOTES")
    assert fitted("AR-0001", "title", lines, ALONE) == (*lines,)


def test_among_others_the_rest_is_named_with_its_place() -> None:
    kept = fitted("AR-0001", "title", labelled("WHY", "IF NO", "UNDO", "EXACTLY"), AMONG_OTHERS)
    assert [line.label for line in kept] == ["WHY", "EXACTLY", "MORE"]
    assert kept[-1].text == f"all of it: {where('AR-0001')}"


def test_what_is_agreed_to_has_room_before_anything_else() -> None:
    lines = labelled("WHY", "WARNING", "WARNING", "IF YES", "EXACTLY", length=400)
    kept = fitted("AR-0001", "title", lines, AMONG_OTHERS)
    assert [line.label for line in kept] == ["WARNING", "EXACTLY", "MORE"]
    assert kept[-1].text.startswith("left out here: 1 WHY, 1 WARNING, 1 IF YES; all of it: ")


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["a=1", "b=2"], ["a=1", "b=2"]),
        (["a=" + "x" * 10, "b=2"], ["b=2", f"and 1 more, all of them in: {where('AR-0001')}"]),
        (["a=жжж", "b=2"], ["b=2", f"and 1 more, all of them in: {where('AR-0001')}"]),
        ([], []),
    ],
)
def test_what_is_never_cut_stands_there_whole_or_is_counted(texts: list[str], said: list[str]) -> None:
    assert whole(texts, "AR-0001", 8) == said
