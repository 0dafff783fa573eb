"""What the database says is to stand in a room stands there, once, whatever the room answers."""

from datetime import timedelta

from engine.control.chat_threads import begin
from engine.model.base import Json
from engine.model.request import RequestState
from tests.console.chat.conftest import ROOM, SECOND, USERS, Chat
from tests.console.chat.slack.emulator import Trouble, buttons, spoken

LOST = Trouble(status=502, done=True)


async def decided(chat: Chat) -> Json:
    """A request that somebody approved and that is in force; its card."""
    asked = await chat.asked()
    await chat.press(USERS["anna"])
    await chat.bench.respond(asked.incident_id)
    await chat.carry()
    return chat.slack.cards[-1]


async def test_a_card_says_what_will_be_done_to_what_and_how_it_ends(chat: Chat) -> None:
    asked = await chat.asked()
    [card] = chat.slack.cards
    lines = spoken(card).splitlines()
    assert lines[0].startswith("SIMULATED SITE · TIER 3 · 1 approval")
    assert lines[1].startswith("network.block_ip on 10.20.16.114")
    assert f"SIMULATED SITE · {asked.incident_id} · {asked.id} · " in lines[-1]
    assert [*buttons(card)] == ["Deny…", "Shorter…", "Approve"]


async def test_the_thread_follows_to_the_release_and_the_card_is_locked(chat: Chat) -> None:
    card = await decided(chat)
    assert (buttons(card), spoken(card).splitlines()[0]) == ({}, "SIMULATED SITE · TIER 3 · HELD")
    assert "DECIDED  approved by anna for " in spoken(card)
    for lease in chat.bench.read(lambda tx: tx.leases.live()):
        await chat.bench.later(timedelta(hours=9))
        await chat.bench.carry(lease.key)
    await chat.carry()
    assert spoken(card).splitlines()[0] == "SIMULATED SITE · TIER 3 · ENDED"
    assert [line.partition(":")[0] for line in chat.slack.thread(card["ts"])] == [
        "asked",
        "anna approves",
        "APPROVED by anna; checked again before it is done",
        "validated",
        "EXECUTED AND VERIFIED",
        "L-0001 is being released",
        "RELEASED",
    ]


async def test_a_card_whose_answer_was_lost_stands_there_once(chat: Chat) -> None:
    chat.slack.troubles["chat.postMessage"] = [LOST]
    await chat.carry()
    asked = await chat.bench.ask("tom", target="10.20.16.114")
    for _ in range(3):
        await chat.carry()
        await chat.bench.later(2 * SECOND)
    assert len(chat.slack.cards) == 1
    assert [line[:5] for line in chat.slack.thread(chat.slack.cards[0]["ts"])] == ["asked"]
    await chat.press(USERS["anna"])
    assert len(chat.votes(asked)) == 1


async def test_a_line_whose_answer_was_lost_is_said_once(chat: Chat) -> None:
    chat.slack.troubles["chat.postMessage"] = [Trouble(done=True), LOST, LOST]
    await chat.asked()
    for _ in range(4):
        await chat.carry()
        await chat.bench.later(2 * SECOND)
    assert [line[:5] for line in chat.slack.thread(chat.slack.cards[0]["ts"])] == ["asked"]


async def test_a_room_that_wants_fewer_calls_gets_them_and_then_everything(chat: Chat) -> None:
    chat.slack.troubles["chat.postMessage"] = [Trouble(429, headers={"Retry-After": "30"})]
    await chat.carry()
    await chat.bench.ask("tom", target="10.20.16.114")
    calls = []
    for after in (0, 29, 1):
        await chat.bench.later(after * SECOND)
        await chat.carry()
        calls.append(chat.slack.calls.count("chat.postMessage"))
    assert (calls, len(chat.slack.cards)) == ([1, 1, 3], 1)
    assert [one.body["room"] for one in chat.bench.entries("chat.delayed")] == ["soc"]


async def test_what_a_room_wants_fewer_of_it_wants_of_every_request(chat: Chat) -> None:
    await chat.carry()
    chat.slack.troubles["chat.postMessage"] = [Trouble(429, headers={"Retry-After": "30"})]
    for number in range(3):
        await chat.bench.ask("tom", target=f"10.20.16.{100 + number}")
    for _ in range(5):
        await chat.carry()
        await chat.bench.later(SECOND)
    assert chat.slack.calls.count("chat.postMessage") == 1
    await chat.bench.later(30 * SECOND)
    await chat.carry()
    assert len(chat.slack.cards) == 3


async def test_what_a_room_refuses_of_one_request_keeps_no_other_back(chat: Chat) -> None:
    await chat.carry()
    requests = [await chat.bench.ask("tom", target=f"10.20.16.{100 + number}") for number in range(5)]
    await chat.carry()
    chat.slack.troubles["chat.update"] = [Trouble(error="cant_update_message")] * 8
    for one in requests:
        await chat.bench.vote(one.id, "jonas", "deny", "not now")
    await chat.carry()
    assert ["jonas NO" in spoken(card) for card in chat.slack.cards] == [False] * 4 + [True]


async def test_a_room_that_refuses_is_asked_again_and_others_votes_count_meanwhile(chat: Chat) -> None:
    chat.slack.troubles["chat.postMessage"] = [Trouble(error="not_in_channel")] * 2
    await chat.carry()
    asked = await chat.bench.ask("tom", target="10.20.16.114")
    await chat.carry()
    await chat.bench.vote(asked.id, "anna", digest=asked.digest)
    await chat.bench.respond(asked.incident_id)
    assert chat.bench.request(asked.id).state is RequestState.HELD
    for _ in range(3):
        await chat.bench.later(10 * SECOND)
        await chat.carry()
    assert [buttons(card) for card in chat.slack.cards] == [{}]


async def test_a_card_that_is_refused_with_mentions_comes_without(chat: Chat) -> None:
    chat.slack.troubles["chat.postMessage"] = [Trouble(error="invalid_blocks")]
    await chat.asked()
    [card] = chat.slack.cards
    assert ([*buttons(card)][-1], chat.slack.rung(USERS["anna"])) == ("Approve", [])
    other = await chat.asked("10.20.16.115")
    assert [other.target in said for said in chat.slack.rung(USERS["anna"])] == [True]


async def test_a_card_that_somebody_deleted_is_put_there_again(chat: Chat) -> None:
    asked = await chat.asked()
    chat.slack.messages.clear()
    await chat.bench.vote(asked.id, "jonas", "deny", "not now")
    for _ in range(3):
        await chat.carry()
        await chat.bench.later(2 * SECOND)
    assert len(chat.slack.cards) == 1
    assert "jonas NO" in spoken(chat.slack.cards[0])
    assert len(chat.bench.entries("chat.card_gone")) == 1


async def test_what_was_asked_before_the_room_was_there_comes_to_it_too(chat: Chat) -> None:
    await chat.bench.ask("tom", target="10.20.16.114")
    await chat.carry()
    await chat.carry()
    assert len(chat.slack.cards) == 1


async def test_what_was_decided_while_there_was_no_room_does_not_come_to_it(chat: Chat) -> None:
    await chat.carry()
    past = await chat.bench.ask("tom", target="10.20.16.114")
    await chat.bench.vote(past.id, "anna", digest=past.digest)
    await chat.bench.respond(past.incident_id)
    waits = await chat.bench.ask("tom", target="10.20.16.115")
    await chat.carry()
    assert [waits.id in spoken(card) for card in chat.slack.cards] == [True]


async def test_a_room_that_is_new_gets_what_people_are_asked_beside_the_others(chat: Chat) -> None:
    asked = await chat.asked()
    bench = chat.bench
    for _ in range(2):
        await bench.write(lambda tx: begin(tx, bench.desk, [ROOM, "new"], True))
    assert {one.room for one in bench.read(lambda tx: tx.threads.of(asked.id))} == {ROOM, "new"}


async def test_two_requests_have_a_card_and_a_thread_each(chat: Chat) -> None:
    first = await chat.asked()
    second = await chat.bench.ask("tom", target="10.20.16.115")
    await chat.carry()
    await chat.bench.vote(second.id, "anna", digest=second.digest)
    await chat.carry()
    one, two = chat.slack.cards
    assert (first.id in spoken(one), second.id in spoken(two)) == (True, True)
    assert [len(chat.slack.thread(card["ts"])) for card in (one, two)] == [1, 2]
