"""A webhook as a room: `console.chat.port.Room` over signed POSTs.

Rules: those of `console.outgoing.web`; signed as `console.outgoing.webhook` does; what is sent twice under one
`Idempotency-Key` is to be taken once, and a card's key is its reference.
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime

from console.chat.port import NOBODY, CardGone
from console.chat.webhook.cards import VERSION, card_json
from console.clock import now
from console.outgoing.web import Answered, post
from console.outgoing.webhook import signature
from engine.digest import canonical
from engine.hosts import host_in
from engine.model.base import Json
from engine.model.card import Card
from engine.model.chat import HookSettings
from engine.secrets import fetch

WITHIN_S = 5.0
GONE = 410


class HookRoom:
    """The address that the settings name."""

    def __init__(self, settings: HookSettings, clock: Callable[[], datetime] = now) -> None:
        """Nothing is asked for before it is needed."""
        self.settings, self._clock = settings, clock

    async def find(self, key: str, under: str = "") -> str | None:
        """Nothing has to be looked for: sent again under its key it is the same message."""
        return None

    async def post(self, key: str, card: Card, to: Mapping[str, str] = NOBODY) -> str:
        """Show a card."""
        await self._send(key, {"event": "card", "card": key, "to": [*to], **card_json(card)})
        return key

    async def update(self, key: str, ref: str, card: Card, to: Mapping[str, str] = NOBODY) -> None:
        """Show it as it is now; who has it no more answers 410."""
        try:
            await self._send(key, {"event": "card.changed", "card": ref, "to": [*to], **card_json(card)})
        except Answered as error:
            if error.status == GONE:
                raise CardGone(str(error)) from None
            raise

    async def reply(self, key: str, ref: str, text: str) -> None:
        """Say a line beneath a card."""
        await self._send(key, {"event": "line", "card": ref, "text": text})

    async def tell(self, user: str, text: str) -> None:
        """Say something to one user alone."""
        await self._send(secrets.token_hex(16), {"event": "whisper", "user": user, "text": text})

    async def answer(self, user: str, text: str) -> None:
        """As anything that one person is told."""
        await self.tell(user, text)

    async def health(self) -> str:
        """Whether somebody is there who takes our signature."""
        await self._send(secrets.token_hex(16), {"event": "hello"})
        return f"signed messages are taken at {host_in(self.settings.url)}"

    async def _send(self, key: str, said: Json) -> None:
        stamp = str(int(self._clock().timestamp()))
        body = canonical({"version": VERSION, "room": self.settings.name, **said})
        headers = {
            "Fireline-Timestamp": stamp,
            "Fireline-Signature": signature(await fetch(self.settings.secret), stamp, body),
            "Idempotency-Key": key,
        }
        await post(self.settings.url, body, headers, WITHIN_S)
