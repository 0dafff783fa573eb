"""What stands reserved, held against a plain count over everything that was ever written (I6)."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.budget import Charged, Usage
from engine.store.store import Store
from engine.store.tx import Tx
from tests.engine.store.samples import HOUR, NOON

DAY = 24 * HOUR
BUDGETS, DETECTORS, SEGMENTS = ("block", "isolate"), ("", "detector:x@1", "detector:x@2"), ("", "segment:lab")


@dataclass(frozen=True)
class Reservation:
    """One request's, and what became of it."""

    request: str
    against: Charged
    points: int
    approved: bool
    at: datetime
    fate: str
    hosts: int
    weight: int


# To the microsecond around both edges, where windows go wrong.
ages = st.one_of(
    st.timedeltas(timedelta(0), timedelta(hours=30)),
    st.sampled_from([HOUR, DAY]).flatmap(
        lambda edge: st.integers(-1, 1).map(lambda n: edge + timedelta(microseconds=n))
    ),
)
against = st.builds(Charged, st.sampled_from(BUDGETS), st.sampled_from(DETECTORS), st.sampled_from(SEGMENTS))
reservations = st.lists(
    st.builds(
        Reservation,
        st.integers(1, 8).map("AR-{}".format),
        against,
        st.integers(0, 20),
        st.booleans(),
        ages.map(lambda age: NOON - age),
        st.sampled_from(["stands", "ended", "given back"]),
        st.integers(1, 9),
        st.integers(1, 9),
    ),
    max_size=14,
)


def expected(made: list[Reservation], asked: Charged, now: datetime) -> Usage:
    """By the words: the newest of a request counts unless it was given back."""
    newest = [one for one in {one.request: one for one in made}.values() if one.fate != "given back"]
    alone = [one for one in newest if not one.approved]
    hour, day = now - HOUR, now - DAY
    there = [one for one in newest if asked.segment and one.against.segment == asked.segment]
    segment = [one for one in there if not one.approved]
    detector = [one for one in alone if asked.detector and one.against.detector == asked.detector]
    ours = [one for one in newest if one.against.budget == asked.budget]
    return Usage(
        hour=sum(one.weight for one in ours if one.at > hour),
        day=sum(one.weight for one in ours if one.at > day),
        in_force=sum(one.weight for one in ours if one.fate == "stands"),
        points_hour=sum(one.points for one in newest if one.at > hour),
        points_hour_automatic=sum(one.points for one in alone if one.at > hour),
        detector_points_hour=sum(one.points for one in detector if one.at > hour),
        segment_hour=sum(one.at > hour for one in segment),
        segment_day=sum(one.at > day for one in segment),
        segment_points_hour=sum(one.points for one in segment if one.at > hour),
        segment_in_force=sum(one.hosts for one in there if one.fate == "stands"),
    )


def write(tx: Tx, made: list[Reservation]) -> None:
    finish = {"stands": lambda _: None, "ended": tx.budgets.ended, "given back": tx.budgets.give_back}
    for one in made:
        tx.budgets.reserve(one.request, one.against, one.points, one.approved, one.at, one.hosts, weight=one.weight)
        finish[one.fate](one.request)


def test_windows_count_what_a_plain_count_does(store: Store) -> None:
    @settings(max_examples=150, deadline=None)
    @given(made=reservations, asked=against)
    def holds(made: list[Reservation], asked: Charged) -> None:
        def work(tx: Tx) -> Usage:
            write(tx, made)
            usage = tx.budgets.usage(asked, NOON)
            for one in made:
                tx.budgets.give_back(one.request)
            return usage

        assert asyncio.run(store.write(work)) == expected(made, asked, NOON)

    holds()


def test_findings_are_counted_by_the_minute_for_an_hour(store: Store) -> None:
    @settings(max_examples=60, deadline=None)
    @given(came=st.lists(st.tuples(st.integers(0, 130), st.integers(1, 9)), max_size=8))
    def holds(came: list[tuple[int, int]]) -> None:
        def work(tx: Tx) -> int:
            for minutes, count in came:
                tx.trips.count("detector:x@1", count, NOON - timedelta(minutes=minutes))
                tx.trips.count("detector:x@2", count, NOON - timedelta(minutes=minutes))
            counted = tx.trips.counted("detector:x@1", NOON)
            tx.trips.forget(NOON)
            assert tx.trips.counted("detector:x@1", NOON) == counted
            tx.trips.forget(NOON, "detector:x@1")
            tx.trips.forget(NOON, "detector:x@2")
            assert tx.trips.counted("detector:x@1", NOON) == 0
            return counted

        assert asyncio.run(store.write(work)) == sum(count for minutes, count in came if minutes < 60)

    holds()
