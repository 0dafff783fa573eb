"""One channel of a Slack workspace: `console.chat.port.Room` over the Web API."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from console.chat.port import CardGone
from console.chat.slack.blocks import Asking, form, line, message
from console.chat.slack.web_api import Refused, call
from engine.control.chat_voting import Form
from engine.errors import TargetRefused, TargetUnavailable
from engine.model.base import Json
from engine.model.card import Card
from engine.model.chat import SlackSettings

EVENT = "fireline"
"""The type of the metadata by which our own messages are found again."""
RECENT = 100
GONE = frozenset({"message_not_found", "thread_not_found"})


class _Sent(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Payload(_Sent):
    key: str


class _Metadata(_Sent):
    event_type: str
    event_payload: _Payload


class _Message(_Sent):
    ts: str
    bot_id: str
    metadata: _Metadata


class _Messages(_Sent):
    messages: tuple[object, ...] = ()


class _Posted(_Sent):
    ts: str


class _Me(_Sent):
    team_id: str
    bot_id: str
    user: str = ""
    team: str = ""


S = TypeVar("S", bound=_Sent)


def _read(kind: type[S], answer: Json) -> S:
    try:
        return kind.model_validate(answer)
    except ValidationError:
        raise TargetUnavailable("slack answers without what its documentation promises") from None


def _marked(message: object) -> _Message | None:
    """A message with a key as ours have one; other apps mark theirs as they like."""
    try:
        return _Message.model_validate(message)
    except ValidationError:
        return None


class SlackRoom:
    """The channel that the settings name."""

    def __init__(self, settings: SlackSettings) -> None:
        """Nothing is asked for before it is needed."""
        self.settings = settings
        self._me: _Me | None = None

    async def find(self, key: str, under: str = "") -> str | None:
        """Look through what was said lately for a message of ours under this key; nobody else's counts."""
        me = await self._who()
        where: Json = {"channel": self.settings.channel, "limit": RECENT, "include_all_metadata": True}
        method = "conversations.replies" if under else "conversations.history"
        found = _read(_Messages, await self._call(method, where | ({"ts": under} if under else {})))
        marked = (one for one in map(_marked, found.messages) if one is not None)
        ours = (one for one in marked if one.bot_id == me.bot_id and one.metadata.event_type == EVENT)
        return next((one.ts for one in ours if one.metadata.event_payload.key == key), None)

    async def post(self, key: str, card: Card) -> str:
        """Show a card; its reference is the message's `ts`."""
        return _read(_Posted, await self._say(key, message(card))).ts

    async def update(self, key: str, ref: str, card: Card) -> None:
        """Show it as it is now; to show the same twice changes nothing."""
        await self._call("chat.update", {"channel": self.settings.channel, "ts": ref, **message(card)})

    async def reply(self, key: str, ref: str, text: str) -> None:
        """Say a line in the card's thread."""
        await self._say(key, {"thread_ts": ref, **line(text)})

    async def tell(self, user: str, text: str) -> None:
        """An ephemeral message."""
        await self._call("chat.postEphemeral", {"channel": self.settings.channel, "user": user, **line(text)})

    async def ask_why(self, trigger: str, asking: Asking, wanted: Form) -> None:
        """Open the form for an answer; Slack takes that for three seconds after the tap."""
        await self._call("views.open", {"trigger_id": trigger, "view": form(asking, wanted)})

    async def health(self) -> str:
        """Whether the token is good, and for the workspace of the settings."""
        self._me = None
        me = await self._who()
        return f"{me.user} in {me.team} ({me.team_id})"

    async def _who(self) -> _Me:
        if self._me is None:
            me = _read(_Me, await call(self.settings, "auth.test", {}))
            if me.team_id != self.settings.team:
                raise TargetRefused(f"the token is for workspace `{me.team_id}`, the settings say {self.settings.team}")
            self._me = me
        return self._me

    async def _say(self, key: str, said: Json) -> Json:
        marked: Json = {"event_type": EVENT, "event_payload": {"key": key}}
        quiet: Json = {"unfurl_links": False, "unfurl_media": False, "metadata": marked}
        return await self._call("chat.postMessage", {"channel": self.settings.channel, **quiet, **said})

    async def _call(self, method: str, given: Json) -> Json:
        try:
            return await call(self.settings, method, given)
        except Refused as error:
            if error.code in GONE:
                raise CardGone(str(error)) from None
            raise
