"""Many people answer many cards in the same second: each answer counts once, for its own request, or not at all."""

import asyncio
from pathlib import Path
from random import Random

import pytest

from engine.control.enrolment import PROVING, note_enrolments
from engine.model.base import Json
from engine.model.request import Request, RequestState
from tests.console.chat.conftest import ROOM, SECOND, USERS, Chat
from tests.console.chat.slack.emulator import spoken

APPROVERS = {f"approver-{n:03}": f"U0A{n:03}" for n in range(100)}


@pytest.fixture
async def crowd(chat: Chat, home: Path) -> Chat:
    """A hundred more approvers, known in the room for a day."""
    file, bench = home / "people.yaml", chat.bench
    entries = [
        f"  {name}: {{name: {name}, roles: [approver], chat: {{{ROOM}: {user}}}}}\n" for name, user in APPROVERS.items()
    ]
    file.write_text(file.read_text().replace("people:\n", "people:\n" + "".join(entries), 1))
    await bench.write(lambda tx: note_enrolments(tx, bench.desk.people, bench.now - PROVING))
    return chat


async def asked(chat: Chat) -> list[tuple[Request, Json]]:
    """Three requests, each with its card, and none of them still settling."""
    targets = [f"10.20.16.{114 + n}" for n in range(3)]
    requests = [await chat.bench.ask("tom", target=target) for target in targets]
    await chat.carry()
    await chat.bench.later(2 * SECOND)
    cards = [next(card for card in chat.slack.cards if target in spoken(card)) for target in targets]
    return list(zip(requests, cards, strict=True))


async def test_three_hundred_at_once_are_each_counted_once_for_what_they_answered(crowd: Chat) -> None:
    bench = crowd.bench
    await crowd.carry()
    [(first, one), (second, two), (third, three)] = await asked(crowd)
    users = [*APPROVERS.values()]
    presses = [crowd.pressed(user, "Approve", card) for card in (one, two) for user in users]
    # Of those who answer the third, half may not: the requester, a bot, strangers.
    outside = [USERS["tom"], USERS["siem-bot"], *(f"U0EVE{n}" for n in range(98))]
    presses += [crowd.pressed(user, "Approve", three) for user in outside]
    Random(7).shuffle(presses)
    answers = await asyncio.gather(*(crowd.send("interactions", body) for body in presses))
    assert {answer.status_code for answer in answers} == {200}
    everybody = [(name, "approve", f"chat/{ROOM}") for name in APPROVERS]
    assert (sorted(crowd.votes(first)), sorted(crowd.votes(second))) == (everybody, everybody)
    assert (crowd.votes(third), len(bench.entries("vote.cast"))) == ([], 200)
    assert [entry.subject for entry in bench.entries("vote.refused")] == [f"request/{third.id}"] * 2
    for request in (first, second, third):
        await bench.respond(request.incident_id)
    states = [bench.request(request.id).state for request in (first, second, third)]
    assert states == [RequestState.HELD, RequestState.HELD, RequestState.AWAITING_APPROVAL]
    placed = {event.target for event in bench.site.history()}
    assert placed == {first.target, second.target}
