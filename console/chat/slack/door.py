"""The doors by which Slack speaks to us.

Rules: those of `console.chat.answering`; and nothing is looked at before its signature was
(`console.chat.slack.signature`).
"""

import logging
from collections.abc import Callable
from datetime import datetime

from console.chat.answering import Answering
from console.chat.slack.blocks import REASON, Asking, line
from console.chat.slack.callbacks import (
    Command,
    Pressed,
    Submitted,
    interaction,
    is_ours,
    is_shorter,
    tap_of,
    tap_with_reason,
    wants_reason,
)
from console.chat.slack.room import SlackRoom
from console.chat.slack.signature import Signatures
from console.strangers import Strangers
from engine.control.desks import Desks
from engine.errors import InvalidInput
from engine.model.base import Json
from engine.store.store import Store

LOG = logging.getLogger("fireline")


class SlackDoor:
    """One room's."""

    def __init__(
        self, room: SlackRoom, store: Store, desks: Desks, strangers: Strangers, clock: Callable[[], datetime]
    ) -> None:
        """`strangers` counts whoever knocks without being known."""
        self._room = room
        self._answering = Answering(room, store, desks, strangers, clock)
        self._signatures = Signatures(room.settings.signing_secret)

    async def check(self, stamp: str, signature: str, body: bytes, source: str) -> None:
        """Whether it is signed; raises `Forged`."""
        try:
            good = await self._signatures.accept(stamp, signature, body, self._answering.now())
        except InvalidInput as error:
            # Ours to mend, and nothing that a stranger is told.
            LOG.warning("nothing from slack can be believed: %s", error)
            good = False
        if not good:
            raise self._answering.forged(source, "not signed")

    async def interaction(self, body: bytes, source: str, signature: str) -> Json:
        """A button, or a form, by the signature that no other has; what Slack is answered."""
        sent = interaction(body)
        if not is_ours(sent, self._room.settings):
            raise self._answering.forged(source, "not our workspace")
        answered = self._pressed(sent, signature) if isinstance(sent, Pressed) else self._submitted(sent, signature)
        return await answered

    async def _pressed(self, sent: Pressed, event: str) -> Json:
        tap = tap_of(sent, self._room.settings, event)
        if not wants_reason(sent):
            answer = await self._answering.answer(tap)
            if answer is not None:
                self._answering.tell(tap.user, answer.text)
            return {}
        refused = await self._answering.look(tap)
        if refused is not None:
            self._answering.tell(tap.user, refused.text)
        else:
            shorter = is_shorter(sent)
            asking = Asking(ref=tap.ref, request_id=tap.request_id, digest=tap.digest, kind=tap.kind, shorter=shorter)
            self._answering.later(self._room.ask_why(sent.trigger_id, asking, await self._answering.form(tap)))
        return {}

    async def _submitted(self, sent: Submitted, event: str) -> Json:
        tap = tap_with_reason(sent, self._room.settings, event)
        answer = await self._answering.answer(tap)
        if answer is None:
            return {}
        if not answer.accepted:
            return {"response_action": "errors", "errors": {REASON: answer.text}}
        self._answering.tell(tap.user, answer.text)
        return {}

    async def command(self, sent: Command, source: str, event: str) -> Json:
        """What somebody typed, by the signature that no other has; what they alone are shown."""
        if sent.team_id != self._room.settings.team:
            raise self._answering.forged(source, "not our workspace")
        said = await self._answering.typed(event, sent.user_id, sent.text)
        return {"response_type": "ephemeral", **line(said.text)}

    async def settled(self) -> None:
        """Return once everything that comes after an answer is done."""
        await self._answering.settled()
