"""What an Adaptive Card of ours has on it, and what it never has."""

from collections.abc import Sequence

from pydantic import JsonValue

from console.chat.teams.cards import line, message
from engine.card_room import ALONE, AMONG_OTHERS
from engine.digest import canonical
from engine.model.base import Json
from engine.model.card import Card, CardItem, CardLine
from tests.console.chat.teams.emulator import MOST_BYTES, content, fits, inside, spoken

HOSTILE = "[sign in](hxxp://evil) **bold** _it_ <at>everyone</at> ${title} - 1. # x"
ITEM = CardItem(
    request="AR-0001", headline="TIER 4", title=f"title {HOSTILE}",
    lines=(CardLine(label="WHY", text=HOSTILE), CardLine(label="EXACTLY", text="x" * 1000)),
    digest="4f9a03be" * 8, shown="4f9a-03be", open=True, to_approve=False, lasting=True,
)  # fmt: skip


def card(*items: CardItem) -> Json:
    return message(Card(mark="REAL", about="INC-0001", items=items))


def rows(shown: Json) -> Sequence[list[Json]]:
    """The buttons of each row of them."""
    sets = [one["actions"] for one in inside(content(shown)) if one["type"] == "ActionSet"]
    return [[one for one in actions if isinstance(one, dict)] for actions in sets if isinstance(actions, list)]


def titles(*items: CardItem) -> list[list[JsonValue]]:
    return [[one["title"] for one in row] for row in rows(card(*items))]


def test_to_deny_comes_first_and_to_approve_last_and_without_a_colour() -> None:
    assert titles(ITEM) == [["Deny…", "Shorter…", "Approve"]]
    assert titles(ITEM.model_copy(update={"lasting": False})) == [["Deny…", "Approve"]]
    assert titles(ITEM, ITEM.model_copy(update={"request": "AR-0002"})) == [["Deny…", "Approve"]] * 2
    [[*buttons]] = rows(card(ITEM))
    assert [one for button in buttons for one in inside(button) if "style" in one] == []


def test_what_has_to_be_said_with_an_answer_is_asked_for_at_the_same_place() -> None:
    [[deny, shorter, _]] = rows(card(ITEM))
    assert [fields(deny), fields(shorter)] == [[("why.deny.AR-0001", True)], [("for.shorter.AR-0001", True)]]
    [[_, approve]] = rows(card(ITEM.model_copy(update={"to_approve": True})))
    assert (approve["title"], fields(approve)) == (
        "Approve…", [("for.approve.AR-0001", False), ("why.approve.AR-0001", True), ("code.approve.AR-0001", False)],
    )  # fmt: skip


def fields(button: Json) -> list[tuple[JsonValue, JsonValue]]:
    return [(one["id"], one.get("isRequired", False)) for one in inside(button) if one["type"] == "Input.Text"]


def test_a_button_says_back_the_request_and_the_digest_of_its_own_item() -> None:
    other = ITEM.model_copy(update={"request": "AR-0002", "digest": "0" * 64})
    answers = [one for one in inside(content(card(ITEM, other))) if one["type"] == "Action.Execute"]
    said = [(one["verb"], one["data"]) for one in answers]
    data: list[JsonValue] = [{"request": one.request, "digest": one.digest} for one in (ITEM, other)]
    assert said == [("deny", data[0]), ("approve", data[0]), ("deny", data[1]), ("approve", data[1])]


def test_text_is_said_as_it_is_in_runs_that_know_no_markup() -> None:
    shown = card(ITEM)
    runs = [str(one["text"]) for one in inside(content(shown)) if one["type"] == "TextRun"]
    assert (spoken(shown).count(HOSTILE), len(runs)) == (2, 5)
    assert {one["type"] for one in inside(content(shown)) if "text" in one} == {"TextRun"}


def test_nothing_that_teams_would_expand_stays_together_and_nothing_grows_by_much() -> None:
    for name, shown in (("DATE", "{ {DATE(2017-02-14T06:00:00Z)}}"), ("TIME", "{{ {TIME(x)}}")):
        said = shown.replace("{ {", "{{")
        assert f"WHY  {shown}" in spoken(card(ITEM.model_copy(update={"lines": (CardLine(label="WHY", text=said),)})))
        assert name in said
    many = "{" * 1000
    assert many in spoken(card(ITEM.model_copy(update={"title": many})))


def test_a_line_is_plain() -> None:
    assert line(HOSTILE) == {"type": "message", "text": HOSTILE, "textFormat": "plain"}


def test_twenty_items_as_long_as_items_may_be_are_a_message_that_teams_takes() -> None:
    full = ITEM.model_copy(
        update={
            "headline": "TIER 4 · 2 approvals, one from db-owners · decide by 22 Nov 03:31:00 CET",
            "title": "t" * AMONG_OTHERS.title,
            "lines": (CardLine(label="EXACTLY", text="x" * (AMONG_OTHERS.most - AMONG_OTHERS.title)),),
            "to_approve": True,
        }
    )
    shown = card(*(full.model_copy(update={"request": f"AR-{number:08}"}) for number in range(20)))
    assert len(canonical(shown).decode().encode("utf-16-le")) < MOST_BYTES
    assert fits(shown)


def test_one_item_as_long_as_it_may_be_is_a_message_that_teams_takes() -> None:
    lines = tuple(CardLine(label="WHY", text="x" * 100) for _ in range(ALONE.most // 116))
    shown = card(ITEM.model_copy(update={"lines": lines}))
    assert len(canonical(shown).decode().encode("utf-16-le")) < MOST_BYTES
