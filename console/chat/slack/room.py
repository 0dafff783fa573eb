"""One channel of a Slack workspace: `console.chat.port.Room` over the Web API."""

from collections.abc import Mapping

from console.chat.port import NOBODY, CardGone
from console.chat.slack.blocks import Asking, form, line, message
from console.chat.slack.web_api import SLACK, Refused, call
from console.outgoing.answers import Received, read, readable
from engine.control.chat_voting import Form
from engine.errors import TargetRefused
from engine.model.base import Json
from engine.model.card import Card
from engine.model.chat import SlackSettings

EVENT = "fireline"
"""The type of the metadata by which our own messages are found again."""
RECENT = 100
QUIET: Json = {"unfurl_links": False, "unfurl_media": False}
GONE = frozenset({"message_not_found", "thread_not_found"})


class _Payload(Received):
    key: str


class _Metadata(Received):
    event_type: str
    event_payload: _Payload


class _Me(Received):
    team_id: str
    bot_id: str
    user: str = ""
    team: str = ""


class _Channel(Received):
    is_member: bool
    is_archived: bool = False


class _Found(Received):
    channel: _Channel


class _Message(Received):
    ts: str
    bot_id: str
    metadata: _Metadata

    def is_ours(self, me: _Me, key: str) -> bool:
        """Whether we sent it under this key."""
        marked = self.metadata
        return (self.bot_id, marked.event_type, marked.event_payload.key) == (me.bot_id, EVENT, key)


class _Messages(Received):
    messages: tuple[object, ...] = ()


class _Posted(Received):
    ts: str


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
        found = read(_Messages, await self._call(method, where | ({"ts": under} if under else {})), SLACK)
        marked = (readable(_Message, message) for message in found.messages)
        return next((one.ts for one in marked if one is not None and one.is_ours(me, key)), None)

    async def post(self, key: str, card: Card, to: Mapping[str, str] = NOBODY) -> str:
        """Show a card; its reference is the message's `ts`."""
        return read(_Posted, await self._say(key, message(card, to)), SLACK).ts

    async def update(self, key: str, ref: str, card: Card, to: Mapping[str, str] = NOBODY) -> None:
        """Show it as it is now; to show the same twice changes nothing."""
        await self._call("chat.update", {"channel": self.settings.channel, "ts": ref, **message(card, to)})

    async def reply(self, key: str, ref: str, text: str) -> None:
        """Say a line in the card's thread."""
        await self._say(key, {"thread_ts": ref, **line(text)})

    async def tell(self, user: str, text: str) -> None:
        """A direct message from the app: an ephemeral one reaches only whoever is active, and nobody ever after."""
        await self._call("chat.postMessage", {"channel": user, **QUIET, **line(text)})

    async def answer(self, user: str, text: str) -> None:
        """An ephemeral message: they have just pressed something."""
        await self._call("chat.postEphemeral", {"channel": self.settings.channel, "user": user, **line(text)})

    async def ask_why(self, trigger: str, asking: Asking, wanted: Form) -> None:
        """Open the form for an answer; Slack takes that for three seconds after the tap."""
        await self._call("views.open", {"trigger_id": trigger, "view": form(asking, wanted)})

    async def health(self) -> str:
        """Whether the token is good, for the workspace of the settings, and we are in its channel."""
        self._me = None
        me = await self._who()
        found = read(_Found, await self._call("conversations.info", {"channel": self.settings.channel}), SLACK).channel
        if found.is_archived:
            raise TargetRefused(f"channel `{self.settings.channel}` is archived")
        if not found.is_member:
            raise TargetRefused(f"the app is not in channel `{self.settings.channel}`: /invite it there")
        return f"{me.user} in {me.team} ({me.team_id})"

    async def _who(self) -> _Me:
        if self._me is None:
            me = read(_Me, await call(self.settings, "auth.test", {}), SLACK)
            if me.team_id != self.settings.team:
                raise TargetRefused(f"the token is for workspace `{me.team_id}`, the settings say {self.settings.team}")
            self._me = me
        return self._me

    async def _say(self, key: str, said: Json) -> Json:
        marked: Json = {"event_type": EVENT, "event_payload": {"key": key}}
        where: Json = {"channel": self.settings.channel, "metadata": marked}
        return await self._call("chat.postMessage", {**where, **QUIET, **said})

    async def _call(self, method: str, given: Json) -> Json:
        try:
            return await call(self.settings, method, given)
        except Refused as error:
            if error.code in GONE:
                raise CardGone(str(error)) from None
            raise
