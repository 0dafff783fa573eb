"""What others nest however deep keeps our messages from being found by nobody, and nobody from answering."""

import json
from urllib.parse import urlencode

import pytest

from console.chat.slack.room import SlackRoom
from engine.model.base import Json
from tests.console.chat.conftest import Chat, settings
from tests.console.chat.nesting import DEEP, answering, with_nested
from tests.console.chat.slack.emulator import TEAM, Workspace


@DEEP
async def test_a_message_nested_deep_keeps_none_of_ours_from_being_found(
    monkeypatch: pytest.MonkeyPatch, levels: int
) -> None:
    ours: Json = {"event_type": "fireline", "event_payload": {"key": "a-key"}}
    deep = with_nested({"ts": "2", "bot_id": "B0OTHER"}, "metadata", levels)
    history = b'{"ok": true, "messages": [%s, %s]}'
    said = history % (deep, json.dumps({"ts": "1", "bot_id": "B0US", "metadata": ours}).encode())
    us = json.dumps({"ok": True, "team_id": TEAM, "bot_id": "B0US"}).encode()
    answering(monkeypatch, "console.chat.slack.web_api.post", {"auth.test": us, "conversations.history": said})
    assert await SlackRoom(settings(Workspace(url="https://x.example/"))).find("a-key") == "1"


@DEEP
async def test_a_callback_nested_deep_is_refused_alone(chat: Chat, levels: int) -> None:
    asked = await chat.asked()
    payload = with_nested({"type": "block_actions"}, "state", levels).decode()
    assert (await chat.send("interactions", urlencode({"payload": payload}).encode())).status_code == 422
    await chat.press("U0ANNA")
    assert chat.votes(asked) == [("anna", "approve", "chat/soc")]
