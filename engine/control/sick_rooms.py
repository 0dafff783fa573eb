"""Chat rooms that take no cards, while people in them are waited for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from engine.control.escalation import MARKS
from engine.model.base import AwareDatetime, Model
from engine.model.chat import Thread
from engine.model.page import Attempt
from engine.store.tx import Tx

NEVER = datetime(9000, 1, 1, tzinfo=UTC)
UNKNOWN = timedelta(minutes=5)
"""How long a card may wait whose question has no deadline."""


class Behind(Model):
    """What a room did not take when it was tried: how many cards, since when, and why not."""

    room: str
    count: int
    since: AwareDatetime
    because: str


def behind(tx: Tx, rooms: Iterable[str]) -> Iterator[Behind]:
    """By room what it did not take when it was tried, for whoever looks."""
    for room in rooms:
        tried = [(card.begun_at, card.tried) for card in tx.threads.pending(room) if card.begun_at and card.tried]
        if tried:
            since, attempt = min(tried, key=lambda one: one[0])
            yield Behind(room=room, count=len(tried), since=since, because=attempt.because)


def sick_rooms(tx: Tx, rooms: Iterable[str], now: datetime) -> Mapping[str, str]:
    """Which rooms have not taken a card within the first share of its time, or wish to be asked only after it.

    At that mark people are asked once more (`engine.control.escalation`): who was not reached there by then is to be
    reached otherwise.
    """
    found = ((room, _sick(tx, tx.threads.pending(room), now)) for room in rooms)
    return {f"room/{room}": f"room {room} takes no card: {tried.because}" for room, tried in found if tried is not None}


def _sick(tx: Tx, cards: Sequence[Thread], now: datetime) -> Attempt | None:
    """The last try of a card that waits for too long, or is to wait for too long."""
    waiting = ((card, card.tried) for card in cards if card.tried is not None and not card.ref)
    late = (tried for card, tried in waiting if not _lost(card, tried) and max(now, tried.next_at) > _by(tx, card))
    return next(late, None)


def _lost(card: Thread, tried: Attempt) -> bool:
    """Whether it stood there until just now, and is about to be put there again."""
    return card.posted > 0 and tried.count == 1


def _by(tx: Tx, card: Thread) -> datetime:
    """When a card has to stand there."""
    request = tx.requests.get(card.request_id)
    if request is None or request.asked_at is None or request.deadline is None:
        return (card.begun_at or NEVER) + UNKNOWN
    return request.asked_at + MARKS[0] * (request.deadline - request.asked_at)
