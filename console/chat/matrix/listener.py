"""Hears what people answer in a Matrix room.

Rules: 1. Who said it is what our homeserver says, over a connection that our token opened. 2. The place up to which
the room is read is kept after what was said is counted: killed in between it is heard twice, and what was answered is
known by its event, so that it counts once and a vote taken back meanwhile does not come back. 3. Whoever is refused is
told alone; whoever nobody knows is counted, and told how to enrol; but all at a pace (`console.chat.patience`).
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from console.chat.answering import Answering
from console.chat.matrix.room import MatrixRoom, Said
from console.chat.matrix.words import Answer, answer_in, command_in
from console.outgoing.pauses import wait_after
from console.strangers import Strangers
from engine.control.chat_voting import Named, TakenBack, Tap, TapAnswer, answer_tap, card_with, take_back
from engine.control.desk import Desk
from engine.control.desks import Desks
from engine.control.enrolling import code_in
from engine.errors import FirelineError, InvalidInput, StoreUnavailable, TargetError
from engine.store.store import Store
from engine.store.tx import Tx

LOG = logging.getLogger("fireline")
EVERY_S = 0.5
NO_CARD = Named(ref="", request_id="")
UNKNOWN = "not counted: nothing that is asked here now has this digest"


class Listener:
    """One room's."""

    def __init__(
        self, room: MatrixRoom, store: Store, desks: Desks, strangers: Strangers, clock: Callable[[], datetime]
    ) -> None:
        """`strangers` counts whoever answers without being known."""
        self._room, self._clock = room, clock
        self._answering = Answering(room, store, desks, strangers, clock)

    async def run(self) -> None:
        """Listen until cancelled; a homeserver or a database that is away is asked again."""
        failed = 0
        while True:
            again = EVERY_S
            try:
                await self.listen()
                failed = 0
            except (TargetError, InvalidInput, StoreUnavailable) as error:
                failed += 1
                again = wait_after(error, failed).total_seconds()
                LOG.warning("room %s is not heard: %s", self._room.settings.name, error)
            await asyncio.sleep(again)

    async def listen(self) -> None:
        """Take in everything that was said since."""
        token = await self._room.place()
        while True:
            said, until = await self._room.said_since(token)
            for one in said:
                await self._hear(one)
            if until == token:
                return
            await self._room.keep(until)
            token = until

    async def settled(self) -> None:
        """Return once everybody was told."""
        await self._answering.settled()

    async def _hear(self, said: Said) -> None:
        edits = said.content.relates_to.get("rel_type") == "m.replace"
        if said.type != "m.room.message" or said.content.msgtype != "m.text" or edits:
            return
        try:
            await self._take_in(said)
        except StoreUnavailable:
            raise
        except FirelineError as error:
            # One message that cannot be taken must not keep the others from being heard.
            LOG.warning("%s is no answer: %s", said.event_id, error)

    async def _take_in(self, said: Said) -> None:
        """A code or a command, which is told what came of it; or an answer, which is where it was refused."""
        body = said.content.body
        typed = body if code_in(body) is not None else command_in(body)
        if typed is not None:
            await self._answering.reply(said.event_id, said.sender, typed)
            return
        answer = answer_in(body)
        if answer is None:
            return
        told = await self._answering.count(said.sender, lambda tx, desk: self._count(tx, desk, said, answer))
        if told is not None and not told.accepted:
            self._answering.tell_at_pace(said.sender, told.text, known=told.known)

    def _count(self, tx: Tx, desk: Desk, said: Said, answer: Answer) -> TapAnswer | None:
        card = card_with(tx, self._room.settings.name, answer.digest) or NO_CARD
        told = self._take(tx, desk, said, answer, card)
        return told if told is None or not told.known or card.ref else told.model_copy(update={"text": UNKNOWN})

    def _take(self, tx: Tx, desk: Desk, said: Said, answer: Answer, card: Named) -> TapAnswer | None:
        room, event, user = self._room.settings.name, said.event_id, said.sender
        if answer.kind is None:
            given = TakenBack(room=room, event=event, user=user, request_id=card.request_id)
            return take_back(tx, desk, given, self._clock())
        tap = Tap(
            room=room,
            event=event,
            user=user,
            considered=True,
            openly=True,
            kind=answer.kind,
            **card.model_dump(),
            **answer.model_dump(exclude={"kind"}),
        )
        return answer_tap(tx, desk, tap, self._clock())
