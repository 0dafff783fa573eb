"""How often somebody may come: a number at once, and so many a second for ever (the generic cell rate algorithm).

One instant a caller is all that is kept: when they will have caught up with what they were let have.
"""

from datetime import datetime, timedelta

REMEMBERED = 10_000
NOTHING = timedelta(0)


class Pace:
    """One limit for each of many callers."""

    def __init__(self, per_second: float, at_once: int) -> None:
        """Nobody has come yet."""
        self._every = timedelta(seconds=1 / per_second)
        self._ahead = self._every * (at_once - 1)
        self._caught_up: dict[str, datetime] = {}

    def wait(self, who: str, now: datetime) -> timedelta:
        """How long they have to wait; where it is nothing, they were let in and it counts."""
        caught_up = max(self._caught_up.get(who, now), now)
        if caught_up - now > self._ahead + self._every:
            # Nobody was ever let so far ahead: the clock was put back, for which nobody has to wait.
            caught_up = now
        if caught_up - now > self._ahead:
            return caught_up - now - self._ahead
        if len(self._caught_up) >= REMEMBERED:
            self._forget(now)
        self._caught_up[who] = caught_up + self._every
        return NOTHING

    def _forget(self, now: datetime) -> None:
        """Drop who has caught up: they are as if they had never come; where nobody has, everybody begins anew."""
        behind = {who: at for who, at in self._caught_up.items() if at > now}
        self._caught_up = behind if len(behind) < REMEMBERED else {}
