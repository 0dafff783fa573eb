"""The bench, with people who are known in a channel of a Mattermost server, and everything between the two."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx
import pytest

from console.chat.mattermost.door import MattermostDoor
from console.chat.mattermost.room import MattermostRoom
from console.chat.mattermost.routes import mattermost_routes
from console.strangers import Strangers
from engine.control.enrolment import PROVING, note_enrolments
from engine.model.base import Json
from engine.model.chat import CardPace, MattermostSettings
from tests.bench import Bench
from tests.console.chat.beside import Beside
from tests.console.chat.conftest import OFTEN
from tests.console.chat.mattermost.emulator import CHANNEL, COMMAND_TOKEN, TEAM, TOKEN, Server, mattermost, named
from tests.console.chat.mattermost.sight import shown
from tests.console.chat.serving import served

ROOM, SECRET = "town", "a-sealing-secret"
ANNA, TOM, JONAS, BOT_USER, EVE = (named(name) for name in ("anna", "tom", "jonas", "siem-bot", "eve"))


def settings(server: Server) -> MattermostSettings:
    return MattermostSettings(
        kind="mattermost", name=ROOM, url=server.url, team=TEAM, channel=CHANNEL, bot_token="env:MATTERMOST_TOKEN",
        secret="env:MATTERMOST_SECRET", command_token="env:MATTERMOST_COMMAND", callback="https://engine.example",
    )  # fmt: skip


@dataclass
class Town(Beside):
    """What goes to the channel, and what comes back from it through the real routes."""

    bench: Bench
    server: Server
    strangers: Strangers = field(default_factory=Strangers)
    room: MattermostRoom = field(init=False)

    def __post_init__(self) -> None:
        bench = self.bench
        self.room = MattermostRoom(settings(self.server), lambda: bench.now)
        self.door = MattermostDoor(self.room, bench.store, bench.desks, self.strangers, lambda: bench.now)
        self.http = self.served(self.door)

    def served(self, door: MattermostDoor | None) -> httpx.AsyncClient:
        return served(self.bench, self.strangers, mattermost_routes(door))

    @property
    def paces(self) -> Mapping[str, CardPace]:
        return {ROOM: OFTEN}

    def pressed(self, user: str = ANNA, label: str = "Approve", card: Json | None = None) -> Json:
        """What the server sends where a user presses a button of the newest card."""
        return self.server.pressed(user, card or self.server.cards[-1], label, self.bench.now)

    async def send(self, said: Json, path: str = "actions") -> httpx.Response:
        answer = await self.http.post(f"/chat/mattermost/{path}", content=json.dumps(said).encode())
        await self.door.settled()
        return answer

    async def press(self, user: str = ANNA, label: str = "Approve", card: Json | None = None) -> httpx.Response:
        return await self.send(self.pressed(user, label, card))

    async def type(self, text: str, user: str = ANNA, **changes: str) -> httpx.Response:
        """The slash command."""
        said = {
            "token": COMMAND_TOKEN, "team_id": TEAM, "channel_id": CHANNEL, "user_id": user, "command": "/fireline",
            "text": text, "trigger_id": self.server.trigger(user, self.bench.now), **changes,
        }  # fmt: skip
        return await self.http.post("/chat/mattermost/commands", content=urlencode(said).encode())

    def lines(self, card: Json) -> list[str]:
        return [shown(one) for one in self.server.under(card["id"])]


@pytest.fixture
def server() -> Iterator[Server]:
    with mattermost() as made:
        yield made


@pytest.fixture
async def town(bench: Bench, server: Server, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setenv("MATTERMOST_TOKEN", TOKEN)
    monkeypatch.setenv("MATTERMOST_SECRET", SECRET)
    monkeypatch.setenv("MATTERMOST_COMMAND", COMMAND_TOKEN)
    file = bench.settings.home / "people.yaml"
    for name, user in {"anna": ANNA, "tom": TOM, "jonas": JONAS, "siem-bot": BOT_USER}.items():
        text = file.read_text()
        file.write_text(text.replace(f"  {name}:\n    chat: {{", f"  {name}:\n    chat: {{{ROOM}: {user}, ", 1))
    await bench.write(lambda tx: note_enrolments(tx, bench.desk.people, bench.now - PROVING))
    return Town(bench, server)
