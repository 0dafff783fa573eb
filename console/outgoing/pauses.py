"""How long to wait before what failed is tried again."""

from datetime import datetime, timedelta

from console.outgoing.web import TryLater
from engine.errors import FirelineError
from engine.model.page import Attempt

LONGEST_PAUSE = timedelta(minutes=1)


def pause(count: int, longest: timedelta = LONGEST_PAUSE) -> timedelta:
    """How long after so many failures in a row: 1, 2, 4 … seconds, up to the longest."""
    return min(timedelta(seconds=2 ** min(count - 1, 6)), longest)


def wait_after(error: Exception, count: int, longest: timedelta = LONGEST_PAUSE) -> timedelta:
    """As long as whoever failed wishes, and a pause where nothing is wished."""
    return error.after if isinstance(error, TryLater) else pause(count, longest)


def next_attempt(
    before: Attempt | None, error: FirelineError, now: datetime, longest: timedelta = LONGEST_PAUSE
) -> Attempt:
    """When it is tried again, after one more failure than `before`."""
    count = 1 if before is None else before.count + 1
    return Attempt(count=count, next_at=now + wait_after(error, count, longest), because=str(error))
