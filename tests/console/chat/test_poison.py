"""Whatever others send into a room, we go on hearing and being heard there."""

import json

import pytest
from pydantic import JsonValue

from console.chat.matrix.room import MatrixRoom
from engine.model.base import Json
from engine.model.chat import MatrixSettings
from tests.console.chat.conftest import SECOND, Chat
from tests.console.chat.matrix.test_matrix import Talk, digest, talk
from tests.console.chat.nesting import DEEP, answering, with_nested
from tests.console.chat.slack.emulator import Trouble
from tests.console.chat.test_rooms import CARD

__all__ = ["talk"]

MATRIX = MatrixSettings(kind="matrix", name="ops", room="!a:x", url="https://x.ex", access_token="env:MATRIX_TOKEN")


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("m.room.message", {"msgtype": "m.text", "body": "hello", "m.relates_to": "what they like"}),
        ("org.example.anything", {"body": {"a": 1}}),
    ],
    ids=["another relation", "another type"],
)
async def test_no_member_of_a_room_silences_it(talk: Talk, kind: str, content: dict[str, JsonValue]) -> None:
    asked = await talk.asked()
    talk.place.server.ask("PUT", f"rooms/{talk.place.id}/send/{kind}/once", content, by="eve")
    await talk.say("anna", f"approve {digest(asked)}")
    assert talk.votes(asked) == [("anna", "approve", "chat/ops")]


@DEEP
async def test_an_event_that_some_homeserver_let_nest_however_deep_keeps_no_other_from_being_heard(
    monkeypatch: pytest.MonkeyPatch, levels: int
) -> None:
    event: Json = {"event_id": "$1", "sender": "@eve:x", "type": "m.room.message"}
    events = [with_nested(event, "content", levels), json.dumps({**event, "sender": "@anna:x"}).encode()]
    page = b'{"chunk": [%s], "end": "further"}' % b", ".join(events)
    us = b'{"user_id": "@fireline:x"}'
    answering(monkeypatch, "console.chat.matrix.web_api.exchange", {"/whoami": us, "/messages": page})
    said, until = await MatrixRoom(MATRIX).said_since("here")
    assert ([one.sender for one in said], until) == (["@anna:x"], "further")


@DEEP
async def test_what_is_nested_deep_beneath_a_card_in_matrix_keeps_it_from_no_edit(
    monkeypatch: pytest.MonkeyPatch, levels: int
) -> None:
    card: Json = {"event_id": "$1", "sender": "@fireline:x", "type": "m.room.message", "content": {"body": "a card"}}
    there, edited = with_nested(card, "unsigned", levels), b'{"event_id": "$2"}'
    answering(monkeypatch, "console.chat.matrix.web_api.exchange", {"/event/%241": there, "/shown": edited})
    await MatrixRoom(MATRIX).update("shown", "$1", CARD)


async def test_what_other_apps_mark_keeps_ours_from_being_found_by_nobody(chat: Chat) -> None:
    of_others: list[JsonValue] = [{"event_type": "ticket", "event_payload": {"key": 42}}, None, "text"]
    for number, metadata in enumerate(of_others):
        chat.slack.messages.append({"ts": f"{number}", "bot_id": None, "metadata": metadata, "blocks": []})
    chat.slack.troubles["chat.postMessage"] = [Trouble(status=502, done=True)]
    await chat.carry()
    await chat.bench.ask("tom", target="10.20.16.114")
    for _ in range(3):
        await chat.carry()
        await chat.bench.later(2 * SECOND)
    assert len(chat.slack.cards) == 4
    assert chat.bench.read(lambda tx: tx.threads.pending("soc")) == []
