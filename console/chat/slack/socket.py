"""Socket Mode: what Slack sends over a connection that we opened, for sites that nothing outside can reach.

Rules: 1. Slack says where to connect, to whoever has the app's token; what comes over that connection is Slack's.
2. The address is looked at as that of any message of ours (`console.outgoing.address`), and must be TLS unless the Web
API of the settings is not. 3. What was sent is done before it is acknowledged: killed in between Slack sends it again,
and it is known by its trigger. 4. What we cannot read is acknowledged and not done; while the database is away nothing
is acknowledged.
"""

import asyncio
import json
import logging
import socket as sockets
from contextlib import ExitStack, suppress
from typing import Annotated, Literal
from urllib.parse import urlencode, urlsplit

from pydantic import Field, TypeAdapter, ValidationError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from console.chat.answering import Forged
from console.chat.slack.callbacks import Command
from console.chat.slack.door import SlackDoor
from console.chat.slack.web_api import SLACK, call
from console.outgoing.address import resolve
from console.outgoing.answers import Received, read
from console.outgoing.pauses import wait_after
from engine.errors import InvalidInput, StoreUnavailable, TargetError, TargetRefused
from engine.model.base import Json
from engine.model.channel import Secret
from engine.model.chat import SlackSettings

LOG = logging.getLogger("fireline")
LONGEST = 256 * 1024
WITHIN_S = 10.0
AGAIN_S = 1.0
SOURCE = "slack socket"


class _Opened(Received):
    url: str


class _Hello(Received):
    type: Literal["hello", "disconnect"]


class _Interactive(Received):
    type: Literal["interactive"]
    envelope_id: str
    payload: Json


class _Typed(Received):
    type: Literal["slash_commands"]
    envelope_id: str
    payload: Command


class _Else(Received):
    envelope_id: str


Envelope = _Interactive | _Typed
_ENVELOPE: TypeAdapter[Envelope] = TypeAdapter(Annotated[Envelope, Field(discriminator="type")])


class SlackSocket:
    """One app's connection."""

    def __init__(self, settings: SlackSettings, token: Secret, door: SlackDoor) -> None:
        """`token` is the app's, with the right to open connections; nothing is opened before `run`."""
        self._settings, self._token, self._door = settings, token, door

    async def run(self) -> None:
        """Listen until cancelled; a connection that ends is opened anew."""
        failed = 0
        while True:
            again = AGAIN_S
            try:
                await self.listen()
                failed = 0
            except (TargetError, InvalidInput, StoreUnavailable, WebSocketException, OSError) as error:
                failed += 1
                again = max(AGAIN_S, wait_after(error, failed).total_seconds())
                LOG.warning("room %s is not heard: %s", self._settings.name, error)
            # Also after a clean end: one that comes at once must not have us ask again and again.
            await asyncio.sleep(again)

    async def listen(self) -> None:
        """Open one connection, and take in what comes over it until Slack wants another."""
        url = await self._where()
        async with await _connected(url) as socket:
            async for message in socket:
                if not await self._hear(socket, message):
                    return

    async def _where(self) -> str:
        url = read(_Opened, await call(self._settings, "apps.connections.open", {}, self._token), SLACK).url
        plain = self._settings.url.startswith("http://")
        if not url.startswith("wss://") and not (plain and url.startswith("ws://")):
            raise TargetRefused("slack says an address without TLS")
        return url

    async def _hear(self, socket: ClientConnection, message: str | bytes) -> bool:
        """Do what one message asks; False once Slack wants another connection."""
        if _is_goodbye(message):
            return False
        try:
            envelope = _ENVELOPE.validate_json(message)
        except ValidationError:
            await _acknowledge(socket, _id_of(message), {})
            return True
        try:
            answer = await self._answer(envelope)
        except (Forged, InvalidInput) as error:
            LOG.warning("room %s: %s", self._settings.name, error)
            answer = {}
        await _acknowledge(socket, envelope.envelope_id, answer)
        return True

    async def _answer(self, envelope: Envelope) -> Json:
        if isinstance(envelope, _Typed):
            event = envelope.payload.trigger_id or envelope.envelope_id
            return await self._door.command(envelope.payload, SOURCE, f"socket/{event}")
        body = urlencode({"payload": json.dumps(envelope.payload)}).encode()
        return await self._door.interaction(body, SOURCE, f"socket/{_trigger(envelope)}")


def _trigger(envelope: _Interactive) -> str:
    """What tells what somebody did from all else, also when it is sent again."""
    trigger = envelope.payload.get("trigger_id")
    return trigger if isinstance(trigger, str) else envelope.envelope_id


async def _connected(url: str) -> ClientConnection:
    """A connection to the first address of the host that takes one; only to be reached each has a share of the time."""
    host, port = urlsplit(url).hostname or "", urlsplit(url).port or (443 if url.startswith("wss") else 80)
    async with asyncio.timeout(WITHIN_S):
        *others, last = await resolve(host, port)
        for address in others:
            with suppress(OSError):
                return await _greeted(url, await _reached(address, port, WITHIN_S / (len(others) + 1)))
        return await _greeted(url, await _reached(last, port, WITHIN_S))


async def _reached(address: str, port: int, within_s: float) -> sockets.socket:
    """One round trip: an address that is silent leaves the others their time."""
    with ExitStack() as unless_reached:
        made = unless_reached.enter_context(sockets.socket(sockets.AF_INET6 if ":" in address else sockets.AF_INET))
        made.setblocking(False)
        async with asyncio.timeout(within_s):
            await asyncio.get_running_loop().sock_connect(made, (address, port))
        unless_reached.pop_all()
    return made


async def _greeted(url: str, reached: sockets.socket) -> ClientConnection:
    """TLS and the first words, several round trips; they have all the time that is left."""
    return await connect(url, sock=reached, max_size=LONGEST, open_timeout=None, proxy=None, compression=None)


def _is_goodbye(message: str | bytes) -> bool:
    try:
        return _Hello.model_validate_json(message).type == "disconnect"
    except ValidationError:
        return False


def _id_of(message: str | bytes) -> str:
    """The envelope that something unknown came in; empty where it came in none."""
    try:
        return _Else.model_validate_json(message).envelope_id
    except ValidationError:
        return ""


async def _acknowledge(socket: ClientConnection, envelope_id: str, answer: Json) -> None:
    if envelope_id:
        await socket.send(json.dumps({"envelope_id": envelope_id, **({"payload": answer} if answer else {})}))
