"""The chat room of the plant: a Slack workspace beside it, whose people answer cards until the answer is written."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import httpx

from console.chat.slack.blocks import FORM, Asking
from console.clock import now
from console.people import FilePeople
from engine.control.enrolment import PROVING, note_enrolments
from engine.store.database import sqlite_url
from engine.store.store import Store
from tests.console.chat.conftest import ROOM, SECRET, form, settings, signed
from tests.console.chat.slack.emulator import TEAM, TOKEN, Workspace, spoken

PEOPLE = {"anna": "U0ANNA", "tom": "U0TOM"}
"""Those of the load who answer."""
AGAIN_S = 0.3
"""After this somebody whose answer is not written touches the card again."""


class Room:
    """The room `soc`; it outlives every engine, as Slack does."""

    def __init__(self, slack: Workspace) -> None:
        """`slack` serves already."""
        self.slack = slack

    @cached_property
    def _cards(self) -> list[str]:
        """What every card shows, now that nothing changes any more."""
        return [spoken(card) for card in self.slack.cards]

    @property
    def environment(self) -> dict[str, str]:
        """What an engine has to know of the room."""
        rooms = json.dumps([settings(self.slack).model_dump(mode="json")])
        return {
            "FIRELINE_ROOMS": rooms,
            "FIRELINE_PAGE_SIMULATED": "true",
            "SLACK_SECRET": SECRET,
            "SLACK_TOKEN": TOKEN,
        }

    async def enrol(self, home: Path) -> None:
        """Have its people known in it for a day, before the first engine."""
        file = home / "people.yaml"
        for name, user in PEOPLE.items():
            entry = f"  {name}:\n    chat: {{{ROOM}: {user}}}\n"
            file.write_text(file.read_text().replace(f"  {name}:\n", entry, 1))
        store = Store(sqlite_url(home / "fireline.db"))
        await store.write(lambda tx: note_enrolments(tx, FilePeople(file), now() - PROVING))
        store.close()

    def cards_of(self, request_id: str) -> int:
        """On how many cards a request stands, as people see them."""
        return sum(f"{request_id} ·" in one for one in self._cards)

    def said_twice(self) -> list[str]:
        """What stands there more than once, by the key under which we said it."""
        keys = [json.dumps(one["metadata"]) for one in self.slack.messages]
        return sorted({key for key in keys if keys.count(key) > 1})

    async def answer(self, port: int, asking: Asking, person: str, written: Callable[[], bool]) -> None:
        """Send the form, as somebody does who looks whether it counted, until it is written or nothing is asked."""
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=5) as http:
            while not written():
                body = _filled_in(asking, PEOPLE[person])
                with suppress(httpx.TransportError):
                    await http.post("/chat/slack/interactions", content=body, headers=signed(body, now()))
                await asyncio.sleep(AGAIN_S)


def _filled_in(asking: Asking, user: str) -> bytes:
    typed = {"reason": {"said": {"value": "the load says so"}}}
    payload = {
        "type": "view_submission",
        "team": {"id": TEAM},
        "user": {"id": user, "team_id": TEAM},
        "view": {"callback_id": FORM, "private_metadata": asking.model_dump_json(), "state": {"values": typed}},
    }
    return form(payload)
