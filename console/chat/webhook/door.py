"""The door for answers from webhooks.

Rules: those of `console.chat.answering` and `console.chat.fresh`; nothing is looked at before its signature was, and
what is signed for one room says nothing in another. Who answered is the word of whoever holds the secret.
"""

import hmac
import logging
from collections.abc import Callable
from datetime import datetime

from console.chat.answering import Answering
from console.chat.fresh import Seen, made_at
from console.chat.webhook.cards import Answered, answered, tap_of
from console.chat.webhook.room import HookRoom
from console.outgoing.webhook import signature
from console.strangers import Strangers
from engine.control.chat_voting import TapAnswer, answer_tap
from engine.control.desk import Desk
from engine.control.desks import Desks
from engine.errors import InvalidInput
from engine.model.base import Json
from engine.secrets import reveal
from engine.store.store import Store
from engine.store.tx import Tx

LOG = logging.getLogger("fireline")
HEARD = "this was answered before"


class HookDoor:
    """One room's."""

    def __init__(
        self, room: HookRoom, store: Store, desks: Desks, strangers: Strangers, clock: Callable[[], datetime]
    ) -> None:
        """`strangers` counts whoever knocks without being known."""
        self._settings = room.settings
        self._answering = Answering(room, store, desks, strangers, clock)
        self._seen = Seen()

    async def answer(self, stamp: str, signed: str, body: bytes, source: str) -> Json:
        """Count an answer; what is to be said to whoever gave it. Raises `Forged`."""
        if not self._is_signed(stamp, signed, body):
            raise self._answering.forged(source, "not signed")
        sent = answered(body)
        if sent.room != self._settings.name:
            raise self._answering.forged(source, "signed for another room")
        told = await self._answering.count(sent.user, lambda tx, desk: self._count(tx, desk, sent))
        return {"text": HEARD} if told is None else {"accepted": told.accepted, "text": told.text}

    def _count(self, tx: Tx, desk: Desk, sent: Answered) -> TapAnswer | None:
        card = tx.threads.get(sent.room, sent.request)
        return answer_tap(tx, desk, tap_of(sent, card.ref if card else ""), self._answering.now())

    def _is_signed(self, stamp: str, signed: str, body: bytes) -> bool:
        now = self._answering.now()
        made = made_at(stamp, now)
        if made is None:
            return False
        try:
            expected = signature(reveal(self._settings.answers), stamp, body)
        except InvalidInput as error:
            # Ours to mend, and nothing that a stranger is told.
            LOG.warning("nothing from room %s can be believed: %s", self._settings.name, error)
            return False
        return hmac.compare_digest(signed.encode(), expected.encode()) and self._seen.is_new(signed, made, now)
