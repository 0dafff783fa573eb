"""That something signed was made lately, and is here for the first time.

Rules: 1. What is older than five minutes, or from further ahead, is refused. 2. A mark counts once. What was seen is
forgotten with its time, and when the engine starts anew; an answer under it is known in the database all the same
(`engine.control.chat_voting`).
"""

from datetime import UTC, datetime, timedelta

WINDOW = timedelta(minutes=5)
LONGEST_STAMP = 12


def made_at(stamp: str, now: datetime) -> datetime | None:
    """The time that seconds since 1970 name, None where they do not, or not within five minutes of now."""
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= LONGEST_STAMP):
        return None
    if abs(now.timestamp() - int(stamp)) > WINDOW.total_seconds():
        return None
    return datetime.fromtimestamp(int(stamp), UTC)


class Seen:
    """What came lately."""

    def __init__(self) -> None:
        """Nothing did yet."""
        self._until = dict[str, datetime]()

    def is_new(self, mark: str, at: datetime, now: datetime) -> bool:
        """Whether this mark, made at that time, is here for the first time; from now on it is not."""
        self._until = {one: until for one, until in self._until.items() if until > now}
        if mark in self._until:
            return False
        self._until[mark] = at + WINDOW
        return True
