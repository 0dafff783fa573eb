"""The doors by which Mattermost speaks to us.

Rules: those of `console.chat.answering`; and of a callback, which Mattermost signs nothing of: 1. That it is a button
or a form of ours is shown by our seal in it (`console.chat.mattermost.seals`). 2. Who pressed is shown by the trigger
that the server signed for that user, just then (`console.chat.mattermost.triggers`); a form was sealed for the user who
opened it by such a trigger, and the server shows it to nobody else. 3. A command takes its token and a trigger.
"""

import hmac
import logging
from collections.abc import Callable
from datetime import datetime

from pydantic import JsonValue

from console.chat.answering import Answering
from console.chat.mattermost.attachments import REASON, code
from console.chat.mattermost.callbacks import (
    Button,
    Command,
    Form,
    callback,
    is_in_channel,
    tap_of,
    tap_with_reason,
)
from console.chat.mattermost.room import MattermostRoom
from console.chat.mattermost.seals import FORM_LASTS, Asked, Pressed, S, opened, until
from console.chat.mattermost.triggers import Triggers
from console.outgoing.answers import json_in
from console.strangers import Strangers
from engine.control.chat_voting import Tap
from engine.control.desks import Desks
from engine.errors import InvalidInput, TargetError
from engine.model.base import Json
from engine.secrets import fetch
from engine.store.store import Store

LOG = logging.getLogger("fireline")
OPEN_ANEW = "the same form counts once: cancel, and press the button again"


class MattermostDoor:
    """One room's."""

    def __init__(
        self, room: MattermostRoom, store: Store, desks: Desks, strangers: Strangers, clock: Callable[[], datetime]
    ) -> None:
        """`strangers` counts whoever knocks without being known."""
        self._room, self._settings = room, room.settings
        self._answering = Answering(room, store, desks, strangers, clock)
        self._triggers = Triggers(room.settings)

    async def action(self, body: bytes, source: str) -> Json:
        """A button or a form; what Mattermost is answered. Raises `Forged`."""
        sent = callback(body)
        if sent is None or not is_in_channel(sent, self._settings):
            raise self._answering.forged(source, "nothing of our channel")
        return await (self._form(sent, source) if isinstance(sent, Form) else self._button(sent, source))

    async def _button(self, sent: Button, source: str) -> Json:
        what = await self._opened(Pressed, sent.context)
        event = await self._by(sent.user_id, sent.trigger_id) if what else None
        if what is None or event is None:
            raise self._answering.forged(source, "not our button, or nobody pressed it")
        tap = tap_of(sent, what, self._settings.name, event)
        if what.asks:
            return await self._ask_why(tap, what, sent.trigger_id)
        answer = await self._answering.answer(tap)
        return {} if answer is None else {"ephemeral_text": code(answer.text)}

    async def _ask_why(self, tap: Tap, what: Pressed, trigger: str) -> Json:
        refused = await self._answering.look(tap)
        if refused is not None:
            return {"ephemeral_text": code(refused.text)}
        asked = Asked(
            ref=tap.ref,
            user=tap.user,
            request=tap.request_id,
            digest=tap.digest,
            kind=tap.kind,
            shorter=what.shorter,
            until=until(self._answering.now(), FORM_LASTS),
        )
        self._answering.later(self._room.ask_why(trigger, asked, await self._answering.form(tap)))
        return {}

    async def _form(self, sent: Form, source: str) -> Json:
        what = await self._opened(Asked, _parsed(sent.state))
        if what is None or what.user != sent.user_id:
            raise self._answering.forged(source, "not the form of this user")
        tap = tap_with_reason(sent, what, self._settings.name)
        answer = await self._answering.answer(tap)
        if answer is None:
            return await self._form_again(tap)
        if not answer.accepted:
            return {"errors": {REASON: answer.text}}
        self._answering.tell(tap.user, answer.text)
        return {}

    async def _form_again(self, tap: Tap) -> Json:
        """A form closes where it is told no error, so one that was refused is told its own again."""
        before = await self._answering.before(tap)
        return {} if before is None or before.accepted else {"errors": {REASON: f"{before.text}; {OPEN_ANEW}"}}

    async def command(self, sent: Command | None, source: str) -> Json:
        """What somebody typed; what they alone are shown. Raises `Forged`."""
        if sent is None or sent.team_id != self._settings.team or not await self._is_token(sent.token):
            raise self._answering.forged(source, "not our command")
        event = await self._by(sent.user_id, sent.trigger_id)
        if event is None:
            raise self._answering.forged(source, "nobody typed it")
        said = await self._answering.typed(event, sent.user_id, sent.text)
        return {"response_type": "ephemeral", "text": code(said.text)}

    async def settled(self) -> None:
        """Return once everything that comes after an answer is done."""
        await self._answering.settled()

    async def _opened(self, kind: type[S], given: JsonValue) -> S | None:
        """Rule 1."""
        secret = await self._secret(self._settings.secret)
        return opened(secret, self._settings.name, kind, given, self._answering.now()) if secret else None

    async def _by(self, user: str, trigger: str) -> str | None:
        """Rule 2; the trigger's id, by which this is told from all else that they do."""
        try:
            return await self._triggers.by(user, trigger, self._answering.now())
        except (TargetError, InvalidInput) as error:
            LOG.warning("nothing from room %s can be believed: %s", self._settings.name, error)
            return None

    async def _is_token(self, token: str) -> bool:
        """Rule 3."""
        reference = self._settings.command_token
        known = "" if reference is None else await self._secret(reference)
        return bool(known) and hmac.compare_digest(token.encode(), known.encode())

    async def _secret(self, reference: str) -> str:
        """Empty where there is none: ours to mend, and nothing that a stranger is told."""
        try:
            return await fetch(reference)
        except (TargetError, InvalidInput) as error:
            LOG.warning("nothing from room %s can be believed: %s", self._settings.name, error)
            return ""


def _parsed(state: str) -> JsonValue:
    try:
        return json_in(state.encode())
    except ValueError:
        return None
