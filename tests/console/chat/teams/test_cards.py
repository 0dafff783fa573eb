"""What an Adaptive Card of ours has on it, and what it never has."""

from collections.abc import Sequence

from pydantic import JsonValue

from console.chat.teams.cards import line, message
from engine.digest import canonical
from engine.model.base import Json
from engine.model.card import Card, CardItem, CardLine
from tests.console.chat.teams.emulator import MOST_BYTES, content, fits, inside, spoken

HOSTILE = "[sign in](hxxp://evil) **bold** _it_ <at>everyone</at> {{DATE(2017-02-14T06:00:00Z)}} ${title} - 1. # x"
ITEM = CardItem(
    request="AR-0001", headline="TIER 4", title=f"title {HOSTILE}",
    lines=(CardLine(label="WHY", text=HOSTILE), CardLine(label="EXACTLY", text="x" * 1000)),
    digest="4f9a03be" * 8, shown="4f9a-03be", open=True, to_approve=False,
)  # fmt: skip


def card(*items: CardItem) -> Json:
    return message(Card(mark="REAL", about="INC-0001", items=items))


def rows(shown: Json) -> Sequence[list[Json]]:
    """The buttons of each row of them."""
    sets = [one["actions"] for one in inside(content(shown)) if one["type"] == "ActionSet"]
    return [[one for one in actions if isinstance(one, dict)] for actions in sets if isinstance(actions, list)]


def test_to_deny_comes_first_and_to_approve_last_and_without_a_colour() -> None:
    [[deny, approve]] = rows(card(ITEM))
    assert (deny["title"], deny["type"]) == ("Deny…", "Action.ShowCard")
    assert (approve["title"], approve["type"]) == ("Approve", "Action.Execute")
    assert [one for one in inside(deny) if "style" in one] + [one for one in inside(approve) if "style" in one] == []


def test_a_yes_that_needs_a_reason_asks_for_it_at_the_same_place() -> None:
    [[_, approve]] = rows(card(ITEM.model_copy(update={"to_approve": True})))
    assert [(one["type"], one.get("title")) for one in inside(approve)] == [
        ("Action.ShowCard", "Approve…"),
        ("AdaptiveCard", None),
        ("Input.Text", None),
        ("Action.Execute", "Approve"),
    ]


def test_a_button_says_back_the_request_and_the_digest_of_its_own_item() -> None:
    other = ITEM.model_copy(update={"request": "AR-0002", "digest": "0" * 64})
    answers = [one for one in inside(content(card(ITEM, other))) if one["type"] == "Action.Execute"]
    said = [(one["verb"], one["data"]) for one in answers]
    data: list[JsonValue] = [{"request": one.request, "digest": one.digest} for one in (ITEM, other)]
    assert said == [("deny", data[0]), ("approve", data[0]), ("deny", data[1]), ("approve", data[1])]


def test_text_is_said_as_it_is_in_runs_that_know_no_markup() -> None:
    shown = card(ITEM)
    runs = [str(one["text"]) for one in inside(content(shown)) if one["type"] == "TextRun"]
    assert spoken(shown).count(HOSTILE) == 2
    assert [one for one in runs if "{{" in one] == []
    assert {one["type"] for one in inside(content(shown)) if "text" in one} == {"TextRun"}


def test_a_line_is_plain() -> None:
    assert line(HOSTILE) == {"type": "message", "text": HOSTILE, "textFormat": "plain"}


def test_twenty_long_items_are_a_message_that_teams_takes() -> None:
    shown = card(*(ITEM.model_copy(update={"request": f"AR-{number:04}"}) for number in range(20)))
    assert len(canonical(shown).decode().encode("utf-16-le")) < MOST_BYTES
    assert fits(shown)
