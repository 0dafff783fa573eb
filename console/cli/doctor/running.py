"""What the running engine knows: its connectors, its sources, and what is stuck."""

from collections.abc import Iterator

from console.cli.doctor.lines import Line, bad, odd, well
from engine.errors import ServiceAway
from engine.model.base import Json
from engine.settings import Settings

UNKNOWN, START = "not known while no engine runs", "start the engine"


def connectors(settings: Settings) -> Iterator[Line]:
    """Whether each answered when it was last looked at."""
    known = _status(settings)
    if known is None:
        yield odd("connectors", UNKNOWN, START)
        return
    seen = _items(known, "connectors")
    for one in seen:
        if one["healthy"]:
            yield well("connectors", f"{one['instance']} ({one['executor']}) answers")
        else:
            yield bad("connectors", f"{one['instance']}: {one['error']}", "mend the way to it; its effects end late")
    if not seen:
        yield odd("connectors", "none was looked at yet", "wait for `drift_interval`, and ask again")


def sources(settings: Settings) -> Iterator[Line]:
    """Whether what detectors and products send can be relied on."""
    known = _status(settings)
    if known is None:
        yield odd("sources", UNKNOWN, START)
        return
    sick = _items(known, "sick_sources")
    for one in sick:
        why = ", ".join(map(str, one["ailments"] if isinstance(one["ailments"], list) else []))
        yield odd("sources", f"{one['product']} {one['detector']}: {why}", "`fireline sources`; it acts alone no more")
    if not sick:
        yield well("sources", "none is sick")


def leases(settings: Settings) -> Iterator[Line]:
    """Whether every effect can be ended."""
    known = _status(settings)
    if known is None:
        return
    stuck = _items(known, "stuck")
    for one in stuck:
        said = f"{one['id']} {one['action']} {one['target']} is {one['state']}"
        yield bad("leases", said, f"`fireline leases release {one['id']}`, or take it back by hand")
    if not stuck:
        yield well("leases", "none is stuck")


def context(settings: Settings) -> Iterator[Line]:
    """Whether what is known of the place may still be relied on."""
    known = _status(settings)
    if known is None:
        return
    stale = _items(known, "stale_context")
    for one in stale:
        said = f"{one['name']} is of {one['as_of']}, and stale"
        yield odd("context", said, f"import `{one['file']}` anew: `fireline context import`")
    if not stale:
        yield well("context", "no source is stale")


def notices(settings: Settings) -> Iterator[Line]:
    """Whether people are reached."""
    known = _status(settings)
    if known is None:
        return
    behind = _items(known, "undelivered")
    for one in behind:
        said = f"{one['channel']} has not taken {one['count']} since {one['since']}: {one['because']}"
        yield bad("notices", said, "mend the way to it; they go out as soon as it answers")
    if not behind:
        yield well("notices", "none waits for a channel that does not answer")


def _status(settings: Settings) -> Json | None:
    from console.client import EngineClient

    try:
        client = EngineClient(settings)
    except ServiceAway:
        return None
    return client.get("/status")


def _items(answer: Json, name: str) -> list[Json]:
    found = answer[name]
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
