"""Each question stands on one card of a room: with its incident, or bundled with its cause, however many there are."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from console.chat.following import follow_more
from engine.control import chat_threads
from engine.control.card_places import MOST, cause_of
from engine.control.chat_threads import begin
from engine.model.chat import CardPace, Thread
from engine.model.request import Request
from tests.bench import Bench
from tests.console.chat.asking import again, beside, several
from tests.console.chat.conftest import MINUTE, ROOM

TWO = CardPace(by_day=2, at_night=2)


async def follow(bench: Bench, pace: CardPace = TWO, *rooms: str) -> None:
    """What the reader of the ledger does, as it is begun anew each time."""
    places = rooms or (ROOM,)
    while await follow_more(bench.store, bench.desks, places, simulated=True, paces=dict.fromkeys(places, pace)):
        """There is more."""


def cards(bench: Bench, room: str = ROOM) -> list[Thread]:
    return [*bench.read(lambda tx: tx.threads.pending(room))]


def standing(bench: Bench, room: str = ROOM) -> list[list[str]]:
    return [[*card.requests] for card in cards(bench, room)]


async def ask(bench: Bench, count: int, by: str = "tom", first: int = 1) -> list[Request]:
    """So many questions, each of an incident of its own."""
    return [await bench.ask(by, target=f"10.20.{16 + n // 200}.{1 + n % 200}") for n in range(first, first + count)]


async def test_everything_asked_of_one_incident_stands_on_one_card(bench: Bench) -> None:
    await follow(bench)
    asked = await several(bench, 3)
    await follow(bench)
    other = await bench.ask("jonas", target="10.20.16.9")
    await follow(bench)
    more = await beside(bench, asked[0], "10.20.16.10")
    await follow(bench)
    assert standing(bench) == [[*(one.id for one in asked), more.id], [other.id]]


async def test_more_than_twenty_have_a_second_card(bench: Bench) -> None:
    await follow(bench)
    asked = [one.id for one in await several(bench, MOST + 2)]
    await follow(bench, CardPace())
    assert standing(bench) == [asked[:MOST], asked[MOST:]]


async def test_what_is_asked_once_everything_is_decided_has_a_card_of_its_own(bench: Bench) -> None:
    await follow(bench)
    [first] = await several(bench, 1)
    await follow(bench)
    await bench.vote(first.id, "anna", digest=first.digest)
    await bench.respond(first.incident_id)
    second = await beside(bench, first, "10.20.16.10")
    await follow(bench)
    assert standing(bench) == [[first.id], [second.id]]


async def test_what_is_asked_again_stands_in_the_place_of_what_it_supersedes(bench: Bench) -> None:
    await follow(bench)
    one, two, three = await several(bench, 3)
    await follow(bench)
    fresh = await again(bench, two, "it would break more than was shown")
    await follow(bench)
    assert standing(bench) == [[one.id, fresh.id, three.id]]
    [card] = cards(bench)
    assert [line.text.partition(":")[0] for line in card.waiting[1:]] == [
        f"{two.id} · void",
        f"{fresh.id} · asked",
    ]


async def test_what_is_real_and_what_is_simulated_never_share_a_card(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await follow(bench)
    first, second = await several(bench, 2)
    third = await again(bench, second, "now for real")
    monkeypatch.setattr(chat_threads, "_is_simulated", lambda _, request: request.id == first.id)
    await follow(bench)
    assert standing(bench) == [[first.id], [third.id]]


async def test_more_cards_than_anybody_is_to_have_come_as_bundles_of_one_cause(bench: Bench) -> None:
    await follow(bench)
    toms = [one.id for one in await ask(bench, 30)]
    jonas = [one.id for one in await ask(bench, 3, "jonas", first=100)]
    await follow(bench)
    assert standing(bench) == [toms[:1], toms[1:2], toms[2:22], toms[22:], jonas]
    [*said] = (one.body["because"] for one in bench.entries("chat.placed"))
    people = "anna, lena, samir"
    assert said[:3] == [
        "first of INC-0001",
        "first of INC-0002",
        f"enough cards within an hour for {people}",
    ]
    assert Counter(one.body["card"] for one in bench.entries("chat.placed"))[toms[2]] == MOST


async def test_an_hour_after_a_card_there_may_be_another(bench: Bench) -> None:
    await follow(bench)
    placed = list[str]()
    for number, after in enumerate((0, 30, 29, 1, 30), start=1):
        await bench.later(after * MINUTE)
        [one] = await ask(bench, 1, first=number)
        await follow(bench)
        placed.append(one.id)
    assert standing(bench) == [placed[:1], placed[1:2], placed[2:4], placed[4:]]


@pytest.mark.parametrize(("hour", "most"), [(3, 3), (5, 3), (6, 6), (12, 6), (21, 6), (22, 3), (0, 3)])
def test_at_night_by_the_clock_of_the_room_there_are_fewer(hour: int, most: int) -> None:
    zurich = CardPace(timezone="Europe/Zurich")
    assert zurich.most(datetime(2026, 7, 1, hour, 59, tzinfo=UTC) - timedelta(hours=2)) == most


async def test_a_flood_of_one_cause_asks_in_few_cards_each_question_on_one(bench: Bench) -> None:
    bench.without_check("budget")
    await follow(bench, CardPace(), ROOM, "ops")
    asked = [one.id for one in await ask(bench, 200)]
    for _ in range(2):
        await follow(bench, CardPace(by_day=6, at_night=6), ROOM, "ops")
        await bench.write(lambda tx: begin(tx, bench.desks(tx), [ROOM, "ops"], simulated=True))
    for room in (ROOM, "ops"):
        found = standing(bench, room)
        assert [len(one) for one in found] == [1] * 6 + [MOST] * 9 + [14]
        assert [one for card in found for one in card] == asked
    assert [len(card.waiting) for card in cards(bench)] == [1] * 16


async def test_two_who_read_the_ledger_at_once_put_each_question_on_one_card_and_say_each_line_once(
    bench: Bench,
) -> None:
    await follow(bench)
    asked = [one.id for one in await ask(bench, 30)]
    await asyncio.gather(*(follow(bench) for _ in range(4)))
    assert standing(bench) == [asked[:1], asked[1:2], asked[2:22], asked[22:]]
    assert [len(card.waiting) for card in cards(bench)] == [1] * 4


async def test_who_is_to_be_asked_more_often_than_that_is_asked_all_the_same(bench: Bench) -> None:
    await follow(bench)
    of_tom, of_jonas = await ask(bench, 3), await ask(bench, 1, "jonas", first=50)
    await follow(bench)
    assert standing(bench)[2:] == [[of_tom[2].id], [of_jonas[0].id]]


async def test_a_room_that_is_new_gets_everything_that_waits_in_as_few_cards(bench: Bench) -> None:
    asked = [one.id for one in await ask(bench, 5)]
    for _ in range(2):
        await bench.write(lambda tx: begin(tx, bench.desks(tx), [ROOM], simulated=True, paces={ROOM: TWO}))
    assert standing(bench) == [asked[:1], asked[1:2], asked[2:]]


async def test_a_cause_is_the_action_and_its_detector_or_who_asks(bench: Bench) -> None:
    asked = await bench.ask("tom", target="10.20.16.9")
    found = asked.model_copy(update={"person": False, "requester": "detector:dns.tunnel@4"})
    newer = found.model_copy(update={"requester": "detector:dns.tunnel@5"})
    assert cause_of(asked) == "tom"
    assert cause_of(found) == cause_of(newer) == "network.block_ip detector:dns.tunnel"
