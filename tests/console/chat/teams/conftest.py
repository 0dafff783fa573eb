"""People who are known in a channel of Teams, and everything between them and the bench."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import JsonValue

from console.chat.teams.cards import CODE, LEASE, REASON, field_id
from console.chat.teams.door import TeamsDoor
from console.chat.teams.room import TeamsRoom
from console.chat.teams.routes import teams_routes
from console.strangers import Strangers
from engine.control.enrolment import PROVING, note_enrolments
from engine.model.base import Json
from engine.model.chat import TeamsSettings
from tests.bench import Bench
from tests.console.chat.beside import Beside
from tests.console.chat.serving import served
from tests.console.chat.teams.emulator import APP, CHANNEL, OBJECT, SECRET, TENANT, Teams, buttons, teams_service

ROOM = "teams"
PEOPLE = {name: OBJECT.format(number) for number, name in enumerate(["anna", "samir", "tom", "jonas", "siem-bot"], 1)}
EVE = OBJECT.format(666)
SERVICE = "https://smba.trafficmanager.net/emea/"
HOUR = timedelta(hours=1)


@cache
def key(name: str) -> RSAKey:
    """A key that Microsoft, or somebody else, signs with; made once."""
    return RSAKey.generate_key(2048, {"kid": name})


def published(name: str, **more: JsonValue) -> Json:
    """The key as the list has it."""
    public: Json = {**key(name).as_dict(private=False)}  # type: ignore[dict-item]
    return {**public, "use": "sig", "endorsements": ["msteams", "webchat"], **more}


def token(at: datetime, signer: str = "now", header: Json | None = None, **changes: JsonValue) -> str:
    """What the Bot Connector carries, but for changes; None leaves a claim out."""
    stamp = int(at.timestamp())
    claims: Json = {
        "iss": "https://api.botframework.com", "aud": APP, "serviceurl": SERVICE, "nbf": stamp, "exp": stamp + 3600,
    }  # fmt: skip
    given = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    named = {"alg": "RS256", "kid": signer} if header is None else {"alg": "RS256", **header}
    return jwt.encode(named, given, key(signer), algorithms=["RS256"])


def settings(teams: Teams) -> TeamsSettings:
    return TeamsSettings(
        kind="teams", name=ROOM, app_id=APP, app_secret="env:TEAMS_SECRET", tenant=TENANT, conversation=CHANNEL,
        service_url=teams.url, login_url=teams.url, keys_url=f"{teams.url}keys",
    )  # fmt: skip


@pytest.fixture
def teams(monkeypatch: pytest.MonkeyPatch) -> Iterator[Teams]:
    monkeypatch.setenv("TEAMS_SECRET", SECRET)
    with teams_service() as made:
        made.keys = [published("now")]
        yield made


@dataclass
class Meeting(Beside):
    """What goes to the channel, and what comes back from it through the real route."""

    bench: Bench
    teams: Teams
    strangers: Strangers = field(default_factory=Strangers)
    room: TeamsRoom = field(init=False)

    def __post_init__(self) -> None:
        bench, self.room = self.bench, TeamsRoom(settings(self.teams))
        self.door = TeamsDoor(self.room, bench.store, bench.desks, self.strangers, lambda: bench.now)
        self.http = self.served(self.door)
        self._said = 0

    def served(self, door: TeamsDoor | None) -> httpx.AsyncClient:
        return served(self.bench, self.strangers, teams_routes(door))

    def pressed(
        self,
        user: str,
        title: str = "Approve",
        changes: Json | None = None,
        *,
        reason: str = "",
        lease: str = "",
        code: str = "",
        card: Json | None = None,
    ) -> Json:
        """What Teams sends when somebody presses a button of the last card; None leaves a field out."""
        self._said += 1
        fields = {REASON: reason, LEASE: lease, CODE: code}
        sent = tapped(user, card or self.teams.cards[-1], f"f:{self._said}", title, fields)
        return {name: value for name, value in {**sent, **(changes or {})}.items() if value is not None}

    async def send(self, sent: Json, signed: str | None = None) -> httpx.Response:
        """A callback under a token, at the time of the bench."""
        bearer = {"Authorization": f"Bearer {token(self.bench.now) if signed is None else signed}"}
        return await self.http.post("/chat/teams/messages", json=sent, headers=bearer)

    async def press(
        self,
        user: str,
        title: str = "Approve",
        *,
        reason: str = "",
        lease: str = "",
        code: str = "",
        card: Json | None = None,
    ) -> str:
        """Press a button; what is shown to whoever did."""
        answer = await self.send(self.pressed(user, title, reason=reason, lease=lease, code=code, card=card))
        assert answer.status_code == 200
        return str(answer.json()["value"])

    async def type(self, user: str, text: str, changes: Json | None = None) -> None:
        """Say something to the app alone."""
        self._said += 1
        sent: Json = {
            "type": "message",
            "id": f"{self._said}",
            "text": text,
            "channelId": "msteams",
            "serviceUrl": SERVICE,
            "from": {"id": f"29:{user}", "aadObjectId": user},
            "conversation": {"id": "a:chat", "conversationType": "personal", "tenantId": TENANT},
            **(changes or {}),
        }
        assert (await self.send(sent)).json() == {}
        await self.door.settled()

    @property
    def whispered(self) -> list[tuple[str, str]]:
        """Who was told what alone."""
        return [(str(one["to"]), str(one["text"])) for one in self.teams.whispers]


def tapped(
    user: str,
    card: Json,
    event: str,
    title: str = "Approve",
    fields: Mapping[str, str] | None = None,
    *,
    request: str = "",
) -> Json:
    """What Teams sends when somebody presses a button of a card, with what they typed."""
    button = buttons(card, request)[title]
    verb, data = str(button["verb"]), button["data"]
    assert isinstance(data, dict)
    typed = {field_id(name, verb, str(data["request"])): said for name, said in (fields or {}).items() if said}
    return {
        "type": "invoke",
        "name": "adaptiveCard/action",
        "id": event,
        "channelId": "msteams",
        "serviceUrl": SERVICE,
        "from": {"id": f"29:{user}", "aadObjectId": user, "name": "Anna Keller"},
        "recipient": {"id": f"28:{APP}", "name": "fireline"},
        "conversation": {"id": f"{CHANNEL};messageid={card['id']}", "tenantId": TENANT, "isGroup": True},
        "channelData": {"channel": {"id": CHANNEL}, "tenant": {"id": TENANT}},
        "replyToId": card["id"],
        "value": {
            "action": {"type": "Action.Execute", "verb": verb, "data": {**data, **typed}}, "trigger": "manual",
        },
    }  # fmt: skip


def enrol_here(home: Path, users: dict[str, str]) -> None:
    """Write who these people are in the channel, beside the room that they are in already."""
    file = home / "people.yaml"
    for name, user in users.items():
        head, _, rest = file.read_text().partition(f"  {name}:\n    chat: {{")
        file.write_text(f"{head}  {name}:\n    chat: {{{ROOM}: {user}, {rest}")


@pytest.fixture
async def meeting(bench: Bench, teams: Teams) -> Meeting:
    enrol_here(bench.settings.home, PEOPLE)
    await bench.write(lambda tx: note_enrolments(tx, bench.desk.people, bench.now - PROVING))
    return Meeting(bench, teams)
