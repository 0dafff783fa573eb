"""Ends that began together are spread: always the same for the same lease, never beyond what was said."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.spread import spread

HOUR = timedelta(hours=1)
NAMES = st.text(min_size=1, max_size=20)


@given(NAMES, st.floats(0, 0.25), st.floats(1, 8))
def test_it_stays_within_its_share_and_never_beyond_the_longest(name: str, share: float, room: float) -> None:
    lasts = spread(name, HOUR, room * HOUR, share)
    assert (1 - share) * HOUR - timedelta(microseconds=1) <= lasts <= min(room, 1 + share) * HOUR
    assert spread(name, HOUR, HOUR, share) <= HOUR
    assert lasts == spread(name, HOUR, room * HOUR, share)


def test_without_a_share_nothing_moves() -> None:
    assert {spread(f"L-{number:04d}", HOUR, 8 * HOUR, 0.0) for number in range(50)} == {HOUR}


def test_200_ends_fill_the_whole_spread() -> None:
    ends = sorted(spread(f"L-{number:04d}", HOUR, 8 * HOUR, 0.1) / HOUR for number in range(200))
    assert (ends[0] < 0.92, ends[-1] > 1.08, len(set(ends))) == (True, True, 200)
    assert max(b - a for a, b in zip(ends, ends[1:], strict=False)) < 0.02
