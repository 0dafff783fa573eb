"""What was heard once and is heard again counts once, whatever happened in between."""

import pytest

from engine.control.voting import retract_vote
from engine.errors import TargetUnavailable
from engine.model.request import Request, RequestState
from tests.bench import Bench
from tests.console.chat.conftest import SECOND, USERS, Chat
from tests.console.chat.matrix.test_matrix import Talk, digest, talk

__all__ = ["talk"]


async def take_back(bench: Bench, asked: Request, name: str) -> None:
    await bench.later(10 * SECOND)
    answer = await bench.write(lambda tx: retract_vote(tx, bench.desk, asked.id, bench.person(name), bench.now))
    assert answer.accepted


def standing(bench: Bench, asked: Request) -> list[str]:
    found = bench.read(lambda tx: tx.votes.of(asked.id))
    return [vote.principal for vote in found if vote.retracted_at is None]


async def away(token: str) -> None:
    raise TargetUnavailable("the homeserver restarts")


async def test_a_vote_taken_back_stays_so_where_the_room_is_read_again(talk: Talk) -> None:
    asked = await talk.asked()
    again = Talk(talk.bench, talk.place)
    again.room.keep = away  # type: ignore[method-assign]
    with pytest.raises(TargetUnavailable):
        await again.say("anna", f"approve {digest(asked)}")
    assert standing(talk.bench, asked) == ["anna"]
    await take_back(talk.bench, asked, "anna")
    await talk.listener.listen()
    await talk.bench.respond(asked.incident_id)
    assert (standing(talk.bench, asked), talk.bench.request(asked.id).state) == ([], RequestState.AWAITING_APPROVAL)


async def test_a_message_that_is_heard_again_is_refused_and_told_nothing(talk: Talk) -> None:
    asked = await talk.asked()
    again = Talk(talk.bench, talk.place)
    again.room.keep = away  # type: ignore[method-assign]
    with pytest.raises(TargetUnavailable):
        await again.say("anna", f"approve {digest(asked)}")
    await talk.listener.listen()
    assert talk.bench.entries("vote.refused") == []


async def test_a_vote_taken_back_stays_so_where_its_callback_is_replayed_to_a_fresh_engine(chat: Chat) -> None:
    asked = await chat.asked()
    body = chat.pressed(USERS["anna"], "Approve")
    headers = chat.signed(body)
    assert (await chat.send("interactions", body, **headers)).status_code == 200
    await take_back(chat.bench, asked, "anna")
    fresh = Chat(chat.bench, chat.slack, chat.room)
    assert (await fresh.send("interactions", body, **headers)).json() == {}
    assert (standing(chat.bench, asked), len(chat.whispered)) == ([], 1)
