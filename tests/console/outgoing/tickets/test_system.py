"""A system that is set by mapping is spoken to as its settings say, and whatever it answers is only an answer."""

import pytest

from console.outgoing.tickets.system import ContentRefused, System
from engine.control.ticketing import Ticket
from engine.errors import TargetRefused, TargetUnavailable
from engine.model.base import Json
from engine.model.ticket import RestSettings
from tests.console.outgoing.receiver import Answer, Receiver, receiving
from tests.engine.test_ticket_settings import SHAPE

VALUES = {"key": "fireline-1", "incident": "INC-1", "title": 'a "title"', "severity": "high", "urgency": "1"}


def system(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> System:
    monkeypatch.setenv("DESK_TOKEN", "Bearer desk-token-value")
    url = receiver.url.partition("/in/")[0]
    posted: Json = {**SHAPE, "find": {"path": "/search", "body": {"external": "{key}"}}}
    given = {"kind": "rest", "name": "desk", "url": url, "headers": {"Authorization": "env:DESK_TOKEN"}}
    return System(RestSettings.model_validate({**given, "shape": posted}))


async def test_it_is_asked_as_the_mapping_says(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = (Answer(200, body=b'{"items": []}'), Answer(201, body=b'{"id": 7}'), Answer(204))
    with receiving(*answers) as receiver:
        desk = system(receiver, monkeypatch)
        assert await desk.find(VALUES) is None
        ticket = await desk.open(VALUES, ["one", "two"])
        await desk.comment({**VALUES, "ticket": ticket.name}, ["three"])
        await desk.close({**VALUES, "ticket": ticket.name}, [])
    assert ticket == Ticket("7", "7")
    assert receiver.told == [
        {"external": "fireline-1"},
        {"external": "fireline-1", "text": "one\ntwo", "title": 'a "title"'},
        {"text": "three"},
    ]
    assert {one["Authorization"] for one in receiver.headers} == {"Bearer desk-token-value"}


@pytest.mark.parametrize("answer", [b"", b"[]", b"not json", b'{"id": {"a": 1}}', b"[" * 100_000, b'{"id": ""}'])
async def test_an_answer_that_names_no_ticket_is_none(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    with receiving(Answer(200, body=answer), Answer(200, body=answer)) as receiver:
        desk = system(receiver, monkeypatch)
        assert await desk.find(VALUES) is None
        with pytest.raises(TargetUnavailable, match="does not say which ticket it opened"):
            await desk.open(VALUES, [])


@pytest.mark.parametrize(("status", "is_refused"), [(400, True), (404, True), (413, True), (401, False), (403, False)])
async def test_a_refusal_is_about_the_ticket_or_about_us(
    monkeypatch: pytest.MonkeyPatch, status: int, is_refused: bool
) -> None:
    with receiving(Answer(status)) as receiver, pytest.raises(TargetRefused) as refusal:
        await system(receiver, monkeypatch).open(VALUES, ["one"])
    assert isinstance(refusal.value, ContentRefused) is is_refused


async def test_no_refusal_of_a_search_is_about_a_ticket(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving(Answer(404)) as receiver, pytest.raises(TargetRefused) as refusal:
        await system(receiver, monkeypatch).find(VALUES)
    assert not isinstance(refusal.value, ContentRefused)
