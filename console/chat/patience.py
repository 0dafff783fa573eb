"""How often people are told alone what came of what they typed: a product's patience with us is needed for cards.

Rules: 1. Whoever is known has a pace of their own, which nobody else uses up. 2. Whoever nobody knows has one, too, and
all of them together another; whoever is held back by their own takes nothing from the others.
"""

from datetime import datetime

from console.pace import NOTHING, Pace

AT_ONCE, PER_SECOND = 5, 1 / 60
"""Of one person."""
STRANGERS_AT_ONCE, STRANGERS_PER_SECOND = 50, 1.0
"""Of all together whom nobody knows."""


class Patience:
    """One room's."""

    def __init__(self) -> None:
        """Nobody was told anything yet."""
        self._known, self._unknown = Pace(PER_SECOND, AT_ONCE), Pace(PER_SECOND, AT_ONCE)
        self._strangers = Pace(STRANGERS_PER_SECOND, STRANGERS_AT_ONCE)

    def lets(self, user: str, now: datetime, *, known: bool) -> bool:
        """Whether this one may be told something now; where it is so, it counts."""
        if known:
            return self._known.wait(user, now) == NOTHING
        return self._unknown.wait(user, now) == NOTHING and self._strangers.wait("", now) == NOTHING
