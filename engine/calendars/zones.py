"""Time zones by name: IANA's, Windows' names for them, and IANA names behind a maker's prefix."""

from datetime import tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

_OF_THE_MACHINE = frozenset({"localtime", "posixrules", "Factory"})
"""Names that stand for whatever a machine is set to."""


@cache
def _known(name: str) -> ZoneInfo | None:
    try:
        return None if name in _OF_THE_MACHINE else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def find_zone(name: str) -> tzinfo | None:
    """The zone that `name` is (`Europe/Berlin`, `W. Europe Standard Time`, `/citadel.org/1/Europe/Berlin`), or None."""
    plain = name.strip()[:200]
    parts = [part for part in plain.split("/") if part]
    tails = ("/".join(parts[-count:]) for count in (3, 2)) if plain.startswith("/") else ()
    candidates = (WINDOWS_TO_OLSON.get(plain, plain), *tails)
    return next((zone for candidate in candidates if candidate and (zone := _known(candidate)) is not None), None)
