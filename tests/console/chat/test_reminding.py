"""While time runs out the room sees who is asked now, and they hear it alone, once a step."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from console.chat.following import follow_more
from console.chat.whisperer import APART, Whisperer
from engine.control.reminding import LINES, MORE
from engine.control.whispering import remind_until
from engine.model.request import Request
from engine.store.tx import Tx
from tests.console.chat.conftest import MINUTE, ROOM, SECOND, USERS, Chat


def whisperer(chat: Chat) -> Whisperer:
    return Whisperer(chat.bench.store, chat.room, lambda: chat.bench.now)


async def reached(chat: Chat, request: Request, share: float) -> None:
    """So much of the time to decide is over, and the engine has looked."""
    assert request.asked_at is not None
    assert request.deadline is not None
    at = request.asked_at + share * (request.deadline - request.asked_at)
    await chat.bench.later(at - chat.bench.now)
    await chat.bench.respond(request.incident_id)


async def remind(chat: Chat, text: str, until: datetime) -> None:
    """Anna has still to hear this."""
    to = (ROOM, USERS["anna"])
    await chat.bench.write(lambda tx: remind_until(tx, to, text, "request/AR-1", until))


async def shown(chat: Chat) -> None:
    await chat.carry()
    await whisperer(chat).deliver()


def reminded(chat: Chat) -> list[str]:
    return [user for user, said in chat.whispered if said.startswith("SIMULATED SITE · you are asked about ")]


async def test_each_step_is_said_in_the_thread_and_to_whom_it_asks(chat: Chat) -> None:
    asked = await chat.asked()
    for share in (0.25, 0.5, 0.75):
        await reached(chat, asked, share)
        await shown(chat)
    lines = [line for line in chat.slack.thread(chat.slack.cards[0]["ts"]) if "of the time is over" in line]
    assert asked.deadline is not None
    until = f"decide by {asked.deadline:%d %b %H:%M:%S} UTC"
    assert [line.partition(" % of the time is over, ")[0] for line in lines] == ["25", "50", "75"]
    assert all(until in line for line in lines)
    assert [line.partition("asked now ")[2] for line in lines] == [
        "anna, lena, samir",
        "admin, anna, jonas, lena, samir",
        "admin, anna, jonas, lena, samir",
    ]
    # Nobody here knows the administrator or lena.
    first, all_known = ["U0ANNA", "U0SAMIR"], ["U0ANNA", "U0JONAS", "U0SAMIR"]
    assert reminded(chat) == [*first, *all_known, *all_known]


async def test_times_are_those_of_the_room_s_clock_as_on_the_card(chat: Chat) -> None:
    chat.pace = chat.pace.model_copy(update={"timezone": "Europe/Zurich"})
    asked = await chat.asked()
    await reached(chat, asked, 0.25)
    await shown(chat)
    assert asked.deadline is not None
    until = f"decide by {asked.deadline.astimezone(ZoneInfo('Europe/Zurich')):%d %b %H:%M:%S %Z}"
    [line] = [line for line in chat.slack.thread(chat.slack.cards[0]["ts"]) if "of the time is over" in line]
    assert [until in said for said in (line, *(said for _, said in chat.whispered))] == [True] * 3


async def test_a_step_is_said_once_whatever_is_killed(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = await chat.asked()
    await reached(chat, asked, 0.25)

    def killed(tx: Tx, *_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as while_it_reads, pytest.raises(SystemExit):
        while_it_reads.setattr("engine.store.pages.ReadUntil.put", killed)
        await chat.carry()
    for _ in range(3):
        fresh = Chat(chat.bench, chat.slack, chat.room)
        await shown(fresh)
        await chat.bench.respond(asked.incident_id)
    assert reminded(chat) == ["U0ANNA", "U0SAMIR"]
    assert len([line for line in chat.slack.thread(chat.slack.cards[0]["ts"]) if line.startswith("25 %")]) == 1


async def test_what_was_missed_is_caught_up_with_in_one_word(chat: Chat) -> None:
    asked = await chat.asked()
    await reached(chat, asked, 0.6)
    await shown(chat)
    assert reminded(chat) == ["U0ANNA", "U0JONAS", "U0SAMIR"]


async def test_who_has_answered_and_what_is_decided_is_not_reminded_of(chat: Chat) -> None:
    asked = await chat.asked()
    await reached(chat, asked, 0.5)
    await chat.bench.vote(asked.id, "jonas", "deny", "ours")
    await shown(chat)
    assert reminded(chat) == ["U0ANNA", "U0SAMIR"]
    await chat.bench.later(timedelta(minutes=1))
    await chat.bench.respond(asked.incident_id)
    before = len(reminded(chat))
    await shown(chat)
    assert len(reminded(chat)) == before


async def test_many_reminders_at_once_are_one_message(chat: Chat) -> None:
    await chat.carry()
    asked = [await chat.bench.ask("tom", target=f"10.20.16.{n}") for n in range(100, 125)]
    for request in asked:
        await reached(chat, request, 0.25)
    await shown(chat)
    assert [user for user, _ in chat.whispered] == [USERS["anna"], USERS["samir"]]
    lines = [said.split("\n") for _, said in chat.whispered]
    assert [(len(said), said[-1]) for said in lines] == [(LINES + 1, MORE)] * 2


async def test_reminders_of_one_user_come_half_a_minute_apart_unless_there_is_no_time(chat: Chat) -> None:
    bench, here = chat.bench, whisperer(chat)
    for text, lasts in (("first", 10 * MINUTE), ("second", 10 * MINUTE), ("urgent", APART)):
        await remind(chat, text, bench.now + lasts)
        await here.deliver()
    assert [said for _, said in chat.whispered] == ["first", "urgent"]
    await bench.later(APART)
    await here.deliver()
    assert [said for _, said in chat.whispered] == ["first", "urgent", "second"]


async def test_a_reminder_lapses_with_the_question(chat: Chat) -> None:
    asked = await chat.asked()
    await reached(chat, asked, 0.25)
    assert not await follow_more(chat.bench.store, chat.bench.desks, [ROOM], simulated=True)
    assert asked.deadline is not None
    await chat.bench.later(asked.deadline - chat.bench.now + SECOND)
    await whisperer(chat).deliver()
    assert (chat.whispered, chat.bench.read(lambda tx: tx.whispers.waiting(ROOM, 9))) == ([], [])
