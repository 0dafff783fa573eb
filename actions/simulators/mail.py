"""The simulated site's mail: messages and their quarantine."""

from collections.abc import Callable

from actions.simulators.elements import Elements
from engine.errors import TargetRefused

QUARANTINE = "mail.quarantine"
ACTIONS = (QUARANTINE,)


class SimulatedMail:
    """Takes messages out of their mailboxes and puts them back."""

    def __init__(self, elements: Elements, known: Callable[[str], bool]) -> None:
        """`known` tells whether a message of this id was delivered."""
        self._elements = elements
        self._known = known

    async def require_message(self, message_id: str) -> None:
        """Raise `TargetRefused` unless this message is there."""
        self._elements.state()
        if not self._known(message_id):
            raise TargetRefused(f"no message `{message_id}` was delivered")

    async def quarantined(self, message_id: str) -> bool:
        """Whether nobody can read it now."""
        return self._elements.standing(QUARANTINE, message_id)

    async def quarantine(self, message_id: str, owner: str) -> str:
        """Take it out of its mailboxes once and return the handle."""
        return await self._elements.place(QUARANTINE, message_id, owner)

    async def element(self, owner: str) -> str | None:
        """Handle of what stands under this owner key, if it is there."""
        return self._elements.handle(owner)

    async def restore(self, owner: str) -> None:
        """Put it back where we took it from."""
        self._elements.lift(owner)
