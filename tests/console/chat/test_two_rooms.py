"""Two rooms, one of them away: people are asked and heard in the other, and the first shows how it stands once back."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from console.chat.courier import Courier
from console.chat.following import follow_more
from console.chat.webhook.door import HookDoor
from console.chat.webhook.room import HookRoom
from console.chat.webhook.routes import hook_routes
from console.outgoing.webhook import signature
from engine.control.enrolment import PROVING, note_enrolments
from engine.model.chat import HookSettings
from engine.model.request import Request, RequestState
from tests.console.chat.beside import SETTLED
from tests.console.chat.conftest import MINUTE, ROOM, USERS, Chat
from tests.console.chat.serving import served
from tests.console.chat.slack.emulator import Trouble, buttons, spoken
from tests.console.chat.webhook.board import ANSWERS, SECRET, Board, board

SCREEN = "screen"
AWAY = [Trouble(503), Trouble(429, headers={"Retry-After": "60"}), Trouble(error="not_in_channel")]


@dataclass
class Both:
    """A Slack channel, and a screen of somebody's own, which anna answers at."""

    chat: Chat
    board: Board
    screen: HookRoom

    def __post_init__(self) -> None:
        bench = self.chat.bench
        door = HookDoor(self.screen, bench.store, bench.desks, self.chat.strangers, lambda: bench.now)
        self.http = served(bench, self.chat.strangers, hook_routes({SCREEN: door}))
        self.courier = Courier(bench.store, bench.desks, self.screen, lambda: bench.now, site="here")

    async def carry(self) -> None:
        """What runs beside an engine that has both rooms."""
        bench = self.chat.bench
        while await follow_more(bench.store, bench.desks, [ROOM, SCREEN], simulated=True, paces={}):
            """There is more."""
        await asyncio.gather(self.chat.courier.deliver(), self.courier.deliver())

    async def answer(self, asked: Request, kind: str) -> str:
        """What anna is told who gives this answer at the screen."""
        said = {"event": kind, "room": SCREEN, "user": "anna-1", "request": asked.id, "digest": asked.digest}
        body, stamp = (
            json.dumps({**said, "kind": kind, "reason": ""}).encode(),
            f"{self.chat.bench.now.timestamp():.0f}",
        )
        headers = {"Fireline-Timestamp": stamp, "Fireline-Signature": signature(ANSWERS, stamp, body)}
        answer = await self.http.post(f"/chat/webhook/{SCREEN}", content=body, headers=headers)
        return str(answer.json()["text"])


@pytest.fixture
async def both(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Both]:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    monkeypatch.setenv("ANSWERS_SECRET", ANSWERS)
    people = chat.bench.settings.home / "people.yaml"
    people.write_text(
        people.read_text().replace(f"{ROOM}: {USERS['anna']}", f"{ROOM}: {USERS['anna']}, {SCREEN}: anna-1")
    )
    await chat.bench.write(lambda tx: note_enrolments(tx, chat.bench.desk.people, chat.bench.now - PROVING))
    with board() as shown:
        given = HookSettings(
            kind="webhook", name=SCREEN, url=shown.url, secret="env:HOOK_SECRET", answers="env:ANSWERS_SECRET"
        )
        made = Both(chat, shown, HookRoom(given))
        await made.carry()
        yield made


@pytest.mark.parametrize("trouble", AWAY)
async def test_a_room_that_is_away_keeps_nobody_from_being_asked_and_is_current_when_it_is_back(
    both: Both, trouble: Trouble
) -> None:
    chat, bench = both.chat, both.chat.bench
    chat.slack.troubles["chat.postMessage"] = [trouble] * 4
    asked = await bench.ask("tom", target="10.20.16.114")
    await both.carry()
    assert ([one["open"] for one in both.board.cards().values()], chat.slack.cards) == ([True], [])

    await bench.later(SETTLED)
    assert await both.answer(bench.request(asked.id), "approve") == "counted: enough"
    await bench.respond(asked.incident_id)
    assert bench.request(asked.id).state is RequestState.HELD

    chat.slack.troubles.clear()
    await bench.later(MINUTE)
    for _ in range(2):
        await both.carry()
    [card] = chat.slack.cards
    assert (buttons(card), spoken(card).splitlines()[0]) == ({}, "SIMULATED SITE · TIER 3 · HELD")
    assert "DECIDED  approved by anna for " in spoken(card)
    assert chat.slack.thread(card["ts"])[-1].startswith("EXECUTED AND VERIFIED")
