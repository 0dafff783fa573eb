"""Callers nobody knows: refused, counted by source and minute, and recorded as one entry each (design 6).

Rules: 1. Who has no valid token cannot make the ledger grow by knocking: one entry a source and minute. 2. Nor the
memory: beyond `SOURCES` in a minute the rest are counted together.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from engine.control.moves import note
from engine.model.base import Model
from engine.store.tx import Tx

SOURCES = 500
THE_REST = "others"


class Knocks(Model):
    """How often one source was refused within the minute that began then."""

    source: str
    minute: datetime
    count: int


class Strangers:
    """Refusals that are not recorded yet."""

    def __init__(self) -> None:
        """Nobody has knocked."""
        self._counts: dict[tuple[datetime, str], int] = {}

    def refuse(self, source: str, at: datetime) -> None:
        """Count one refusal."""
        minute = at.replace(second=0, microsecond=0)
        known = (minute, source) in self._counts
        key = (minute, source if known or len(self._counts) < SOURCES else THE_REST)
        self._counts[key] = self._counts.get(key, 0) + 1

    def take(self, now: datetime | None = None) -> list[Knocks]:
        """The counts of minutes that are over by `now`, or all; they are forgotten here."""
        over = [key for key in self._counts if now is None or key[0] + timedelta(minutes=1) <= now]
        return [
            Knocks(source=source, minute=minute, count=self._counts.pop((minute, source))) for minute, source in over
        ]


def record(tx: Tx, knocks: Iterable[Knocks], now: datetime) -> None:
    """Say in the ledger who knocked, how often."""
    for knock in knocks:
        note(tx, "doors", "door.strangers", now, knock.model_dump(mode="json"), actor="nobody known")
