"""Whether incidents can be followed as tickets."""

import asyncio
from collections.abc import Iterator

from console.cli.doctor.lines import Line, away, bad, well
from engine.errors import FirelineError, TargetUnavailable
from engine.settings import Settings

MEND = "mend its settings: docs/house.md says what they need"


def tickets(settings: Settings) -> Iterator[Line]:
    """Each system, in which a ticket is looked for; with none there is nothing to look at."""
    for one in settings.tickets:
        # Imported here: it brings an HTTP client.
        from console.outgoing.tickets.system import System

        try:
            yield well("tickets", f"{one.name}: {asyncio.run(System(one).health())}")
        except TargetUnavailable as error:
            yield away("tickets", f"{one.name}: {error}", "what is said of incidents waits until it answers")
        except FirelineError as error:
            yield bad("tickets", f"{one.name}: {error}", MEND)
