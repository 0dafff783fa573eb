"""Trying a room: a card that nothing depends on, and who answered it; never a vote."""

from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest

from engine.control import trials
from engine.model.base import Json
from tests.console.chat.conftest import ROOM, USERS, Chat
from tests.console.chat.slack.emulator import Trouble, buttons, spoken

TRIAL = f"/api/v1/rooms/{ROOM}/trial"


@dataclass
class Trying:
    """Somebody at the console who tries the room."""

    chat: Chat

    async def begin(self, room: str = ROOM) -> int:
        return (await self._post(f"/api/v1/rooms/{room}/trial")).status_code

    async def heard_from(self) -> str:
        answer = await self.chat.http.get(TRIAL, headers=self._headers)
        return str(answer.json()["heard_from"])

    async def end(self) -> int:
        return (await self._post(f"{TRIAL}/end")).status_code

    async def _post(self, path: str) -> httpx.Response:
        return await self.chat.http.post(path, headers=self._headers)

    @property
    def _headers(self) -> dict[str, str]:
        token = (self.chat.bench.settings.home / "token").read_text().strip()
        return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def trying(chat: Chat) -> Trying:
    return Trying(chat)


async def test_who_answers_a_test_card_is_heard_and_votes_on_nothing(trying: Trying, chat: Chat) -> None:
    asked = await chat.asked()
    assert await trying.begin() == 200
    card = chat.slack.cards[-1]
    assert spoken(card).startswith("TEST · answer this within ten minutes")
    assert await trying.heard_from() == ""
    await chat.press(USERS["anna"], "Approve", card)
    assert await trying.heard_from() == "anna"
    await trying.end()
    assert (buttons(card), spoken(card).splitlines()[0]) == ({}, "TEST · HEARD FROM ANNA")
    assert (chat.votes(asked), chat.bench.entries("vote.cast")) == ([], [])
    assert [entry.actor for entry in chat.bench.entries("room.heard")] == ["anna"]


async def test_a_stranger_and_an_answer_to_another_card_are_not_heard(trying: Trying, chat: Chat) -> None:
    await trying.begin()
    first = chat.slack.cards[-1]
    await chat.bench.later(timedelta(seconds=10))
    await trying.begin()
    for user, card in (("U0EVE", chat.slack.cards[-1]), (USERS["anna"], first)):
        await chat.press(user, "Approve", card)
    assert await trying.heard_from() == ""
    await chat.press(USERS["tom"], "Deny…", chat.slack.cards[-1])
    assert chat.whispered[-1] == (USERS["tom"], "this only tries the way: press Approve, which is no vote here")


async def test_a_room_gets_one_test_card_in_ten_seconds(trying: Trying, chat: Chat) -> None:
    begun = [await trying.begin() for _ in range(3)]
    assert (begun, len(chat.slack.cards)) == ([200, 429, 429], 1)
    await chat.bench.later(timedelta(seconds=10))
    assert (await trying.begin(), len(chat.slack.cards)) == (200, 2)


async def test_a_test_is_ended_by_whoever_began_it_and_once_in_ten_seconds(trying: Trying, chat: Chat) -> None:
    await trying.begin()
    ended = [await trying.end() for _ in range(3)]
    assert (ended, chat.slack.calls.count("chat.update")) == ([200, 429, 429], 1)
    trial = chat.bench.read(lambda tx: trials.find(tx, ROOM))
    await chat.bench.write(lambda tx: tx.trials.put(trial.model_copy(update={"by": "samir"})))
    await chat.bench.later(timedelta(seconds=10))
    assert (await trying.end(), chat.slack.calls.count("chat.update")) == (403, 1)


async def test_a_test_is_over_after_ten_minutes(trying: Trying, chat: Chat) -> None:
    await trying.begin()
    await chat.bench.later(timedelta(minutes=10))
    await chat.press(USERS["anna"], "Approve", chat.slack.cards[-1])
    assert await trying.heard_from() == ""
    await trying.end()
    assert spoken(chat.slack.cards[-1]).splitlines()[0] == "TEST · NOT ANSWERED IN TIME"


async def test_the_digest_of_a_test_card_cannot_stand_for_a_request(trying: Trying, chat: Chat) -> None:
    asked = await chat.asked()
    await trying.begin()
    value = next(iter(buttons(chat.slack.cards[-1]).values())).replace("AR-0|", f"{asked.id}|")
    other: list[Json] = [{"action_id": "approve", "value": value}]
    await chat.send("interactions", chat.pressed(USERS["anna"], "Approve", chat.slack.cards[0], actions=other))
    assert chat.votes(asked) == []


async def test_a_room_that_is_away_or_is_none_is_said_so(trying: Trying, chat: Chat) -> None:
    chat.slack.troubles["chat.postMessage"] = [Trouble(503)]
    assert (await trying.begin(), await trying.begin("elsewhere")) == (503, 404)
