"""One channel of a Mattermost server: `console.chat.port.Room` over its REST API."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from console.chat.mattermost.attachments import KEY, card_message, code, form
from console.chat.mattermost.seals import BUTTON_LASTS, Asked, Pressed, sealed, until
from console.chat.mattermost.triggers import published_key
from console.chat.mattermost.web_api import MATTERMOST, call, look, users_by_id
from console.chat.port import NOBODY, CardGone
from console.clock import now
from console.outgoing.answers import Received, read, readable
from console.outgoing.web import Answered
from engine.control.chat_voting import Form
from engine.digest import canonical
from engine.errors import TargetRefused
from engine.model.base import Json
from engine.model.card import Card
from engine.model.chat import MattermostSettings
from engine.secrets import fetch

RECENT = "100"
ACTIONS = "/chat/mattermost/actions"


class _Id(Received):
    id: str


class _Me(Received):
    id: str
    username: str = ""


class _Channel(Received):
    team_id: str
    name: str = ""
    delete_at: int = 0


class _Posts(Received):
    posts: dict[str, object] = {}


class _Post(Received):
    user_id: str
    props: dict[str, object] = {}

    def is_ours(self, me: _Me, key: str) -> bool:
        """Whether we sent it under this key."""
        return self.user_id == me.id and self.props.get(KEY) == key


class MattermostRoom:
    """The channel that the settings name."""

    def __init__(self, settings: MattermostSettings, clock: Callable[[], datetime] = now) -> None:
        """Nothing is asked for before it is needed."""
        self.settings, self._clock = settings, clock
        self._me: _Me | None = None

    async def find(self, key: str, under: str = "") -> str | None:
        """Look through what was said lately for a message of ours under this key; nobody else's counts."""
        me = await self._who()
        if under:
            answer = await call(self.settings, "GET", "posts", under, "thread")
        else:
            place = ("channels", self.settings.channel, "posts")
            answer = await call(self.settings, "GET", *place, query={"per_page": RECENT})
        found = read(_Posts, answer, MATTERMOST).posts
        sent = ((id, readable(_Post, post)) for id, post in found.items())
        return next((id for id, post in sent if post is not None and post.is_ours(me, key)), None)

    async def post(self, key: str, card: Card, to: Mapping[str, str] = NOBODY) -> str:
        """Show a card; its reference is the post's id."""
        return await self._say({**await self._shown(key, card, to), "channel_id": self.settings.channel})

    async def update(self, key: str, ref: str, card: Card, to: Mapping[str, str] = NOBODY) -> None:
        """Show it as it is now; how a server says no to a post that is gone depends on its version."""
        try:
            await call(self.settings, "PUT", "posts", ref, "patch", body=await self._shown(key, card, to))
        except Answered as error:
            if await look(self.settings, "posts", ref) is None:
                raise CardGone(str(error)) from None
            raise

    async def reply(self, key: str, ref: str, text: str) -> None:
        """Say a line in the card's thread."""
        place: Json = {"channel_id": self.settings.channel, "root_id": ref}
        await self._say({**place, "message": code(text), "props": {KEY: key}})

    async def tell(self, user: str, text: str) -> None:
        """A direct message: an ephemeral one takes the permissions of a system administrator."""
        me = await self._who()
        place = read(_Id, await call(self.settings, "POST", "channels", "direct", body=[me.id, user]), MATTERMOST).id
        await self._say({"channel_id": place, "message": code(text)})

    async def answer(self, user: str, text: str) -> None:
        """As anything that one person is told."""
        await self.tell(user, text)

    async def ask_why(self, trigger: str, asked: Asked, wanted: Form) -> None:
        """Open the form for an answer; the server takes that for some seconds after the button was pressed."""
        state = canonical(sealed(await fetch(self.settings.secret), self.settings.name, asked)).decode()
        dialog = form(asked, wanted, state, self.settings.before_commands)
        body: Json = {"trigger_id": trigger, "url": self._callback, "dialog": dialog}
        await call(self.settings, "POST", "actions", "dialogs", "open", body=body)

    async def health(self) -> str:
        """Whether the token is good, the channel is ours, and the server signs what people do."""
        self._me = None
        me = await self._who()
        channel = read(_Channel, await call(self.settings, "GET", "channels", self.settings.channel), MATTERMOST)
        if channel.team_id != self.settings.team:
            raise TargetRefused(f"the channel is of team `{channel.team_id}`, the settings say {self.settings.team}")
        if channel.delete_at:
            raise TargetRefused(f"channel `{channel.name}` is archived")
        await published_key(self.settings)
        return f"{me.username} in {channel.name}"

    @property
    def _callback(self) -> str:
        return f"{self.settings.callback}{ACTIONS}"

    async def _shown(self, key: str, card: Card, to: Iterable[str]) -> Json:
        secret, names = await fetch(self.settings.secret), await self._names([*to])

        def press(what: Pressed) -> Json:
            return {"url": self._callback, "context": sealed(secret, self.settings.name, what)}

        message, attachments = card_message(card, until(self._clock(), BUTTON_LASTS), press, names)
        return {"message": message, "props": {KEY: key, "attachments": attachments}}

    async def _names(self, users: Sequence[str]) -> list[str]:
        """What these users are called right now: mentions go by names, which people change."""
        found = await users_by_id(self.settings, users) if users else []
        known = (readable(_Me, one) for one in found)
        return [one.username for one in known if one is not None and one.id in users]

    async def _who(self) -> _Me:
        if self._me is None:
            self._me = read(_Me, await call(self.settings, "GET", "users", "me"), MATTERMOST)
        return self._me

    async def _say(self, said: Json) -> str:
        return read(_Id, await call(self.settings, "POST", "posts", body=said), MATTERMOST).id
