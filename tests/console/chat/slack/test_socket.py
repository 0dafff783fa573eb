"""Socket Mode: what Slack sends over a connection that we opened counts as what it posts to us, and once."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request

from console.chat.slack import socket
from console.chat.slack.door import SlackDoor
from console.chat.slack.socket import SlackSocket
from engine.control.voting import retract_vote
from engine.errors import TargetRefused
from engine.model.base import Json
from tests.console.chat.conftest import USERS, Chat
from tests.console.chat.slack.emulator import APP_TOKEN, OPEN, TEAM, Trouble
from tests.patience import PATIENCE_S


@dataclass
class Slack:
    """Slack's side of the connection: what it sends, one after the other, and what is acknowledged."""

    to_send: asyncio.Queue[Json] = field(default_factory=asyncio.Queue)
    acknowledged: asyncio.Queue[Json] = field(default_factory=asyncio.Queue)
    connections: int = 0

    async def talk(self, connection: ServerConnection) -> None:
        self.connections += 1
        await connection.send(json.dumps({"type": "hello", "num_connections": 1}))
        while "envelope_id" in (sent := await self.to_send.get()):
            await connection.send(json.dumps(sent))
            self.acknowledged.put_nowait(json.loads(await connection.recv()))
        await connection.send(json.dumps(sent))

    async def say(self, kind: str, payload: Json, envelope: str = "e-1") -> Json:
        """Send an envelope; what it is acknowledged with."""
        self.to_send.put_nowait({"type": kind, "envelope_id": envelope, "payload": payload})
        async with asyncio.timeout(PATIENCE_S):
            answer = await self.acknowledged.get()
        assert answer["envelope_id"] == envelope
        return answer


@pytest.fixture
async def far(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Slack]:
    """Slack, to which the engine's side is connected."""
    monkeypatch.setenv("SLACK_APP_TOKEN", APP_TOKEN)
    monkeypatch.setattr(socket, "AGAIN_S", 0.01)
    slack = Slack()
    async with asyncio.timeout(PATIENCE_S), serve(slack.talk, "127.0.0.1", 0) as server:
        [listening, *_] = server.sockets
        chat.slack.socket = f"ws://127.0.0.1:{listening.getsockname()[1]}/link?ticket=1"
        heard = asyncio.create_task(near(chat).run())
        yield slack
        heard.cancel()
        await asyncio.wait([heard])
        slack.to_send.put_nowait({"type": "disconnect"})


def near(chat: Chat) -> SlackSocket:
    bench = chat.bench
    door = SlackDoor(chat.room, bench.store, bench.desks, chat.strangers, lambda: bench.now)
    return SlackSocket(chat.room.settings, "env:SLACK_APP_TOKEN", door)


def payload(body: bytes) -> Json:
    """What a callback by HTTP has in its form."""
    found: Json = json.loads(parse_qs(body.decode())["payload"][0])
    return found


async def test_a_touch_counts_and_is_acknowledged_after_it_is_written(chat: Chat, far: Slack) -> None:
    asked = await chat.asked()
    assert await far.say("interactive", payload(chat.pressed(USERS["anna"], "Approve"))) == {"envelope_id": "e-1"}
    assert chat.votes(asked) == [("anna", "approve", "chat/soc")]


async def test_what_slack_sends_again_counts_once_also_after_it_was_taken_back(chat: Chat, far: Slack) -> None:
    asked = await chat.asked()
    touch = payload(chat.pressed(USERS["anna"], "Approve"))
    await far.say("interactive", touch)
    who = chat.bench.desk.people.get("anna")
    assert who is not None
    await chat.bench.write(lambda tx: retract_vote(tx, chat.bench.desk, asked.id, who, chat.bench.now))
    await far.say("interactive", touch, envelope="e-2")
    assert len(chat.bench.entries("vote.cast")) == 1


async def test_a_command_is_answered_in_its_acknowledgement(chat: Chat, far: Slack) -> None:
    asked = await chat.asked()
    typed: Json = {"team_id": TEAM, "user_id": USERS["anna"], "text": "pending", "command": "/fireline"}
    answer = (await far.say("slash_commands", typed))["payload"]
    assert isinstance(answer, dict)
    assert str(answer["text"]).startswith(f"{asked.id}: network.block_ip")


async def test_what_is_not_for_us_is_acknowledged_and_not_done(chat: Chat, far: Slack) -> None:
    asked = await chat.asked()
    touch = payload(chat.pressed(USERS["anna"], "Approve"))
    elsewhere: Json = {**touch, "team": {"id": "T0OTHER"}}
    unknown: Json = {"type": "shortcut"}
    for kind, said in (("interactive", elsewhere), ("interactive", unknown), ("events_api", touch)):
        assert await far.say(kind, said) == {"envelope_id": "e-1"}
    assert chat.votes(asked) == []
    assert [one.source for one in chat.strangers.take()] == ["slack socket"]


async def test_another_connection_is_opened_when_slack_wants_one_or_it_breaks(chat: Chat, far: Slack) -> None:
    asked = await chat.asked()
    far.to_send.put_nowait({"type": "disconnect", "reason": "refresh_requested"})
    far.to_send.put_nowait({"type": "disconnect", "reason": "warning"})
    await far.say("interactive", payload(chat.pressed(USERS["anna"], "Approve")))
    assert (far.connections, len(chat.votes(asked))) == (3, 1)


async def test_as_long_as_slack_wishes_it_is_not_asked_again(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_APP_TOKEN", APP_TOKEN)
    chat.slack.troubles[OPEN] = [Trouble(429, headers={"Retry-After": "30"})]
    waits = list[float]()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        raise asyncio.CancelledError

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await near(chat).run()
    assert waits == [30.0]


@pytest.mark.parametrize("address", ["http://127.0.0.1/", "file:///etc/passwd", ""])
async def test_it_connects_to_nothing_but_a_web_socket(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("SLACK_APP_TOKEN", APP_TOKEN)
    chat.slack.socket = address
    with pytest.raises(TargetRefused, match="without TLS"):
        await near(chat).listen()


@pytest.fixture
def two_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack's name leads to two addresses, and nobody is there at the first."""

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.9", "127.0.0.1"]

    monkeypatch.setattr(socket, "resolve", resolve)


async def test_where_one_address_takes_no_connection_the_next_is_tried(
    chat: Chat, two_addresses: None, far: Slack
) -> None:
    asked = await chat.asked()
    await far.say("interactive", payload(chat.pressed(USERS["anna"], "Approve")))
    assert len(chat.votes(asked)) == 1


async def test_who_takes_longer_to_greet_than_an_equal_share_of_the_time_is_heard(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    others, share_s = 599, PATIENCE_S / 600

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.9"] * others + ["127.0.0.1"]

    async def greet(connection: ServerConnection, request: Request) -> None:
        await asyncio.sleep(2 * share_s)

    monkeypatch.setenv("SLACK_APP_TOKEN", APP_TOKEN)
    monkeypatch.setattr(socket, "resolve", resolve)
    monkeypatch.setattr(socket, "WITHIN_S", PATIENCE_S)
    slack = Slack()
    slack.to_send.put_nowait({"type": "disconnect"})
    async with serve(slack.talk, "127.0.0.1", 0, process_request=greet) as server:
        [listening, *_] = server.sockets
        chat.slack.socket = f"ws://127.0.0.1:{listening.getsockname()[1]}/link?ticket=1"
        await near(chat).listen()
    assert slack.connections == 1


async def test_the_apps_token_opens_it_and_no_other(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-another")
    with pytest.raises(TargetRefused, match="invalid_auth"):
        await near(chat).listen()
    assert chat.slack.calls == [OPEN]
