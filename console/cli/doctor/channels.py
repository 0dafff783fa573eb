"""Whether the mail servers of the settings would take our messages; other channels show only with a message."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from console.cli.doctor.lines import Line, away, bad, well
from engine.errors import FirelineError, TargetUnavailable
from engine.model.channel import EmailSettings
from engine.settings import Settings

if TYPE_CHECKING:
    from console.outgoing.mail import Mail


def channels(settings: Settings) -> Iterator[Line]:
    """Each that mails."""
    for one in settings.channels:
        if isinstance(one, EmailSettings):
            # Imported here: it brings what sends mail.
            from console.outgoing.mail import Mail

            yield _reached(Mail(one))


def _reached(mail: "Mail") -> Line:
    name = mail.settings.name
    try:
        return well("channels", f"{name}: {asyncio.run(mail.health())}")
    except TargetUnavailable as error:
        return away("channels", f"{name}: {error}", "messages wait for it; other channels are used meanwhile")
    except FirelineError as error:
        return bad("channels", f"{name}: {error}", "mend its settings: docs/pages.md says what it needs")
