"""One room on a Matrix homeserver: `console.chat.port.Room`, and what people say in it.

Rules: 1. What is sent under one key stands there once: the key is the transaction of the client-server API, by which a
homeserver takes a message once. 2. Everybody in a room may send what they like: each event is read by itself, and one
that is no message of any shape we know keeps no other from being heard.
"""

import asyncio
import json
import secrets
from collections.abc import Sequence
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from console.chat.matrix.web_api import ask, call, look
from console.chat.matrix.words import card_text, edited, said, threaded
from console.chat.port import CardGone
from engine.errors import TargetRefused, TargetUnavailable
from engine.model.base import Json
from engine.model.card import Card
from engine.model.chat import MatrixSettings

PLACE = "fireline.read_until"
"""Of our account data for the room: how far we have read it."""
AT_ONCE = "100"
MESSAGES = '{"types":["m.room.message"]}'
DIRECT = "m.direct"


class _Sent(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Event(_Sent):
    event_id: str


class _Me(_Sent):
    user_id: str


class _Made(_Sent):
    room_id: str


class _Place(_Sent):
    token: str


class _Synced(_Sent):
    next_batch: str


class Content(_Sent):
    """What somebody said."""

    msgtype: str = ""
    body: str = ""
    relates_to: Json = Field(default={}, alias="m.relates_to")


class Said(_Sent):
    """One message in the room."""

    event_id: str
    sender: str
    type: str
    content: Content = Content()


class _Page(_Sent):
    chunk: tuple[object, ...] = ()
    end: str | None = None


S = TypeVar("S", bound=_Sent)
BROKEN = "the homeserver answers without what the specification promises"


def _read(kind: type[S], answer: Json) -> S:
    try:
        return kind.model_validate(answer)
    except ValidationError:
        raise TargetUnavailable(BROKEN) from None


def _page(answer: bytes) -> _Page:
    """A page of events, which may be nested deeper than our other parser follows."""
    try:
        return _Page.model_validate(json.loads(answer))
    except (ValueError, RecursionError):
        raise TargetUnavailable(BROKEN) from None


def _message(event: object) -> Said | None:
    """Rule 2."""
    try:
        return Said.model_validate(event)
    except ValidationError:
        return None


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

    async def post(self, key: str, card: Card) -> str:
        """Show a card; its reference is the event's id."""
        return await self._send(key, said(card_text(card)))

    async def update(self, key: str, ref: str, card: Card) -> None:
        """Edit it; a homeserver would take an edit of what was redacted too, and show nothing."""
        there = await look(self.settings, "rooms", self.settings.room, "event", ref)
        if there is None or not _read(Said, there).content.body:
            raise CardGone(f"the card {ref} was redacted")
        await self._send(key, edited(ref, card_text(card)))

    async def reply(self, key: str, ref: str, text: str) -> None:
        """Say a line in the card's thread."""
        await self._send(key, threaded(ref, text))

    async def tell(self, user: str, text: str) -> None:
        """A message in a room that only the two of us are in; Matrix has nothing else that one person alone sees."""
        place = await self._direct(user)
        once = secrets.token_hex(16)
        await call(self.settings, "PUT", "rooms", place, "send", "m.room.message", once, body=said(text))

    async def health(self) -> str:
        """Whether the token is good, we are in the room, and can read it."""
        me = _read(_Me, await call(self.settings, "GET", "account", "whoami")).user_id
        await call(self.settings, "GET", "rooms", self.settings.room, "joined_members")
        if await look(self.settings, "rooms", self.settings.room, "state", "m.room.encryption") is not None:
            raise TargetRefused(f"room `{self.settings.room}` is encrypted: what is said in it cannot be read here")
        return f"{me} in {self.settings.room}"

    async def place(self) -> str:
        """How far the room was read; where it never was, everything so far."""
        kept = await look(self.settings, *await self._place())
        if kept is not None:
            return _read(_Place, kept).token
        nothing = '{"room":{"timeline":{"limit":1}},"presence":{"types":[]}}'
        now = _read(
            _Synced, await call(self.settings, "GET", "sync", query={"filter": nothing, "timeout": "0"})
        ).next_batch
        await self.keep(now)
        return now

    async def keep(self, token: str) -> None:
        """Everything up to there is read."""
        await call(self.settings, "PUT", *await self._place(), body={"token": token})

    async def said_since(self, token: str) -> tuple[Sequence[Said], str]:
        """The next messages of others, oldest first, and up to where they are read then."""
        query = {"from": token, "dir": "f", "limit": AT_ONCE, "filter": MESSAGES}
        answer = await ask(self.settings, "GET", "rooms", self.settings.room, "messages", query=query)
        page, me = _page(answer), await self._who()
        messages = (one for one in map(_message, page.chunk) if one is not None)
        return [one for one in messages if one.sender != me], page.end or token

    async def _place(self) -> tuple[str, ...]:
        return ("user", await self._who(), "rooms", self.settings.room, "account_data", PLACE)

    async def _who(self) -> str:
        if not self._me:
            self._me = _read(_Me, await call(self.settings, "GET", "account", "whoami")).user_id
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
        made = _read(_Made, await call(self.settings, "POST", "createRoom", body=wanted)).room_id
        await call(self.settings, "PUT", *mine, body={**known, user: [made]})
        return made

    async def _send(self, key: str, content: Json) -> str:
        place = ("rooms", self.settings.room, "send", "m.room.message", key)
        return _read(_Event, await call(self.settings, "PUT", *place, body=content)).event_id
