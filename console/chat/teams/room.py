"""One channel of a team: `console.chat.port.Room` over the Bot Connector.

Teams takes no key with a message and shows a bot none of its own, so what was sent under a key is known only where its
answer was heard. A card whose answer was lost is sent again; answers are taken on the one that is known, and on the
other nothing counts (`engine.control.chat_voting`). A line may then stand there twice.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from console.chat.port import NOBODY, CardGone
from console.chat.teams.cards import line, message
from console.chat.teams.connector import TEAMS, Connector
from console.chat.teams.keys import published
from console.outgoing.answers import Received, read
from console.outgoing.web import Answered
from engine.errors import TargetRefused
from engine.model.base import Json
from engine.model.card import Card
from engine.model.chat import TeamsSettings

RECENT = 1000
"""How many keys are remembered."""
NOT_FOUND = 404


class _Begun(Received):
    activity: Annotated[str, Field(alias="activityId", min_length=1)]


class _Member(Received):
    id: str


class TeamsRoom:
    """The channel that the settings name."""

    def __init__(self, settings: TeamsSettings, connector: Connector | None = None) -> None:
        """Nothing is asked for before it is needed."""
        self.settings = settings
        self._connector = connector or Connector()
        self._sent = dict[str, str]()
        self._members = dict[str, str]()

    async def find(self, key: str, under: str = "") -> str | None:
        """What was sent under this key, as far as we heard of it."""
        return self._sent.get(key)

    async def post(self, key: str, card: Card, to: Mapping[str, str] = NOBODY) -> str:
        """Begin a thread with a card; its reference is the activity's id."""
        thread: Json = {
            "isGroup": True,
            "tenantId": self.settings.tenant,
            "channelData": {"channel": {"id": self.settings.conversation}},
            "activity": message(card, to),
        }
        begun = read(_Begun, await self._connector.call(self.settings, "POST", body=thread), TEAMS)
        return self._remember(key, begun.activity)

    async def update(self, key: str, ref: str, card: Card, to: Mapping[str, str] = NOBODY) -> None:
        """Show it as it is now; to show the same twice changes nothing."""
        await self._in_thread("PUT", ref, "activities", ref, body=message(card, to))

    async def reply(self, key: str, ref: str, text: str) -> None:
        """Say a line in the card's thread."""
        await self._in_thread("POST", ref, "activities", body=line(text))
        self._remember(key, ref)

    async def tell(self, user: str, text: str) -> None:
        """A message in the chat that somebody has with the app alone."""
        chat: Json = {
            "isGroup": False,
            "tenantId": self.settings.tenant,
            "members": [{"id": await self._member(user)}],
            "activity": line(text),
        }
        await self._connector.call(self.settings, "POST", body=chat)

    async def answer(self, user: str, text: str) -> None:
        """As anything that one person is told."""
        await self.tell(user, text)

    async def health(self) -> str:
        """Whether the secret is good, the app in the team of the channel, and what answers are signed with known."""
        await self._connector.call(self.settings, "GET", self.settings.conversation, "pagedmembers")
        if not any(key.speaks for key in await published(self.settings.keys_url)):
            raise TargetRefused("no published key speaks for Teams, so no answer would be believed")
        return f"app {self.settings.app_id} in {self.settings.conversation}"

    async def _member(self, user: str) -> str:
        """By what Teams calls the person of this object id in its chats."""
        if user not in self._members:
            found = await self._connector.call(self.settings, "GET", self.settings.conversation, "members", user)
            self._members[user] = read(_Member, found, TEAMS).id
        return self._members[user]

    async def _in_thread(self, method: str, ref: str, *place: str, body: Json) -> None:
        thread = f"{self.settings.conversation};messageid={ref}"
        try:
            await self._connector.call(self.settings, method, thread, *place, body=body)
        except Answered as error:
            if error.status == NOT_FOUND:
                raise CardGone(f"the card {ref} was deleted") from None
            raise

    def _remember(self, key: str, ref: str) -> str:
        self._sent[key] = ref
        if len(self._sent) > RECENT:
            del self._sent[next(iter(self._sent))]
        return ref
