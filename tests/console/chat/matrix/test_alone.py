"""What one person alone is told in Matrix, and a card that only tries the room."""

import asyncio

import pytest

from engine.control import trials
from tests.console.chat.conftest import SECOND
from tests.console.chat.matrix.test_matrix import ROOM, Talk, digest, talk
from tests.patience import PATIENCE_S

__all__ = ["talk"]


async def test_who_answers_a_test_card_is_heard_and_votes_on_nothing(talk: Talk) -> None:
    asked, bench = await talk.asked(), talk.bench
    who, shown = bench.desk.people.get("admin"), "4f9a03be" * 8
    assert who is not None
    trial = await bench.write(lambda tx: trials.begin(tx, ROOM, shown, who, bench.now))
    ref = await talk.room.post("trial", trials.card_of(trial, bench.now))
    await bench.write(lambda tx: trials.place(tx, trial, ref))
    await talk.say("anna", "approve 4f9a-03be")
    assert bench.read(lambda tx: trials.find(tx, ROOM)).heard_from == "anna"
    assert talk.votes(asked) == []


async def test_whoever_is_refused_again_and_again_is_told_so_a_few_times_and_counted_always(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = list[str]()

    async def tell(user: str, text: str) -> None:
        told.append(user)

    monkeypatch.setattr(talk.room, "tell", tell)
    await talk.asked()
    for number in range(12):
        talk.place.say("eve", f"approve 0000-00{number:02d}")
    await talk.listener.listen()
    await talk.listener.settled()
    assert (len(told), [one.count for one in talk.strangers.take()]) == (5, [12])
    await talk.bench.later(60 * SECOND)
    await talk.say("eve", "approve 0000-0000")
    assert told == ["@eve:localhost"] * 6


async def test_who_cannot_be_told_keeps_nobody_from_being_heard(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    never = asyncio.Event()

    async def tell(user: str, text: str) -> None:
        await never.wait()

    monkeypatch.setattr(talk.room, "tell", tell)
    asked = await talk.asked()
    talk.place.say("eve", "approve 0000-0000")
    talk.place.say("anna", f"approve {digest(asked)}")
    async with asyncio.timeout(PATIENCE_S):
        await talk.listener.listen()
    assert talk.votes(asked) == [("anna", "approve", "chat/ops")]
    never.set()
    await talk.listener.settled()


async def test_what_the_engine_says_to_type_is_done_when_it_is_typed_so(talk: Talk) -> None:
    await talk.listener.listen()
    await talk.say("anna", "fireline freeze global 30")
    again = talk.told("anna")[-1].rpartition("To do it: ")[2]
    await talk.say("anna", again)
    assert [(one.actor, one.body["reason"]) for one in talk.bench.entries("freeze.set")] == [("anna", "")]
    explained = talk.told("anna")[-1].rpartition("Say why: ")[2].replace("and the reason", "the backup runs amok")
    await talk.say("anna", explained)
    assert [one.body["reason"] for one in talk.bench.entries("freeze.explained")] == ["the backup runs amok"]


async def test_what_a_card_says_to_type_is_done_when_it_is_typed_so(talk: Talk) -> None:
    asked = await talk.asked()
    [card] = talk.place.cards()
    show, release = str(card["body"]).partition("TYPE")[2].splitlines()[0].strip().split(" · ")
    await talk.say("anna", show)
    assert f"DIGEST    {asked.digest}" in talk.told("anna")[-1]
    await talk.say("anna", f"approve {digest(asked)}")
    await talk.bench.respond(asked.incident_id)
    await talk.say("anna", release)
    assert talk.told("anna")[-1] == "L-0001 is taken back"
    assert [one.body["reason"] for one in talk.bench.entries("lease.left")] == ["and why"]


async def test_commands_in_a_room_are_answered_alone_and_do_what_they_do_elsewhere(talk: Talk) -> None:
    asked = await talk.asked()
    await talk.say("anna", "fireline pending")
    assert talk.told("anna")[-1].startswith(f"{asked.id}: network.block_ip on 10.20.16.114, decide by ")
    await talk.say("anna", f"fireline show {asked.id}")
    assert f"DIGEST    {asked.digest}" in talk.told("anna")[-1]
    await talk.say("eve", "fireline pending")
    assert talk.told("eve")[-1].startswith("nobody is known here as @eve:localhost")
    await talk.say("jonas", "what does pending mean?")
    assert (talk.votes(asked), len(talk.place.cards())) == ([], 1)
