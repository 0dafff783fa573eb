"""Answers from Mattermost count where they should, once, and nowhere else."""

import asyncio

import pytest
from pydantic import JsonValue

from engine.model.request import RequestState
from tests.console.chat.conftest import MINUTE, SECOND
from tests.console.chat.mattermost.conftest import ANNA, BOT_USER, EVE, ROOM, TOM, Town
from tests.console.chat.mattermost.emulator import buttons, named
from tests.console.chat.mattermost.sight import shown, spoken

APPROVED = ("anna", "approve", f"chat/{ROOM}")


async def test_one_touch_counts_and_the_thread_follows_to_what_is_in_force(town: Town) -> None:
    asked = await town.asked()
    answer = await town.press()
    assert (answer.status_code, answer.json()) == (200, {"ephemeral_text": "` counted: enough `"})
    assert town.votes(asked) == [APPROVED]
    await town.bench.respond(asked.incident_id)
    await town.carry()
    [card] = town.server.cards
    assert (buttons(card), shown(card).splitlines()[0]) == ([], "SIMULATED SITE · TIER 3 · HELD")
    assert town.bench.request(asked.id).state is RequestState.HELD
    assert "EXECUTED AND VERIFIED: L-0001 is in force" in town.lines(card)


async def test_a_denial_asks_for_its_reason_first_and_counts_with_it(town: Town) -> None:
    asked = await town.asked()
    assert (await town.press(label="Deny…")).json() == {}
    assert (town.votes(asked), [one["user"] for one in town.server.dialogs]) == ([], [ANNA])
    refused = (await town.send(town.server.submitted(ANNA, "  "))).json()
    assert refused == {"errors": {"reason": "not counted: a reason is needed"}}
    assert (await town.send(town.server.submitted(ANNA, "the scanner's address"))).json() == {}
    assert town.votes(asked) == [("anna", "deny", f"chat/{ROOM}")]
    assert f"/fireline retract {asked.id} takes it back" in spoken(str(town.server.told(ANNA)[-1]["message"]))
    await town.bench.later(2 * MINUTE)
    await town.bench.respond(asked.incident_id)
    assert town.bench.request(asked.id).state is RequestState.REJECTED


async def test_a_denial_where_no_command_reaches_us_is_taken_back_at_the_console(town: Town) -> None:
    asked = await town.asked()
    town.room.settings = town.room.settings.model_copy(update={"command_token": None})
    await town.press(label="Deny…")
    await town.send(town.server.submitted(ANNA, "the scanner's address"))
    back = f"`fireline approvals retract {asked.id}` at the console takes it back"
    assert back in spoken(str(town.server.told(ANNA)[-1]["message"]))


@pytest.mark.parametrize(
    ("user", "why"),
    [
        (BOT_USER, "not counted: a bot may not vote"),
        (TOM, "not counted: requested this action"),
        (EVE, f"nobody is known here as {EVE}"),
    ],
)
async def test_who_may_not_decide_is_told_why_alone(town: Town, user: str, why: str) -> None:
    asked = await town.asked()
    told = spoken((await town.press(user)).json()["ephemeral_text"])
    assert (told[: len(why)], town.votes(asked)) == (why, [])


async def test_a_stranger_is_counted_and_gets_no_form(town: Town) -> None:
    await town.asked()
    await town.press(EVE, "Deny…")
    assert town.server.dialogs == []
    assert [(one.source, one.count) for one in town.strangers.take()] == [(f"{ROOM}/{EVE}", 1)]


async def test_one_person_counts_once_whatever_the_channel(town: Town) -> None:
    asked = await town.asked()
    await town.bench.vote(asked.id, "anna", digest=asked.digest)
    assert (await town.press()).json() == {"ephemeral_text": "` not counted: has voted already `"}
    assert town.votes(asked) == [("anna", "approve", "test")]


async def test_for_a_second_after_a_change_of_the_card_nothing_is_counted(town: Town) -> None:
    asked = await town.asked()
    await town.bench.vote(asked.id, "jonas", "deny", "looks wrong")
    await town.carry()
    assert "only just changed" in (await town.press()).json()["ephemeral_text"]
    await town.bench.later(SECOND)
    await town.press()
    assert APPROVED in town.votes(asked)


async def test_fifty_at_once_are_each_counted_once(town: Town) -> None:
    asked = await town.asked()
    answers = await asyncio.gather(*(town.press() for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert (town.votes(asked), len(town.bench.entries("vote.cast"))) == ([APPROVED], 1)


async def test_a_card_whose_answer_was_lost_stands_there_once(town: Town) -> None:
    town.server.troubles["POST posts"] = [502]
    town.server.done = {"POST posts"}
    asked = await town.asked()
    for _ in range(2):
        await town.carry()
        await town.bench.later(2 * SECOND)
    assert len(town.server.cards) == 1
    await town.press()
    assert town.votes(asked) == [APPROVED]


async def test_posts_of_others_under_our_key_are_not_taken_for_ours(town: Town) -> None:
    await town.asked()
    [card] = town.server.cards
    props = card["props"]
    assert isinstance(props, dict)
    card["user_id"] = EVE
    assert await town.room.find(str(props["fireline"])) is None


@pytest.mark.parametrize("depth", [200, 400])
async def test_a_post_nested_deep_keeps_none_of_ours_from_being_found(town: Town, depth: int) -> None:
    await town.asked()
    [card] = town.server.cards
    props = card["props"]
    assert isinstance(props, dict)
    deep: JsonValue = "text"
    for _ in range(depth):
        deep = [deep]
    other = named("deep")
    town.server.posts[other] = {**card, "id": other, "user_id": EVE, "props": {"deep": deep}}
    assert await town.room.find(str(props["fireline"])) == card["id"]


async def test_commands_show_what_is_asked_to_who_is_known_and_has_a_role(town: Town) -> None:
    asked = await town.asked()
    said = (await town.type("pending")).json()
    assert said["response_type"] == "ephemeral"
    assert said["text"].startswith(f"` {asked.id}: network.block_ip on 10.20.16.114, decide by ")
    assert (await town.type("pending", EVE)).json()["text"].startswith("`` nobody is known here as")
