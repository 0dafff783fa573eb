"""What one user of a chat room is to be told alone; `console.chat.whisperer` says it."""

from datetime import datetime, timedelta

from engine.model.enrolling import Whisper
from engine.store.tx import Tx

LAPSES = timedelta(days=7)


def warn(tx: Tx, to: tuple[str, str], text: str, subject: str, now: datetime) -> None:
    """Have a user of a room told within a week, and rather twice than never."""
    _put(tx, to, text, subject, now + LAPSES, again=True)


def remind_until(tx: Tx, to: tuple[str, str], text: str, subject: str, until: datetime) -> None:
    """Have a user of a room told, not later than that, and rather never than twice."""
    _put(tx, to, text, subject, until, again=False)


def _put(tx: Tx, to: tuple[str, str], text: str, subject: str, lapses_at: datetime, *, again: bool) -> None:
    room, user = to
    number = tx.counters.next("WH")
    tx.whispers.insert(
        Whisper(id=number, room=room, user=user, text=text, subject=subject, again=again, lapses_at=lapses_at)
    )
