"""A webhook's room can be tried as any other."""

import json

from tests.console.chat.conftest import ROOM, USERS
from tests.console.chat.trying import heard_from, tried
from tests.console.chat.webhook.test_answers import Desk, desk

__all__ = ["desk"]


async def test_who_answers_the_test_card_of_a_webhook_is_heard_and_an_answer_to_another_is_not(desk: Desk) -> None:
    digest = await tried(desk.bench, desk.room)
    answer = {"room": ROOM, "user": USERS["anna"], "request": "AR-0", "kind": "approve"}
    for event, named, who in (("e-1", "cd" * 32, ""), ("e-2", digest, "anna")):
        said = await desk.send(json.dumps({**answer, "event": event, "digest": named}).encode())
        assert (said.json()["accepted"], heard_from(desk.bench, desk.room)) == (bool(who), who)
    assert desk.bench.entries("vote.cast") == []
