"""One room on a Matrix homeserver: `console.chat.port.Room`, and what people say in it.

Rules: 1. What is sent under one key stands there once: the key is the transaction of the client-server API, by which a
homeserver takes a message once. 2. Everybody in a room may send what they like: each event is read by itself, and one
that is no message of any shape we know keeps no other from being heard.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence

from pydantic import Field

from console.chat.matrix.web_api import HOMESERVER, call, look
from console.chat.matrix.words import card_text, edited, said, threaded
from console.chat.port import NOBODY, CardGone
from console.outgoing.answers import Received, read, readable
from engine.errors import TargetRefused
from engine.model.base import Json
from engine.model.card import Card
from engine.model.chat import MatrixSettings

PLACE = "fireline.read_until"
"""Of our account data for the room: how far we have read it."""
AT_ONCE = "100"
MESSAGES = '{"types":["m.room.message"]}'
DIRECT = "m.direct"


class _Event(Received):
    event_id: str


class _Me(Received):
    user_id: str


class _Made(Received):
    room_id: str


class _Place(Received):
    token: str


class _Synced(Received):
    next_batch: str


class Content(Received):
    """What somebody said."""

    msgtype: str = ""
    body: str = ""
    relates_to: Json = Field(default={}, alias="m.relates_to")


class Said(Received):
    """One message in the room."""

    event_id: str
    sender: str
    type: str
    content: Content = Content()


class _Page(Received):
    chunk: tuple[object, ...] = ()
    end: str | None = None


class MatrixRoom:
    """The room that the settings name."""

    def __init__(self, settings: MatrixSettings) -> None:
        """Nothing is asked for before it is needed."""
        self.settings = settings
        self._me = ""
        self._pairing = asyncio.Lock()

    async def find(self, key: str, under: str = "") -> str | None:
        """Nothing has to be looked for: sent again under its key it is the same message."""
        return None

    async def post(self, key: str, card: Card, to: Mapping[str, str] = NOBODY) -> str:
        """Show a card; its reference is the event's id."""
        return await self._send(key, said(card_text(card), to))

    async def update(self, key: str, ref: str, card: Card, to: Mapping[str, str] = NOBODY) -> None:
        """Edit it; a homeserver would take an edit of what was redacted too, and show nothing."""
        there = await look(self.settings, "rooms", self.settings.room, "event", ref)
        if there is None or not read(Said, there, HOMESERVER).content.body:
            raise CardGone(f"the card {ref} was redacted")
        await self._send(key, edited(ref, card_text(card), to))

    async def reply(self, key: str, ref: str, text: str) -> None:
        """Say a line in the card's thread."""
        await self._send(key, threaded(ref, text))

    async def tell(self, user: str, text: str) -> None:
        """A message in a room that only the two of us are in; Matrix has nothing else that one person alone sees."""
        place = await self._direct(user)
        once = secrets.token_hex(16)
        await call(self.settings, "PUT", "rooms", place, "send", "m.room.message", once, body=said(text, [user]))

    async def answer(self, user: str, text: str) -> None:
        """As anything that one person is told."""
        await self.tell(user, text)

    async def health(self) -> str:
        """Whether the token is good, we are in the room, and can read it."""
        me = read(_Me, await call(self.settings, "GET", "account", "whoami"), HOMESERVER).user_id
        await call(self.settings, "GET", "rooms", self.settings.room, "joined_members")
        if await look(self.settings, "rooms", self.settings.room, "state", "m.room.encryption") is not None:
            raise TargetRefused(f"room `{self.settings.room}` is encrypted: what is said in it cannot be read here")
        return f"{me} in {self.settings.room}"

    async def place(self) -> str:
        """How far the room was read; where it never was, everything so far."""
        kept = await look(self.settings, *await self._place())
        if kept is not None:
            return read(_Place, kept, HOMESERVER).token
        nothing = '{"room":{"timeline":{"limit":1}},"presence":{"types":[]}}'
        synced = await call(self.settings, "GET", "sync", query={"filter": nothing, "timeout": "0"})
        now = read(_Synced, synced, HOMESERVER).next_batch
        await self.keep(now)
        return now

    async def keep(self, token: str) -> None:
        """Everything up to there is read."""
        await call(self.settings, "PUT", *await self._place(), body={"token": token})

    async def said_since(self, token: str) -> tuple[Sequence[Said], str]:
        """The next messages of others, oldest first, and up to where they are read then."""
        query = {"from": token, "dir": "f", "limit": AT_ONCE, "filter": MESSAGES}
        answer = await call(self.settings, "GET", "rooms", self.settings.room, "messages", query=query)
        page, me = read(_Page, answer, HOMESERVER), await self._who()
        messages = (readable(Said, event) for event in page.chunk)
        return [one for one in messages if one is not None and one.sender != me], page.end or token

    async def _place(self) -> tuple[str, ...]:
        return ("user", await self._who(), "rooms", self.settings.room, "account_data", PLACE)

    async def _who(self) -> str:
        if not self._me:
            self._me = read(_Me, await call(self.settings, "GET", "account", "whoami"), HOMESERVER).user_id
        return self._me

    async def _direct(self, user: str) -> str:
        """The room that only the two of us are in; the list of these is read and written as a whole."""
        async with self._pairing:
            return await self._paired(user)

    async def _paired(self, user: str) -> str:
        mine = ("user", await self._who(), "account_data", DIRECT)
        known = await look(self.settings, *mine) or {}
        rooms = known.get(user)
        if isinstance(rooms, list) and rooms and isinstance(rooms[0], str):
            return rooms[0]
        wanted: Json = {"is_direct": True, "preset": "private_chat", "invite": [user], "name": "Fireline"}
        made = read(_Made, await call(self.settings, "POST", "createRoom", body=wanted), HOMESERVER).room_id
        await call(self.settings, "PUT", *mine, body={**known, user: [made]})
        return made

    async def _send(self, key: str, content: Json) -> str:
        place = ("rooms", self.settings.room, "send", "m.room.message", key)
        return read(_Event, await call(self.settings, "PUT", *place, body=content), HOMESERVER).event_id
