"""What nobody may touch: ourselves, the management channel, and what the site's people flagged.

Rules: 1. A thing is guarded by its name and by every address it has. 2. A network that holds a guarded address is
guarded. 3. Addresses that are no single host's (loopback, multicast, broadcast, unspecified) are always guarded.
4. A domain under which something guarded has its name is guarded.
"""

from collections.abc import Iterable
from itertools import chain

from engine.context.places import Place, above, overlap, place, spelling
from engine.ports import Network

_ALWAYS = (
    ("127.0.0.0/8", "this machine itself"),
    ("::1", "this machine itself"),
    ("0.0.0.0/8", "no single host"),
    ("::", "no single host"),
    ("224.0.0.0/4", "no single host: multicast"),
    ("ff00::/8", "no single host: multicast"),
    ("255.255.255.255", "no single host: broadcast"),
)
"""Rule 3."""


class Guarded:
    """Answers why a target is untouchable."""

    def __init__(self, entries: Iterable[tuple[str, str]]) -> None:
        """Take (name, address or network; why); the first reason given for a target stands."""
        self._reasons: dict[str, str] = {}
        self._places: list[tuple[Place, str]] = []
        self._networks: list[tuple[Place, str]] = []
        for target, why in chain(entries, _ALWAYS):
            self._add(target, why)

    def why(self, target: str) -> str | None:
        """Why nobody may touch this, or None."""
        named = self._reasons.get(spelling(target))
        found = place(target)
        if named is not None or found is None:
            return named
        if isinstance(found, Network):
            # Rule 2: cutting a network cuts whatever stands in it.
            return next((f"{why} (`{other}`)" for other, why in self._places if overlap(found, other)), None)
        return next((why for other, why in self._networks if overlap(found, other)), None)

    def _add(self, target: str, why: str) -> None:
        found = place(target)
        self._reasons.setdefault(spelling(target), why)
        for domain in above(spelling(target)) if found is None else ():
            self._reasons.setdefault(domain, f"{why} (`{target}`)")
        if found is not None:
            self._places.append((found, why))
        if isinstance(found, Network):
            self._networks.append((found, why))
