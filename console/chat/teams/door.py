"""The door by which Teams speaks to us.

Rules: those of `console.chat.answering`; and nothing is looked at before its token was (`console.chat.teams.tokens`).
The token signs no body: that a body is what Microsoft sent is the word of the TLS connection that it came over.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from console.chat.answering import HEARD, Answering
from console.chat.teams.activities import Activity, activity, is_ours, person, tap_of, typed_in
from console.chat.teams.room import TeamsRoom
from console.chat.teams.tokens import Tokens, Unbelievable
from console.strangers import Strangers
from engine.control.desks import Desks
from engine.errors import TargetError
from engine.model.base import Json
from engine.store.store import Store

LOG = logging.getLogger("fireline")
MESSAGE = "application/vnd.microsoft.activity.message"


class TeamsDoor:
    """One room's."""

    def __init__(
        self, room: TeamsRoom, store: Store, desks: Desks, strangers: Strangers, clock: Callable[[], datetime]
    ) -> None:
        """`strangers` counts whoever knocks without being known."""
        self._settings = room.settings
        self._answering = Answering(room, store, desks, strangers, clock)
        self._tokens = Tokens(room.settings)

    async def check(self, authorization: str, source: str) -> str:
        """The service that speaks to us; raises `Forged`."""
        try:
            return await self._tokens.sender(authorization, self._answering.now())
        except Unbelievable as error:
            raise self._answering.forged(source, str(error)) from None
        except TargetError as error:
            # Ours to mend, and nothing that a stranger is told.
            LOG.warning("nothing from teams can be believed: %s", error)
            raise self._answering.forged(source, "no keys") from None

    async def heard(self, service: str, body: bytes, source: str) -> Json:
        """Something that happened in Teams; what whoever did it is shown, they alone."""
        sent = activity(body)
        if not is_ours(sent, service, self._settings):
            raise self._answering.forged(source, "not our tenant")
        if not sent.answers:
            await self._typed(sent)
            return {}
        answer = await self._answering.answer(tap_of(sent, self._settings))
        return {"statusCode": 200, "type": MESSAGE, "value": HEARD if answer is None else answer.text}

    async def _typed(self, sent: Activity) -> None:
        """What somebody typed to us is never an answer; what comes of it they are told alone."""
        typed = typed_in(sent, self._settings)
        if typed is None:
            return
        event = f"{sent.conversation.id}/{sent.id}"  # a message's id is the millisecond, in its conversation
        await self._answering.reply(event, person(sent), typed)

    async def settled(self) -> None:
        """Return once everything that comes after an answer is done."""
        await self._answering.settled()
