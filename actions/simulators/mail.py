"""The simulated site's mail: messages and their quarantine."""

from collections.abc import Callable, Mapping, Sequence

from actions.simulators.elements import Elements
from actions.simulators.state import Element
from engine.errors import TargetRefused
from engine.target_ports import DONE

QUARANTINE = "mail.quarantine"
ACTIONS = (QUARANTINE,)


class SimulatedMail:
    """Takes messages out of their mailboxes and puts them back."""

    def __init__(self, elements: Elements, known: Callable[[str], bool]) -> None:
        """`known` tells whether a message of this id was delivered."""
        self._elements = elements
        self._known = known

    async def require_message(self, messages: Sequence[str]) -> None:
        """Raise `TargetRefused` unless at least one of them is there."""
        self._elements.state()
        if not any(map(self._known, messages)):
            raise TargetRefused(f"no message `{messages[0]}` was delivered")

    async def quarantined(self, message_id: str) -> bool:
        """Whether nobody can read it now."""
        holding = self._elements.state().in_effect(QUARANTINE)
        return any(_parts(element).get(message_id) == DONE for element in holding)

    async def quarantine(self, messages: Sequence[str], owner: str) -> Mapping[str, str]:
        """Take them out of their mailboxes once, and say of each what became of it."""
        held = self._elements.element(owner)
        parts = self._reached(messages) if held is None else _parts(held)
        if DONE not in parts.values():
            raise TargetRefused(next(iter(parts.values())))
        await self._elements.place(QUARANTINE, messages[0], owner, {"parts": {**parts}})
        return parts

    async def parts(self, owner: str) -> Mapping[str, str] | None:
        """What became of each message under this owner key, if it stands."""
        held = self._elements.element(owner)
        return None if held is None else _parts(held)

    async def restore(self, owner: str) -> None:
        """Put them back where we took them from."""
        self._elements.lift(owner)

    def _reached(self, messages: Sequence[str]) -> Mapping[str, str]:
        split = len(messages) > 1 and self._elements.splits(QUARANTINE)
        within = len(messages) // 2 if split else len(messages)
        said = {message: DONE if at < within else "the site refuses it" for at, message in enumerate(messages)}
        return {message: why if self._known(message) else "never delivered" for message, why in said.items()}


def _parts(element: Element) -> dict[str, str]:
    """What it says of each message; somebody else's, placed by hand, holds what it names."""
    parts = element.details.get("parts")
    return {name: str(said) for name, said in parts.items()} if isinstance(parts, dict) else {element.target: DONE}
