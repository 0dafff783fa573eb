"""How many independent origins say a thing, and when what they say counts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.intel.origins import ENOUGH, in_force, independent
from engine.model.context import Indicator

NOW = datetime(2026, 11, 21, 3, 11, tzinfo=UTC)
HOUR = timedelta(hours=1)


def said(origin: str, owner: str = "", record: str = "", **changes: object) -> Indicator:
    return Indicator(
        type="ip", value="198.51.100.23", origin=origin, owner=owner, seen_at=NOW, confidence=0.9, source_id=record
    ).model_copy(update=changes)


@pytest.mark.parametrize(
    ("why", "indicators", "origins"),
    [
        ("nobody says it", [], 0),
        ("one does", [said("f", "a")], 1),
        ("two owners through a feed each", [said("f", "a"), said("g", "b")], 2),
        ("one owner through two feeds", [said("f", "a"), said("g", "a")], 1),
        ("an owner written differently", [said("f", "Abuse  Watch"), said("g", " abuse watch ")], 1),
        ("two owners through one feed", [said("f", "a"), said("f", "b")], 1),
        ("owners not named count as their feeds", [said("f"), said("g")], 2),
        ("an owner not named, and the feed named as one", [said("f"), said("g", "F")], 1),
        ("one record through two feeds", [said("f", "a", "indicator--1"), said("g", "b", "indicator--1")], 1),
        ("one record without owners", [said("f", "", "indicator--1"), said("g", "", "indicator--1")], 1),
        ("two records", [said("f", "a", "indicator--1"), said("g", "b", "indicator--2")], 2),
        ("a copy of another's, and an observation of its own",
         [said("f", "a", "i--1"), said("g", "b", "i--1"), said("h", "c", "i--2")], 2),
        ("whoever copied once is not independent of whom they copied",
         [said("f", "a", "i--1"), said("g", "b", "i--1"), said("g", "b", "i--2")], 1),
        ("a feed that carries both takes neither away",
         [said("f", "a"), said("g", "b"), said("x", "a"), said("x", "b")], 2),
        ("moved to another feed of theirs", [said("f", "a"), said("g", "a"), said("f", "b")], 2),
        ("three, two of them through the same feed", [said("f", "a"), said("f", "b"), said("g", "c")], 2),
    ],
)  # fmt: skip
def test_origins_are_counted(why: str, indicators: list[Indicator], origins: int) -> None:
    assert independent(indicators) == origins, why


feeds = st.sampled_from(["f", "g", "h", "i"])
anybody = st.builds(said, feeds, st.sampled_from(["", "a", "b", "c", "d"]), st.sampled_from(["", "", "1", "2"]))


@given(st.lists(anybody, max_size=12))
def test_never_more_than_owners_or_feeds(indicators: list[Indicator]) -> None:
    found = independent(indicators)
    assert found <= len({one.owner or one.origin for one in indicators})
    assert found <= len({one.origin for one in indicators})
    assert bool(found) is bool(indicators)


@given(st.lists(anybody, max_size=10))
def test_order_does_not_matter(indicators: list[Indicator]) -> None:
    assert independent(indicators) == independent(reversed(indicators))


@given(st.lists(anybody.map(lambda one: one.model_copy(update={"source_id": ""})), max_size=8), anybody)
def test_one_more_voice_never_takes_an_origin_away(indicators: list[Indicator], more: Indicator) -> None:
    assert independent([*indicators, more]) >= independent(indicators)


def test_a_flood_is_counted_up_to_enough() -> None:
    assert independent([said(f"f{i % 3000}", f"o{i}") for i in range(6000)]) == ENOUGH
    assert independent([said(f"f{i}", f"o{i}", f"r{i // 2}") for i in range(100)]) == 50


@pytest.mark.parametrize(
    ("seen", "until", "counts"),
    [
        (NOW, None, True),
        (NOW - HOUR, NOW + HOUR, True),
        (NOW - HOUR, NOW, False),
        (NOW + HOUR, None, False),
        (NOW + HOUR, NOW + 2 * HOUR, False),
    ],
)
def test_an_indicator_counts_from_when_it_was_seen_until_it_ends(
    seen: datetime, until: datetime | None, counts: bool
) -> None:
    assert bool(in_force([said("f", seen_at=seen, valid_until=until)], NOW)) is counts
