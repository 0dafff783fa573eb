"""The bench, with people who are known in a room of a Slack workspace, and everything between the two."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from console.chat.matrix import web_api as matrix_api
from console.chat.mattermost import web_api as mattermost_api
from console.chat.slack import web_api as slack_api
from console.chat.slack.door import SlackDoor
from console.chat.slack.room import SlackRoom
from console.chat.slack.routes import slack_routes
from console.chat.teams import connector, keys
from console.chat.webhook import room as webhook
from console.clock import now
from console.strangers import Strangers
from engine.control.enrolment import PROVING, note_enrolments
from engine.model.base import Json
from engine.model.chat import CardPace, SlackSettings
from tests.bench import Bench, on_bench
from tests.console.chat.beside import Beside
from tests.console.chat.matrix.homeserver import PEOPLE, Homeserver, homeserver
from tests.console.chat.serving import served
from tests.console.chat.slack.emulator import CHANNEL, TEAM, TOKEN, Workspace, buttons, workspace
from tests.patience import PATIENCE_S

SECRET = "a-signing-secret"
ROOM = "soc"
USERS = {"anna": "U0ANNA", "samir": "U0SAMIR", "tom": "U0TOM", "jonas": "U0JONAS", "siem-bot": "U0BOT"}
OFTEN = CardPace(by_day=60, at_night=60)
ACTIONS = {
    "Approve": "approve",
    "Approve…": "approve.because",
    "Shorter…": "shorter.because",
    "Deny…": "deny.because",
}
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A product that is slow because the machine is busy is no failure; one that is silent has tests of its own."""
    for module in (matrix_api, mattermost_api, slack_api, connector, keys, webhook):
        monkeypatch.setattr(module, "WITHIN_S", PATIENCE_S)


@pytest.fixture
async def bench(home: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setenv("SLACK_SECRET", SECRET)
    monkeypatch.setenv("SLACK_TOKEN", TOKEN)
    with on_bench(home, now()) as made:
        enrol(home, USERS)
        await made.write(lambda tx: note_enrolments(tx, made.desk.people, made.now - PROVING))
        await made.later(timedelta(0))
        yield made


def enrol(home: Path, users: dict[str, str]) -> None:
    """Write who these people are in the room."""
    file = home / "people.yaml"
    for name, user in users.items():
        file.write_text(file.read_text().replace(f"  {name}:\n", f"  {name}:\n    chat: {{{ROOM}: {user}}}\n", 1))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    with homeserver(tmp_path_factory.mktemp("synapse")) as made:
        for name in ("fireline", *PEOPLE):
            made.register(name)
        yield made


@pytest.fixture
def slack() -> Iterator[Workspace]:
    with workspace() as made:
        yield made


def settings(slack: Workspace) -> SlackSettings:
    return SlackSettings(
        kind="slack", name=ROOM, team=TEAM, channel=CHANNEL, url=slack.url,
        signing_secret="env:SLACK_SECRET", bot_token="env:SLACK_TOKEN",
    )  # fmt: skip


@pytest.fixture
def room(slack: Workspace) -> SlackRoom:
    return SlackRoom(settings(slack))


@dataclass
class Chat(Beside):
    """What goes to the room, and what comes back from it through the real routes."""

    bench: Bench
    slack: Workspace
    room: SlackRoom
    strangers: Strangers = field(default_factory=Strangers)
    pace: CardPace = OFTEN

    def __post_init__(self) -> None:
        bench = self.bench
        self.door = SlackDoor(self.room, bench.store, bench.desks, self.strangers, lambda: bench.now)
        self.http = self.served(self.door)
        self._said = 0

    def served(self, door: SlackDoor | None) -> httpx.AsyncClient:
        return served(self.bench, self.strangers, slack_routes(door), self.room)

    @property
    def paces(self) -> Mapping[str, CardPace]:
        return {ROOM: self.pace}

    async def send(self, path: str, body: bytes, **headers: str) -> httpx.Response:
        """A callback as Slack signs it, at the time of the bench."""
        sent = {**self.signed(body), **headers}
        answer = await self.http.post(f"/chat/slack/{path}", content=body, headers=sent)
        await self.door.settled()
        return answer

    def signed(self, body: bytes, secret: str = SECRET, after: timedelta = timedelta(0)) -> dict[str, str]:
        return signed(body, self.bench.now + after, secret)

    def pressed(self, user: str, label: str, card: Json | None = None, /, **changes: object) -> bytes:
        """The callback of a button of the last card."""
        shown = card or self.slack.cards[-1]
        action = ACTIONS[label]
        self.slack.active.add(user)
        self._said += 1
        payload = {
            "type": "block_actions",
            "team": {"id": TEAM, "domain": "soc"},
            "user": {"id": user, "username": "whoever", "team_id": TEAM},
            "container": {"type": "message", "message_ts": shown["ts"], "channel_id": CHANNEL},
            "trigger_id": f"trigger-{self._said}",
            "actions": [{"action_id": action, "value": buttons(shown)[label], "type": "button"}],
            **changes,
        }
        return form(payload)

    async def press(self, user: str, label: str = "Approve", card: Json | None = None) -> httpx.Response:
        return await self.send("interactions", self.pressed(user, label, card))

    async def submit(self, user: str, reason: str, view: Json | None = None, **fields: str) -> httpx.Response:
        """Send the form that was opened last, with what was typed into its fields."""
        opened = view or json.loads(json.dumps(self.slack.views[-1]["view"]))
        typed = {name: {"said": {"value": value}} for name, value in {"reason": reason, **fields}.items()}
        payload = {
            "type": "view_submission",
            "team": {"id": TEAM},
            "user": {"id": user, "team_id": TEAM},
            "view": {**opened, "state": {"values": typed}},
        }
        return await self.send("interactions", form(payload))

    @property
    def whispered(self) -> list[tuple[str, str]]:
        """Who was told what alone."""
        return [(str(one["user"]), str(one["text"])) for one in self.slack.whispers]


def signed(body: bytes, at: datetime, secret: str = SECRET) -> dict[str, str]:
    """The headers by which Slack signs a callback."""
    stamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    kind = "application/x-www-form-urlencoded"
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}", "Content-Type": kind}


def approval(user: str, card: Json) -> bytes:
    """The callback of the button that approves this card."""
    payload = {
        "type": "block_actions",
        "team": {"id": TEAM},
        "user": {"id": user, "team_id": TEAM},
        "container": {"message_ts": card["ts"], "channel_id": CHANNEL},
        "trigger_id": "trigger",
        "actions": [{"action_id": "approve", "value": buttons(card)["Approve"]}],
    }
    return form(payload)


def form(payload: object) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


@pytest.fixture
def chat(bench: Bench, slack: Workspace, room: SlackRoom) -> Chat:
    return Chat(bench, slack, room)
