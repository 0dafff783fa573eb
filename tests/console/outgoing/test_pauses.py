"""What failed is tried again after pauses that grow, or as long as somebody wishes."""

from datetime import UTC, datetime, timedelta

import pytest

from console.outgoing.pauses import next_attempt, pause, wait_after
from console.outgoing.web import TryLater
from engine.errors import TargetUnavailable

AT = datetime(2026, 11, 22, 3, 11, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
AWAY, WISHED = TargetUnavailable("away"), TryLater("busy", 5 * MINUTE)


@pytest.mark.parametrize(("count", "seconds"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (10**6, 60)])
def test_pauses_grow_up_to_a_minute(count: int, seconds: int) -> None:
    assert pause(count) == seconds * SECOND


def test_the_longest_pause_is_whose_the_wait_is() -> None:
    assert [wait_after(AWAY, count, 10 * SECOND) for count in (1, 4, 9)] == [SECOND, 8 * SECOND, 10 * SECOND]


def test_a_wish_counts_more_than_any_pause() -> None:
    assert wait_after(WISHED, 1, 10 * SECOND) == 5 * MINUTE


def test_an_attempt_counts_the_failures_in_a_row_and_says_the_last() -> None:
    first = next_attempt(None, WISHED, AT)
    second = next_attempt(first, AWAY, AT)
    assert [(one.count, one.next_at - AT, one.because) for one in (first, second)] == [
        (1, 5 * MINUTE, "busy"),
        (2, 2 * SECOND, "away"),
    ]
