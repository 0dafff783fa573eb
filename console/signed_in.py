"""Remembering where those who decide come from, so that nobody cuts them off (`engine.model.signed_in`).

Rules: 1. Only whoever was let in counts: a stranger, or a program, makes no address untouchable. 2. This host itself is
protected without that. 3. One row a minute is enough; where it cannot be written whoever asks is served all the same.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from ipaddress import ip_address

from engine.errors import StoreUnavailable
from engine.model.principal import Principal, Role
from engine.model.signed_in import SignedIn
from engine.store.store import Store

DECIDING = frozenset({Role.APPROVER, Role.ADMIN})
AGAIN = timedelta(minutes=1)


class Attendance:
    """Who came from where, as far as it was written lately."""

    def __init__(self) -> None:
        """Nobody has come."""
        self._written: dict[tuple[str, str], datetime] = {}

    async def note(self, store: Store, person: Principal, source: str, now: datetime) -> None:
        """Somebody was let in from `source`."""
        address = _address(source)
        if person.bot or not DECIDING & {*person.roles} or address is None:
            return
        last = self._written.get((person.id, address))
        if last is not None and last <= now < last + AGAIN:
            return
        seen = SignedIn(principal=person.id, address=address, at=now)
        with suppress(StoreUnavailable):
            await store.write(lambda tx: tx.signed_in.note(seen))
            self._written[person.id, address] = now


def _address(source: str) -> str | None:
    try:
        found = ip_address(source)
    except ValueError:
        return None
    return None if found.is_loopback else str(found)
