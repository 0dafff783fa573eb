"""What a chat product must offer; one conformance suite over all of them."""

from collections.abc import Mapping
from typing import Protocol

from engine.errors import TargetRefused
from engine.model.card import Card
from engine.model.chat import RoomSettings

NOBODY: Mapping[str, str] = {}


class CardGone(TargetRefused):
    """The card is not there any more: somebody deleted it."""


class Room(Protocol):
    """One room of one product. All methods may raise `TargetRefused`, or `TargetUnavailable` where it may pass later.

    Rules: 1. What is sent twice under one key stands there once, or `find` tells that it is there. 2. Text is shown as
    it is given: nothing in it is a link, a mention or markup. 3. A card that is not open has nothing to answer with.
    4. Mentioned is only who is to be, by the ids that we know them by: `to` is users of the room and who they are.
    """

    @property
    def settings(self) -> RoomSettings: ...

    async def find(self, key: str, under: str = "") -> str | None:
        """The reference of what was sent under this key (beneath the card `under`), None where it never arrived."""

    async def post(self, key: str, card: Card, to: Mapping[str, str] = NOBODY) -> str:
        """Show a card, and have it ring with these users; return its reference."""

    async def update(self, key: str, ref: str, card: Card, to: Mapping[str, str] = NOBODY) -> None:
        """Show it as it is now, also where it looked so before; raise `CardGone` where there is none."""

    async def reply(self, key: str, ref: str, text: str) -> None:
        """Say a line beneath a card."""

    async def tell(self, user: str, text: str) -> None:
        """Say something that only this user sees, so that it rings, and stays until they look."""

    async def answer(self, user: str, text: str) -> None:
        """Say to this user alone what came of what they have just done here."""

    async def health(self) -> str:
        """Who we are there; raises where we cannot work."""
