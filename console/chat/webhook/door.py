"""The door for answers from webhooks.

Rules: those of `console.chat.answering` and `console.chat.fresh`; nothing is looked at before its signature was, and
what is signed for one room says nothing in another. Who answered is the word of whoever holds the secret.
"""

import hmac
import logging
from collections.abc import Callable
from datetime import datetime

from console.chat.answering import HEARD, Answering
from console.chat.fresh import Seen, made_at
from console.chat.webhook.cards import Answered, Typed, signed, tap_of
from console.chat.webhook.room import HookRoom
from console.outgoing.webhook import signature
from console.strangers import Strangers
from engine.control.chat_voting import Tap, TapAnswer, answer_tap, take_back
from engine.control.desk import Desk
from engine.control.desks import Desks
from engine.errors import InvalidInput, TargetError
from engine.model.base import Json
from engine.model.trial import ASKED
from engine.secrets import fetch
from engine.store.store import Store
from engine.store.tx import Tx

LOG = logging.getLogger("fireline")


class HookDoor:
    """One room's."""

    def __init__(
        self, room: HookRoom, store: Store, desks: Desks, strangers: Strangers, clock: Callable[[], datetime]
    ) -> None:
        """`strangers` counts whoever knocks without being known."""
        self._settings = room.settings
        self._answering = Answering(room, store, desks, strangers, clock)
        self._seen = Seen()

    async def heard(self, stamp: str, mark: str, body: bytes, source: str) -> Json:
        """Something that somebody answered or typed; what is to be said to them. Raises `Forged`."""
        if not await self._is_signed(stamp, mark, body):
            raise self._answering.forged(source, "not signed")
        sent = signed(body)
        if sent.room != self._settings.name:
            raise self._answering.forged(source, "signed for another room")
        told = await (self._typed(sent) if isinstance(sent, Typed) else self._answered(sent))
        return {"text": HEARD} if told is None else {"accepted": told.accepted, "text": told.text}

    async def _typed(self, sent: Typed) -> TapAnswer:
        return await self._answering.typed(sent.event, sent.user, sent.text)

    async def _answered(self, sent: Answered) -> TapAnswer | None:
        return await self._answering.count(sent.user, lambda tx, desk: self._count(tx, desk, sent))

    def _count(self, tx: Tx, desk: Desk, sent: Answered) -> TapAnswer | None:
        card = tx.trials.get(sent.room) if sent.request == ASKED else tx.threads.get(sent.room, sent.request)
        given, now = tap_of(sent, card.ref if card else ""), self._answering.now()
        return answer_tap(tx, desk, given, now) if isinstance(given, Tap) else take_back(tx, desk, given, now)

    async def _is_signed(self, stamp: str, mark: str, body: bytes) -> bool:
        now = self._answering.now()
        made = made_at(stamp, now)
        if made is None:
            return False
        try:
            expected = signature(await fetch(self._settings.answers), stamp, body)
        except (InvalidInput, TargetError) as error:
            # Ours to mend, and nothing that a stranger is told.
            LOG.warning("nothing from room %s can be believed: %s", self._settings.name, error)
            return False
        return hmac.compare_digest(mark.encode(), expected.encode()) and self._seen.is_new(mark, made, now)
