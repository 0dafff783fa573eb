"""A card rings with those who are asked and have not answered it, as far as they are known in that room."""

from collections.abc import Mapping

import pytest

from engine.control.ringing import MOST, rung
from engine.control.voting import retract_vote
from engine.model.chat import Enrolment
from engine.model.request import Request
from engine.store.tx import Tx
from tests.bench import Bench

ROOM = "soc"
USERS = {"anna": "U0ANNA", "jonas": "U0JONAS"}


@pytest.fixture
async def asked(bench: Bench) -> Request:
    """Asked of anna and jonas, who are known in the room, and of samir, who is known in another."""
    request = await bench.ask("tom", target="10.20.16.114")
    request = request.model_copy(update={"asked": ("anna", "jonas", "samir")})
    await bench.write(lambda tx: tx.requests.save(request, request.state))
    await know(bench, ROOM, USERS)
    await know(bench, "other", {"samir": "U0SAMIR"})
    return request


async def know(bench: Bench, room: str, users: Mapping[str, str]) -> None:
    def work(tx: Tx) -> None:
        for name, user in users.items():
            tx.enrolments.put(Enrolment(room=room, user=user, principal=name, since=bench.now))

    await bench.write(work)


def rings_with(bench: Bench, *requests: Request) -> dict[str, str]:
    return dict(bench.read(lambda tx: rung(tx, ROOM, [one.id for one in requests])))


async def test_it_rings_with_who_is_asked_and_known_there(bench: Bench, asked: Request) -> None:
    assert rings_with(bench, asked) == {"U0ANNA": "anna", "U0JONAS": "jonas"}


async def test_it_rings_no_more_with_who_has_answered_until_that_is_taken_back(bench: Bench, asked: Request) -> None:
    await bench.vote(asked.id, "anna", "deny", "not now")
    assert rings_with(bench, asked) == {"U0JONAS": "jonas"}
    await bench.write(lambda tx: retract_vote(tx, bench.desk, asked.id, bench.person("anna"), bench.now))
    assert rings_with(bench, asked) == {"U0ANNA": "anna", "U0JONAS": "jonas"}


async def test_once_it_is_decided_it_rings_with_nobody(bench: Bench, asked: Request) -> None:
    await bench.vote(asked.id, "anna", digest=asked.digest)
    await bench.respond(asked.incident_id)
    assert rings_with(bench, asked) == {}


async def test_it_rings_with_so_many_at_the_most(bench: Bench, asked: Request) -> None:
    names = tuple(f"p{number:02}" for number in range(MOST + 5))
    await bench.write(lambda tx: tx.requests.save(asked.model_copy(update={"asked": names}), asked.state))
    await know(bench, ROOM, {name: f"U{name}" for name in names})
    assert len(rings_with(bench, asked)) == MOST
