"""What one user of a chat room is to be told alone; `console.chat.whisperer` says it."""

from datetime import datetime, timedelta

from engine.model.enrolling import Whisper
from engine.store.tx import Tx

LAPSES = timedelta(days=7)


def whisper(
    tx: Tx, to: tuple[str, str], text: str, subject: str, now: datetime, *, until: datetime | None = None
) -> None:
    """Have a user of a room told; with `until` not later than that, and rather never than twice."""
    room, user = to
    tx.whispers.insert(
        Whisper(
            id=tx.counters.next("WH"),
            room=room,
            user=user,
            text=text,
            subject=subject,
            again=until is None,
            lapses_at=until or now + LAPSES,
        )
    )
