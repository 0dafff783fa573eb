"""What every door for answers from a room shares, whatever the product behind it.

Rules: 1. An answer is written before the product is answered, so that what was acknowledged is never lost; what takes a
call to the product comes after that, for it waits for seconds only. 2. Whoever is refused hears it alone; whoever
nobody knows is counted, and told how to enrol. 3. What a room is shown of what is asked is for whoever is known and has
a role that reads. 4. Where what came of it is a message of its own, what was done is always told, for the word that
confirms a freeze stands nowhere else; and all else at a pace (`console.chat.patience`).
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import TypeVar

from console.chat.looking import reply_to
from console.chat.patience import Patience
from console.chat.port import Room
from console.strangers import Strangers
from engine.control.chat_orders import Order, carry_out, why_not_shown
from engine.control.chat_voting import (
    Form,
    TakenBack,
    Tap,
    TapAnswer,
    answer_tap,
    answered_before,
    form_for,
    look_at_tap,
    stranger,
    take_back,
)
from engine.control.desk import Desk
from engine.control.desks import Desks
from engine.control.enrolling import code_in, take_code
from engine.control.enrolment import recognise
from engine.errors import Denied, InvalidInput, TargetError
from engine.store.store import Store
from engine.store.tx import Tx

LOG = logging.getLogger("fireline")
HEARD = "this was answered before"
A = TypeVar("A", bound=TapAnswer | None)


class Forged(Denied):
    """Not from whom it should be from; nothing more is said."""


class Answering:
    """One room's."""

    def __init__(
        self, room: Room, store: Store, desks: Desks, strangers: Strangers, clock: Callable[[], datetime]
    ) -> None:
        """`strangers` counts whoever knocks without being known."""
        self._room, self._store, self._desks = room, store, desks
        self._strangers, self._clock = strangers, clock
        self._patience = Patience()
        self._after = set[asyncio.Task[None]]()

    def now(self) -> datetime:
        """The time."""
        return self._clock()

    def forged(self, source: str, why: str) -> Forged:
        """Count who sent what is not believed; the error to raise."""
        self._strangers.refuse(source, self._clock())
        return Forged(why)

    async def answer(self, tap: Tap) -> TapAnswer | None:
        """Count an answer; what is to be said of it, None where it was heard before."""
        here = tap.model_copy(update={"prefix": self._room.settings.before_commands})
        return await self.count(tap.user, lambda tx, desk: answer_tap(tx, desk, here, self._clock()))

    async def before(self, tap: Tap) -> TapAnswer | None:
        """What was said of an answer that was heard before; None where it was not."""
        return await self._store.read(lambda tx: answered_before(tx, tap))

    async def look(self, tap: Tap) -> TapAnswer | None:
        """Why a form for the reason need not even be opened; None where it is worth one."""
        return await self.count(tap.user, lambda tx, desk: look_at_tap(tx, desk, tap, self._clock()))

    async def form(self, tap: Tap) -> Form:
        """What a form for this answer asks for."""
        return await self._store.write(lambda tx: form_for(tx, self._desks(tx), tap, self._clock()))

    async def take_back(self, given: TakenBack) -> TapAnswer | None:
        """Take an answer back; what is to be said of it, None where it was heard before."""
        return await self.count(given.user, lambda tx, desk: take_back(tx, desk, given, self._clock()))

    async def count(self, user: str, work: Callable[[Tx, Desk], A]) -> A:
        """Do this in one write for a user of the room, who is counted where nobody knows them."""
        told = await self._store.write(lambda tx: work(tx, self._desks(tx)))
        if told is not None and not told.known:
            self._strangers.refuse(f"{self._room.settings.name}/{user}", self._clock())
        return told

    async def enrol(self, user: str, text: str) -> TapAnswer | None:
        """Take the code that a user of the room typed (`enrol CODE`); None where the text is something else."""
        code, name = code_in(text), self._room.settings.name
        if code is None:
            return None
        return await self.count(user, lambda tx, desk: take_code(tx, desk.people, name, user, code, self._clock()))

    async def typed(self, event: str, user: str, text: str) -> TapAnswer:
        """What comes of what a user of the room typed: they enrol, something is done, or they are shown something."""
        order = self._order(event, user, text)
        return await self.enrol(user, order.text) or await self._carry_out(order) or await self._show(order)

    async def reply(self, event: str, user: str, text: str) -> None:
        """What comes of it as by `typed`, told in a message of its own (rule 4)."""
        order = self._order(event, user, text)
        if (claimed := await self.enrol(user, order.text)) is not None:
            # Whoever types a code is nobody yet.
            self.tell_at_pace(user, claimed.text, known=False)
        elif (done := await self._carry_out(order)) is not None and done.accepted:
            self.tell(user, done.text)
        else:
            told = done or await self._show(order)
            self.tell_at_pace(user, told.text, known=told.known)

    def tell_at_pace(self, user: str, text: str, *, known: bool) -> None:
        """Say what came of it to them alone, unless they, or all whom nobody knows, were told much just now."""
        if self._patience.lets(user, self._clock(), known=known):
            self.tell(user, text)

    def tell(self, user: str, text: str) -> None:
        """Say what came of it to them alone, after this."""
        self.later(self._room.answer(user, text))

    def later(self, work: Coroutine[object, object, None]) -> None:
        """Rule 1. Who is not told what became of an answer sees it on the card."""
        task = asyncio.create_task(_quietly(self._room.settings.name, work))
        self._after.add(task)
        task.add_done_callback(self._after.discard)

    async def settled(self) -> None:
        """Return once everything that comes after an answer is done."""
        await asyncio.gather(*self._after)

    def _order(self, event: str, user: str, text: str) -> Order:
        room = self._room.settings
        here = {"room": room.name, "timezone": room.timezone, "prefix": room.prefix}
        return Order(event=event, user=user, text=text, **here)

    async def _carry_out(self, order: Order) -> TapAnswer | None:
        """Have it done; None where it is no order."""
        return await self.count(order.user, lambda tx, desk: carry_out(tx, desk, order, self._clock()))

    async def _show(self, order: Order) -> TapAnswer:
        """Rule 3."""

        def work(tx: Tx, desk: Desk) -> TapAnswer:
            known = recognise(tx, desk.people, order.room, order.user, self._clock())
            if known is None:
                return stranger(order.room, order.user)
            hidden = why_not_shown(tx, known[0], order, self._clock())
            shown = hidden or reply_to(tx, desk, order.text, self._room.settings)
            return TapAnswer(accepted=hidden is None, text=shown)

        return await self.count(order.user, work)


async def _quietly(room: str, work: Coroutine[object, object, None]) -> None:
    try:
        await work
    except (TargetError, InvalidInput) as error:
        LOG.warning("room %s was not told: %s", room, error)
