"""All that speaks in a room of one engine speaks through one object: the list of direct rooms is written as a whole."""

import asyncio

import pytest

from console.chat import company
from console.chat.matrix.listener import Listener
from console.chat.matrix.room import MatrixRoom
from console.chat.port import Room
from console.chat.whisperer import Whisperer
from tests.console.chat.matrix.test_matrix import Talk, settings, talk

__all__ = ["talk"]


@pytest.fixture
def speakers(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> dict[str, Room]:
    """The rooms through which people are told what came of what they said, and whatever else they are told alone."""
    through = dict[str, Room]()

    def listener(room: MatrixRoom, *rest: object) -> Listener:
        through["listener"] = room
        return talk.listener

    def whisperer(store: object, room: Room, clock: object) -> Whisperer:
        through["whisperer"] = room
        return Whisperer(talk.bench.store, room, lambda: talk.bench.now)

    monkeypatch.setattr(company, "Listener", listener)
    monkeypatch.setattr(company, "Whisperer", whisperer)
    bench = talk.bench
    rooms = bench.settings.model_copy(update={"rooms": (settings(talk.place),)})
    for work in company.chat_company(bench.store, bench.desks, rooms, talk.strangers, lambda: bench.now, site="here"):
        work.close()
    return through


async def test_two_people_who_are_told_something_first_at_once_are_both_known_to_be_told_there(
    talk: Talk, speakers: dict[str, Room]
) -> None:
    told = {"listener": "gina", "whisperer": "fred"}
    for user in told.values():
        talk.place.server.register(user)
    await asyncio.gather(*(speakers[who].tell(f"@{user}:localhost", f"hello {user}") for who, user in told.items()))
    assert [talk.told(user) for user in told.values()] == [["hello gina"], ["hello fred"]]
