"""Messages that others nest however deep keep ours from being found by nobody."""

import pytest
from pydantic import JsonValue

from tests.console.chat.conftest import Chat


@pytest.mark.parametrize("depth", [200, 400])
async def test_a_message_nested_deep_keeps_none_of_ours_from_being_found(chat: Chat, depth: int) -> None:
    await chat.asked()
    deep: JsonValue = "text"
    for _ in range(depth):
        deep = [deep]
    [card] = chat.slack.cards
    metadata = card["metadata"]
    assert isinstance(metadata, dict) and isinstance(metadata["event_payload"], dict)
    for marked in ({"event_type": "other", "event_payload": deep}, deep):
        chat.slack.messages.append({"ts": "1800000000.000001", "bot_id": "B0OTHER", "metadata": marked, "blocks": []})
    assert await chat.room.find(str(metadata["event_payload"]["key"])) == card["ts"]
