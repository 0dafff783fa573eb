"""A room that takes no card for too long is said to be sick, and well once it has."""

from datetime import timedelta

from engine.control.sick_rooms import behind, sick_rooms
from engine.model.chat import Thread
from engine.model.page import Attempt
from engine.model.request import Request
from tests.bench import Bench

ROOM, SECOND = "soc", timedelta(seconds=1)
SAID = {"room/soc": "room soc takes no card: not_in_channel"}


def quarter(request: Request) -> timedelta:
    assert request.asked_at is not None and request.deadline is not None
    return (request.deadline - request.asked_at) / 4


async def waiting(bench: Bench, after: timedelta = SECOND, **changes: object) -> Request:
    """A request whose card was refused just now, and is tried again after this."""
    asked = await bench.ask("tom", target="10.20.16.114")
    tried = Attempt(count=2, next_at=bench.now + after, because="not_in_channel")
    card = Thread(room=ROOM, request_id=asked.id, begun_at=bench.now, tried=tried).model_copy(update=changes)
    await bench.write(lambda tx: tx.threads.insert(card))
    return asked


def sick(bench: Bench, later: timedelta = timedelta(0)) -> dict[str, str]:
    return {**bench.read(lambda tx: sick_rooms(tx, [ROOM, "other"], bench.now + later))}


async def test_a_room_is_sick_once_a_card_has_waited_for_a_quarter_of_its_time(bench: Bench) -> None:
    asked = await waiting(bench)
    assert sick(bench, quarter(asked) - 2 * SECOND) == {}
    assert sick(bench, quarter(asked) + SECOND) == SAID
    [shown] = bench.read(lambda tx: [*behind(tx, [ROOM, "other"])])
    assert (shown.room, shown.count, shown.because) == (ROOM, 1, "not_in_channel")


async def test_a_room_that_wishes_to_be_asked_only_after_that_is_sick_at_once(bench: Bench) -> None:
    await waiting(bench, timedelta(hours=1))
    assert sick(bench) == SAID


async def test_a_room_is_sick_until_it_takes_the_card_though_nobody_is_asked_any_more(bench: Bench) -> None:
    asked = await waiting(bench)
    assert sick(bench, timedelta(days=1)) == SAID
    card = bench.read(lambda tx: tx.threads.card(ROOM, asked.id))
    assert card is not None
    await bench.write(lambda tx: tx.threads.save(card.model_copy(update={"ref": "1", "shown": 1, "tried": None})))
    assert sick(bench, timedelta(days=1)) == {}
    assert bench.read(lambda tx: [*behind(tx, [ROOM])]) == []


async def test_a_card_that_somebody_deleted_just_now_wakes_nobody(bench: Bench) -> None:
    lost = Attempt(count=1, next_at=bench.now, because="it was deleted")
    await waiting(bench, posted=1, tried=lost)
    assert sick(bench, timedelta(days=1)) == {}
