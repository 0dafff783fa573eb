"""Whether anybody records the traffic that the look-back asks for."""

from collections.abc import Iterator
from datetime import UTC, datetime

from console.cli.doctor.lines import Line, bad, odd, well
from console.clock import now
from engine.errors import InvalidInput
from engine.flows.manifest import load
from engine.model.look_back import LookBackTerms
from engine.settings import Settings

IMPORT = "`fireline flows import` what sensors record, every few minutes"


def flows(settings: Settings) -> Iterator[Line]:
    """How old the last flow on record is: without any, nobody knows what a block would cut."""
    if not settings.connectors:
        yield well("flows", "a simulated site knows all its traffic")
        return
    try:
        segments = load(settings.flows_dir).segments
    except InvalidInput as error:
        yield bad("flows", str(error), "move the folder away, and import its flows again")
        return
    newest = max((datetime.fromtimestamp(one.last, UTC) for one in segments), default=None)
    if newest is None:
        yield odd("flows", "none on record, so nobody knows what a block would cut", IMPORT)
        return
    said = f"{sum(one.flows for one in segments)} on record, the last of {newest:%Y-%m-%d %H:%M:%SZ}"
    stale = now() - newest > LookBackTerms().fresh
    yield odd("flows", f"{said}: too old to tell what a block would cut", IMPORT) if stale else well("flows", said)
