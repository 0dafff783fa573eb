"""Whether other systems hear of what happens: each receiver of events, and how far it has come in the ledger."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from console.cli.doctor.lines import Line, away, bad, odd, well
from engine.errors import FirelineError, StoreUnavailable, TargetUnavailable
from engine.settings import Settings

if TYPE_CHECKING:
    from engine.model.siem import ReceiverSettings

MEND = "mend its settings: docs/house.md says what they need"
FAR = 1000
"""Entries behind from which on a receiver is odd: more than an engine writes in a busy minute."""


def siem(settings: Settings) -> Iterator[Line]:
    """Each receiver; with none there is nothing to look at."""
    for one in settings.siem:
        yield _reached(one)
        yield _come(settings, one.name)


def _reached(settings: "ReceiverSettings") -> Line:
    # Imported here: it brings an HTTP client.
    from console.outgoing.siem.company import receiver

    try:
        return well("siem", f"{settings.name}: {asyncio.run(receiver(settings).health())}")
    except TargetUnavailable as error:
        return away("siem", f"{settings.name}: {error}", "events wait for it, and go out as soon as it answers")
    except FirelineError as error:
        return bad("siem", f"{settings.name}: {error}", MEND)


def _come(settings: Settings, name: str) -> Line:
    from engine.control.forwarding import behind
    from engine.store.pages import ReadUntil
    from engine.store.reader import open_reader

    try:
        with open_reader(settings.database_url) as rows:
            count = behind(ReadUntil(rows.connection), name)
    except StoreUnavailable:
        count = None
    if count is None:
        return odd("siem", f"{name}: nothing was sent yet", "start the engine; it gets what happens from then on")
    if count > FAR:
        return odd("siem", f"{name}: behind by {count} entries", "look whether it answers, and what the log says")
    return well("siem", f"{name}: behind by {count} entries")
