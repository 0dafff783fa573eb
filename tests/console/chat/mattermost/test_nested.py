"""What others nest however deep keeps our posts from being found by nobody, and nobody from answering."""

import json

import pytest

from console.chat.mattermost.room import MattermostRoom
from engine.model.base import Json
from tests.console.chat.mattermost.conftest import ANNA, Town, settings
from tests.console.chat.mattermost.emulator import CHANNEL, TEAM, Server
from tests.console.chat.nesting import DEEP, answering, nested, with_nested


@DEEP
async def test_a_post_nested_deep_keeps_none_of_ours_from_being_found(
    monkeypatch: pytest.MonkeyPatch, levels: int
) -> None:
    deep = with_nested({"user_id": "eve"}, "props", levels)
    ours = json.dumps({"user_id": "us", "props": {"fireline": "a-key"}}).encode()
    said = b'{"posts": {"theirs": %s, "ours": %s}}' % (deep, ours)
    answering(monkeypatch, "console.chat.mattermost.web_api.exchange", {"/users/me": b'{"id": "us"}', "/posts": said})
    assert await MattermostRoom(settings(Server(url="https://x.example"))).find("a-key") == "ours"


@DEEP
async def test_a_callback_nested_deep_is_refused_alone(town: Town, levels: int) -> None:
    asked = await town.asked()
    where: Json = {"user_id": ANNA, "team_id": TEAM, "channel_id": CHANNEL}
    form: Json = {**where, "type": "dialog_submission", "state": nested(levels)}
    button, fields = with_nested(town.pressed(), "context", levels), with_nested(form, "submission", levels)
    for body in (button, fields, json.dumps(form).encode()):
        assert (await town.http.post("/chat/mattermost/actions", content=body)).status_code == 401
    await town.press()
    assert town.votes(asked) == [("anna", "approve", "chat/town")]
