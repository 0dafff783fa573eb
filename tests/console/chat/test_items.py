"""Several questions on one card never cross, whoever dies or presses what."""

import json
from collections import Counter

import pytest
from pydantic import JsonValue

from console.chat.courier import Courier
from engine.card_room import where
from engine.model.base import Json
from engine.model.chat import CardPace
from engine.model.request import Request
from tests.bench import Bench
from tests.console.chat.asking import again, several
from tests.console.chat.conftest import SECOND, USERS, Chat
from tests.console.chat.matrix.test_matrix import Talk, digest, talk
from tests.console.chat.slack.emulator import Trouble, spoken

__all__ = ["talk"]
LOST = Trouble(status=502, done=True)


async def asked_together(chat: Chat, count: int) -> list[Request]:
    """So many questions of one incident, on a card that is settled."""
    await chat.carry()
    asked = await several(chat.bench, count)
    await chat.carry()
    await chat.bench.later(2 * SECOND)
    return asked


def buttons_of(card: Json, request: Request) -> list[Json]:
    """The buttons of one item, in their order; none where it has none."""
    blocks: JsonValue = card["blocks"]
    assert isinstance(blocks, list)
    found = [one for one in blocks if isinstance(one, dict) and one.get("block_id") == f"answer.{request.id}"]
    return [json.loads(json.dumps(one)) for block in found for one in json.loads(json.dumps(block["elements"]))]


async def approve(chat: Chat, request: Request, user: str = "anna") -> None:
    """Press what stands beneath an item of the last card."""
    button = buttons_of(chat.slack.cards[-1], request)[-1]
    await chat.send("interactions", chat.pressed(USERS[user], "Approve", actions=[button]))


async def approve_with(chat: Chat, value: str) -> None:
    action = {"action_id": "approve", "value": value}
    await chat.send("interactions", chat.pressed(USERS["anna"], "Approve", actions=[action]))


def voted(bench: Bench, asked: list[Request]) -> list[str]:
    return [one.id for one in asked if bench.read(lambda tx, one=one: tx.votes.of(one.id))]  # type: ignore[misc]


@pytest.mark.parametrize("count", [2, 20])
async def test_a_touch_counts_for_the_item_it_was_given_to_and_for_no_other(chat: Chat, count: int) -> None:
    asked = await asked_together(chat, count)
    [card] = chat.slack.cards
    assert all(buttons_of(card, one) for one in asked)
    for one in (asked[-1], asked[0]):
        await approve(chat, one)
        await chat.carry()
        await chat.bench.later(2 * SECOND)
    assert voted(chat.bench, asked) == [asked[0].id, asked[-1].id]
    await chat.bench.respond(asked[0].incident_id)
    assert Counter(chat.bench.request(one.id).state for one in asked) == {"held": 2, **_left(count)}


def _left(count: int) -> dict[str, int]:
    return {"awaiting_approval": count - 2} if count > 2 else {}


async def test_one_item_s_button_never_carries_another_s_digest(chat: Chat) -> None:
    one, two = asked = await asked_together(chat, 2)
    for value in (f"{one.id}|{two.digest}", f"{two.id}|{one.digest}"):
        await approve_with(chat, value)
    assert voted(chat.bench, asked) == []
    assert {said[:44] for _, said in chat.whispered} == {"not counted: this answers another request th"}


async def test_within_a_second_after_one_item_changed_no_touch_of_another_counts(chat: Chat) -> None:
    one, two = asked = await asked_together(chat, 2)
    await approve(chat, one)
    await chat.carry()
    await approve(chat, two)
    assert voted(chat.bench, asked) == [one.id]
    assert chat.whispered[-1][1].startswith("the card has only just changed")


async def test_what_was_superseded_takes_no_answer_and_gives_none_to_its_successor(chat: Chat) -> None:
    one, two = asked = await asked_together(chat, 2)
    stale = buttons_of(chat.slack.cards[0], one)[-1]
    fresh = await again(chat.bench, one, "new warning: change-window")
    await chat.carry()
    await chat.bench.later(2 * SECOND)
    [card] = chat.slack.cards
    assert (buttons_of(card, one), buttons_of(card, fresh) != []) == ([], True)
    assert "CHANGED  new warning: change-window" in spoken(card)
    await chat.send("interactions", chat.pressed(USERS["anna"], "Approve", actions=[stale]))
    assert voted(chat.bench, [*asked, fresh]) == []
    assert chat.whispered[-1][1] == f"not counted: nobody is asked any more: {one.id} is superseded"
    await approve(chat, fresh)
    assert voted(chat.bench, [*asked, fresh]) == [fresh.id]


async def test_a_card_is_locked_once_nothing_on_it_waits_and_says_who_decided_what(chat: Chat) -> None:
    one, two = await asked_together(chat, 2)
    for request, name in ((one, "anna"), (two, "jonas")):
        assert buttons_of(chat.slack.cards[0], two)
        await chat.bench.vote(request.id, name, digest=request.digest)
        await chat.bench.respond(request.incident_id)
        await chat.carry()
    [card] = chat.slack.cards
    assert (buttons_of(card, one), buttons_of(card, two)) == ([], [])
    shown = spoken(card)
    assert f"{one.incident_id} · 2 actions, 0 to decide" in shown.splitlines()[0]
    assert ("approved by anna for " in shown, "approved by jonas for " in shown) == (True, True)


async def test_lines_beneath_a_card_of_several_name_their_request(chat: Chat) -> None:
    one, two = await asked_together(chat, 2)
    await chat.bench.vote(two.id, "anna", digest=two.digest)
    await chat.carry()
    said = chat.slack.thread(chat.slack.cards[0]["ts"])
    asked = f"{one.id}, {two.id} · asked: "
    assert (said[0][: len(asked)], said[1]) == (asked, f"{two.id} · anna approves: looked at it")


async def test_items_say_what_is_agreed_to_and_where_the_rest_is(chat: Chat) -> None:
    one, two = await asked_together(chat, 2)
    shown = spoken(chat.slack.cards[0])
    for request in (one, two):
        assert f'target="{request.target}", connector=sim, version=1' in shown
        assert f"MORE  all of it: {where(request.id)}" in shown
        assert f"TYPE  /fireline show {request.id} · /fireline release {request.id} and why" in shown


async def test_in_matrix_an_answer_is_to_the_item_whose_digest_it_names(talk: Talk) -> None:
    await talk.carry()
    await talk.listener.listen()
    asked = [talk.bench.request(one.id) for one in await several(talk.bench, 20)]
    await talk.carry()
    [card] = talk.place.cards()
    assert str(card["body"]).count("ANSWER") == 20
    await talk.say("anna", f"approve {digest(asked[7])}")
    await talk.say("jonas", f"deny {digest(asked[12])} not this one")
    assert voted(talk.bench, asked) == [asked[7].id, asked[12].id]
    fresh = await again(talk.bench, asked[3], "something changed")
    await talk.carry()
    await talk.say("anna", f"approve {digest(asked[3])}")
    assert voted(talk.bench, [*asked, fresh]) == [asked[7].id, asked[12].id]
    shown = talk.place.shown(str(card["id"]))
    assert (shown.count("ANSWER"), fresh.id in shown, "jonas NO" in shown) == (20, True, True)
    await talk.say("anna", f"approve {digest(fresh)}")
    assert voted(talk.bench, [fresh]) == [fresh.id]


async def test_a_flood_stands_in_the_room_once_whatever_dies_and_whatever_answer_is_lost(chat: Chat) -> None:
    chat.bench.without_check("budget")
    chat.pace = CardPace(by_day=6, at_night=6)
    chat.slack.troubles["chat.postMessage"] = [Trouble(done=True), LOST, Trouble(503), LOST] * 5
    await chat.carry()
    asked = list[str]()
    for part in range(5):
        asked += [(await chat.bench.ask("tom", target=f"10.20.{16 + part}.{n}")).id for n in range(1, 21)]
        chat.courier = Courier(chat.bench.store, chat.bench.desks, chat.room, lambda: chat.bench.now, site="here")
        await chat.carry()
        await chat.bench.later(SECOND)
    for _ in range(40):
        await chat.bench.later(11 * SECOND)
        await chat.carry()
    assert chat.bench.read(lambda tx: tx.threads.pending("soc")) == []
    blocks = [str(block.get("block_id", "")) for card in chat.slack.cards for block in _blocks(card)]
    standing = Counter(name.removeprefix("answer.") for name in blocks if name.startswith("answer."))
    assert standing == Counter(asked)
    assert len(chat.slack.cards) == 6 + 5


def _blocks(card: Json) -> list[Json]:
    found: list[Json] = json.loads(json.dumps(card["blocks"]))
    return found
