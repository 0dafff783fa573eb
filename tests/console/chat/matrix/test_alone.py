"""What one person alone is told in Matrix, and a card that only tries the room."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest

from console.chat.matrix.room import Content, Said
from console.chat.patience import AT_ONCE, STRANGERS_AT_ONCE
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


async def test_the_word_that_confirms_a_freeze_is_told_however_much_was_typed_before(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = list[str]()

    async def tell(user: str, text: str) -> None:
        told.append(text)

    monkeypatch.setattr(talk.room, "tell", tell)
    await talk.listener.listen()
    for number in range(AT_ONCE + 3):
        talk.place.say("anna", f"fireline show AR-{number}")
    await talk.say("anna", "fireline freeze global 30")
    assert (len(told), "To do it: fireline freeze global 30 yes-" in told[-1]) == (AT_ONCE + 1, True)


async def test_strangers_use_up_nothing_of_what_is_told_to_who_is_known(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Counter[str]()

    async def tell(user: str, text: str) -> None:
        told[user] += 1

    monkeypatch.setattr(talk.room, "tell", tell)
    bodies = ("enrol AAAA-AAAA-AAAA", "fireline pending", "approve 0000-0000")
    strangers = [(f"@eve-{number}:localhost", bodies[number % 3]) for number in range(STRANGERS_AT_ONCE + 10)]
    said = [*strangers, ("@anna:localhost", "approve 0000-0000")]
    events = [
        Said(event_id=f"$e{number}", sender=user, type="m.room.message", content=Content(msgtype="m.text", body=body))
        for number, (user, body) in enumerate(said)
    ]

    async def said_since(token: str) -> tuple[Sequence[Said], str]:
        return events, token

    monkeypatch.setattr(talk.room, "said_since", said_since)
    await talk.listener.listen()
    await talk.listener.settled()
    assert (told.pop("@anna:localhost"), told.total()) == (1, STRANGERS_AT_ONCE)


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
