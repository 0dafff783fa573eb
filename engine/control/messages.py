"""Messages that stand alone: said once to an audience, and followed by no other."""

from dataclasses import dataclass
from datetime import datetime

from engine.model.page import Event, Message
from engine.store.tx import Tx


@dataclass(frozen=True)
class Said:
    """What is said and to whom, in the words of `Message`."""

    audience: str
    subject: str
    title: str
    lines: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    connector: str = ""
    simulated: bool | None = None
    everywhere: bool = False


def send(tx: Tx, said: Said, now: datetime) -> Message:
    """Have every channel that hears the audience take this."""
    number = tx.counters.next("MS")
    message = Message(id=number, event=Event.TELL, about=number, made_at=now, **vars(said))
    tx.messages.insert(message)
    return message
