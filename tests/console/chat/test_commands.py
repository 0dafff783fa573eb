"""What a card says may be typed is spelled as it is typed in the room that it stands in."""

import pytest

from console.chat.commands import where_in_room, with_commands
from engine.card_room import ALONE, AMONG_OTHERS, Space, fitted, size
from engine.model.card import Card, CardItem, CardLine
from engine.model.chat import (
    HookSettings,
    MatrixSettings,
    MattermostSettings,
    RoomSettings,
    SlackSettings,
    TeamsSettings,
)

WHY = CardLine(label="WHY", text="it scans")
ITEM = CardItem(
    request="AR-123456", headline="TIER 3", title="title", lines=(WHY,), digest="4f9a03be" * 8, shown="4f9a-03be",
    open=True, to_approve=False, typed=("show AR-123456", "release AR-123456 and why"),
)  # fmt: skip


def shown(item: CardItem, room: type[RoomSettings]) -> tuple[CardLine, ...]:
    card = Card(mark="REAL", about="INC-0001", items=(item,))
    return with_commands(card, room.prefix).items[0].lines


@pytest.mark.parametrize(
    ("room", "said"),
    [
        (SlackSettings, "/fireline show AR-123456 · /fireline release AR-123456 and why"),
        (MattermostSettings, "/fireline show AR-123456 · /fireline release AR-123456 and why"),
        (MatrixSettings, "fireline show AR-123456 · fireline release AR-123456 and why"),
        (TeamsSettings, "show AR-123456 · release AR-123456 and why"),
        (HookSettings, "show AR-123456 · release AR-123456 and why"),
    ],
)
def test_each_room_has_its_own_spelling(room: type[RoomSettings], said: str) -> None:
    assert shown(ITEM, room) == (WHY, CardLine(label="TYPE", text=said))


def test_where_nothing_can_be_typed_nothing_is_said() -> None:
    assert shown(ITEM.model_copy(update={"typed": ()}), SlackSettings) == (WHY,)


@pytest.mark.parametrize("space", [ALONE, AMONG_OTHERS])
def test_it_has_room_beside_everything_else(space: Space) -> None:
    lines = [CardLine(label="WARNING", text="x" * 50) for _ in range(500)]
    kept = fitted(ITEM.request, "t" * space.title, lines, space)
    said = shown(ITEM.model_copy(update={"lines": kept}), SlackSettings)
    assert (said[-2].label, said[-1].label) == ("MORE", "TYPE")
    assert space.title + sum(size(line.text) + len(line.label) + 2 for line in said) <= space.most


def test_where_nothing_is_taken_only_the_console_is_named() -> None:
    there = "fireline approvals show AR-0001 at the console"
    assert where_in_room("AR-0001", None) == there
    assert where_in_room("AR-0001", "/fireline ") == f"/fireline show AR-0001 in the room, {there}"
