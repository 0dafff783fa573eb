"""The doors by which Slack speaks to us.

Rules: 1. Nothing is looked at before its signature was (`console.chat.slack.signature`). 2. An answer is written before
Slack is answered, so that what was acknowledged is never lost; what takes a call to Slack comes after that, for Slack
waits three seconds. 3. Whoever is refused hears it alone; whoever nobody knows is counted, and told how to enrol.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime

from console.chat.slack.blocks import REASON, Asking, line
from console.chat.slack.callbacks import (
    Command,
    Pressed,
    Submitted,
    interaction,
    is_ours,
    tap_of,
    tap_with_reason,
    wants_reason,
)
from console.chat.slack.commands import reply_to
from console.chat.slack.room import SlackRoom
from console.chat.slack.signature import Signatures
from console.strangers import Strangers
from engine.control.chat_voting import Tap, TapAnswer, answer_tap, how_to_enrol, look_at_tap
from engine.control.desks import Desks
from engine.control.enrolment import recognise
from engine.errors import Denied, InvalidInput, TargetError
from engine.model.base import Json
from engine.model.permission import Permission, permissions
from engine.store.store import Store
from engine.store.tx import Tx

LOG = logging.getLogger("fireline")


class Forged(Denied):
    """Not signed by Slack for our workspace; nothing more is said."""


class SlackDoor:
    """One room's."""

    def __init__(
        self, room: SlackRoom, store: Store, desks: Desks, strangers: Strangers, clock: Callable[[], datetime]
    ) -> None:
        """`strangers` counts whoever knocks without being known."""
        self._room, self._store, self._desks = room, store, desks
        self._strangers, self._clock = strangers, clock
        self._signatures = Signatures(room.settings.signing_secret)
        self._after = set[asyncio.Task[None]]()

    def check(self, stamp: str, signature: str, body: bytes, source: str) -> None:
        """Rule 1; raises `Forged`."""
        try:
            good = self._signatures.accept(stamp, signature, body, self._clock())
        except InvalidInput as error:
            # Ours to mend, and nothing that a stranger is told.
            LOG.warning("nothing from slack can be believed: %s", error)
            good = False
        if not good:
            self._strangers.refuse(source, self._clock())
            raise Forged("not signed")

    async def interaction(self, body: bytes, source: str, signature: str) -> Json:
        """A button, or a form, by the signature that no other has; what Slack is answered."""
        sent = interaction(body)
        if not is_ours(sent, self._room.settings):
            self._strangers.refuse(source, self._clock())
            raise Forged("not our workspace")
        answered = self._pressed(sent, signature) if isinstance(sent, Pressed) else self._submitted(sent, signature)
        return await answered

    async def _pressed(self, sent: Pressed, event: str) -> Json:
        tap = tap_of(sent, self._room.settings, event)
        if not wants_reason(sent):
            answer = await self._answer(tap)
            if answer is not None:
                self._later(self._room.tell(tap.user, answer.text))
            return {}
        refused = await self._store.write(lambda tx: look_at_tap(tx, self._desks(tx), tap, self._clock()))
        if refused is not None:
            self._count(tap.user, refused)
            self._later(self._room.tell(tap.user, refused.text))
        else:
            asking = Asking(ref=tap.ref, request_id=tap.request_id, digest=tap.digest, kind=tap.kind)
            self._later(self._room.ask_why(sent.trigger_id, asking))
        return {}

    async def _submitted(self, sent: Submitted, event: str) -> Json:
        tap = tap_with_reason(sent, self._room.settings, event)
        answer = await self._answer(tap)
        if answer is None:
            return {}
        if not answer.accepted:
            return {"response_action": "errors", "errors": {REASON: answer.text}}
        self._later(self._room.tell(tap.user, answer.text))
        return {}

    async def command(self, sent: Command, source: str) -> Json:
        """What somebody typed; what they alone are shown."""
        if sent.team_id != self._room.settings.team:
            self._strangers.refuse(source, self._clock())
            raise Forged("not our workspace")
        now, settings = self._clock(), self._room.settings

        def work(tx: Tx) -> str | None:
            known = recognise(tx, self._desks(tx).people, settings.name, sent.user_id, now)
            if known is None:
                return None
            if Permission.READ not in permissions(known[0]):
                return "you have no role that reads anything here"
            return reply_to(tx, sent.text, settings.zone)

        said = await self._store.write(work)
        if said is None:
            self._strangers.refuse(f"{settings.name}/{sent.user_id}", now)
            said = how_to_enrol(settings.name, sent.user_id)
        return {"response_type": "ephemeral", **line(said)}

    async def settled(self) -> None:
        """Return once everything that comes after an answer is done."""
        await asyncio.gather(*self._after)

    async def _answer(self, tap: Tap) -> TapAnswer | None:
        answer = await self._store.write(lambda tx: answer_tap(tx, self._desks(tx), tap, self._clock()))
        if answer is not None:
            self._count(tap.user, answer)
        return answer

    def _count(self, user: str, answer: TapAnswer) -> None:
        if not answer.known:
            self._strangers.refuse(f"{self._room.settings.name}/{user}", self._clock())

    def _later(self, work: Coroutine[object, object, None]) -> None:
        """Rule 2. Who is not told what became of an answer sees it on the card."""
        task = asyncio.create_task(_quietly(work))
        self._after.add(task)
        task.add_done_callback(self._after.discard)


async def _quietly(work: Coroutine[object, object, None]) -> None:
    try:
        await work
    except (TargetError, InvalidInput) as error:
        LOG.warning("slack was not told: %s", error)
