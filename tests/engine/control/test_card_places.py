"""Whenever questions are asked, each stands on one card, and nobody gets more cards than they are to have."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.control.card_places import HOUR, MOST, place
from engine.model.chat import CardPace, Thread
from engine.model.request import Request, RequestState
from engine.store.database import sqlite_url
from engine.store.store import Store
from engine.store.tx import Tx
from tests.bench import DATABASE
from tests.empty_database import empty_database
from tests.engine.store.samples import NOON, request

ROOM, PACE = "soc", CardPace(by_day=2, at_night=2)
PEOPLE = st.sets(st.sampled_from(["anna", "jonas", "samir"])).map(lambda names: tuple(sorted(names)))


@dataclass(frozen=True)
class Question:
    """One that is asked so many minutes after the last; those in `decided` are decided before, where they wait."""

    asked: tuple[str, ...]
    incident: int
    by: str
    after: int
    decided: frozenset[int]


@dataclass(frozen=True)
class Burst:
    """The same, asked so many times, of one incident or of as many."""

    question: Question
    times: int
    apart: bool

    @property
    def questions(self) -> list[Question]:
        """One after the other."""
        later = [replace(self.question, after=0, decided=frozenset()) for _ in range(self.times - 1)]
        steps = enumerate([self.question, *later])
        return [replace(one, incident=one.incident + 10 * number * self.apart) for number, one in steps]


QUESTION = st.builds(
    Question,
    asked=PEOPLE,
    incident=st.integers(0, 4),
    by=st.sampled_from(["tom", "lena", "detector:dns.tunnel@4", "detector:dns.tunnel@5"]),
    after=st.sampled_from([0, 1, 29, 31, 61]),
    decided=st.frozensets(st.integers(0, 50), max_size=10),
)
BURSTS = st.builds(Burst, question=QUESTION, times=st.integers(1, 24), apart=st.booleans())
QUESTIONS = st.lists(BURSTS, max_size=6).map(lambda bursts: [one for burst in bursts for one in burst.questions])


def made(number: int, question: Question, now: datetime) -> Request:
    return request(
        f"AR-{number:04}", incident_id=f"INC-{question.incident:04}", state=RequestState.AWAITING_APPROVAL,
        requester=question.by, person=question.by == "tom", asked=question.asked, asked_at=now,
    )  # fmt: skip


def ask_all(tx: Tx, questions: Sequence[Question]) -> Sequence[Thread]:
    """Every card there is once these were asked, some of them decided meanwhile."""
    now = NOON
    for number, question in enumerate(questions):
        now += timedelta(minutes=question.after)
        asked = made(number, question, now)
        tx.requests.insert(asked, f"key-{number}")
        waiting = [one for one in tx.requests.all((RequestState.AWAITING_APPROVAL,)) if one.id != asked.id]
        for one in [one for one in waiting if int(one.id[3:]) in question.decided]:
            tx.requests.save(one.model_copy(update={"state": RequestState.REJECTED}), one.state)
        for _ in range(2):
            place(tx, ROOM, PACE, asked, "real", now)
    return tx.threads.pending(ROOM)


@settings(max_examples=25)
@given(questions=QUESTIONS)
def test_each_stands_on_one_card_and_beyond_their_pace_people_get_bundles_only(questions: list[Question]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / DATABASE
        file.write_bytes(empty_database())
        store = Store(sqlite_url(file))
        try:
            cards = asyncio.run(store.write(lambda tx: ask_all(tx, questions)))
        finally:
            store.close()
    standing = [one for card in cards for one in card.requests]
    assert sorted(standing) == [f"AR-{number:04}" for number in range(len(questions))]
    assert max((len(card.requests) for card in cards), default=0) <= MOST
    for card in cards:
        assert len({questions[int(one[3:])].incident for one in card.requests}) == 1 or _cause(card, questions) == 1
        assert not card.about.startswith("INC") or max(_lately(card, cards).values(), default=0) < PACE.by_day


def _cause(card: Thread, questions: Sequence[Question]) -> int:
    """How many causes stand on a card."""
    return len({questions[int(one[3:])].by.partition("@")[0] for one in card.requests})


def _lately(card: Thread, cards: Sequence[Thread]) -> Counter[str]:
    """How many cards each of those asked with this one had in the hour before it."""
    assert card.begun_at is not None
    since = card.begun_at - HOUR
    before = [one for one in cards if one.request_id < card.request_id and one.begun_at and one.begun_at > since]
    return Counter(name for one in before for name in one.asked or ("",) if name in (card.asked or ("",)))
