"""Syslog by TLS (RFC 5425): messages of RFC 5424, each behind its length.

Rules: 1. The receiver's certificate is verified, and good for its host name; TLS 1.2 at least. 2. Syslog answers
nothing, so each batch has a connection of its own, and counts as taken once the receiver has closed it in turn: a peer
that dies with bytes unread resets the connection, and they are sent again. 3. The private key is its owner's alone.
"""

import asyncio
import os
import ssl
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from console.outgoing.address import resolve
from console.outgoing.web import WITHIN_S
from engine.digest import canonical
from engine.errors import InvalidInput, TargetUnavailable
from engine.model.base import Json
from engine.model.siem import SyslogTlsSettings

FACILITY = 13 * 8
"""Log audit."""
READ = 65536
LEVELS = {1: 6, 2: 5, 3: 4, 4: 3, 5: 2}
"""OCSF's severity as syslog's."""


class SyslogTls:
    """One receiver."""

    at_once = 100

    def __init__(self, settings: SyslogTlsSettings, within_s: float = WITHIN_S) -> None:
        """Nothing is opened before the first event; all of a batch has to be taken `within_s`."""
        self.settings, self._within_s = settings, within_s

    async def send(self, events: Sequence[Json]) -> None:
        """One connection for all of them."""
        await self._converse(b"".join(framed(event) for event in events))

    async def health(self) -> str:
        """Whether a connection is taken, certificates and all."""
        await self._converse(b"")
        return f"{self.settings.host}:{self.settings.port} takes connections"

    async def _converse(self, said: bytes) -> None:
        where = f"syslog at {self.settings.host}:{self.settings.port}"
        try:
            async with asyncio.timeout(self._within_s):
                await self._say(said, context(self.settings))
        except ssl.SSLCertVerificationError as error:
            raise TargetUnavailable(f"{where} shows no certificate that is good: {error.verify_message}") from None
        except (OSError, TimeoutError) as error:
            raise TargetUnavailable(f"{where} is away: {type(error).__name__}") from None

    async def _say(self, said: bytes, secured: ssl.SSLContext) -> None:
        reader, writer = await self._connected()
        try:
            await Conversation(reader, writer, secured, self.settings.host).hold(said)
        finally:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """By the first of the host's addresses that takes the connection, each having its share of the time."""
        port = self.settings.port
        *others, last = await resolve(self.settings.host, port)
        for address in others:
            with suppress(OSError):
                async with asyncio.timeout(self._within_s / (len(others) + 1)):
                    return await asyncio.open_connection(address, port)
        return await asyncio.open_connection(last, port)


class Conversation:
    """One connection, from its handshake to the receiver's farewell.

    The TLS is ours and not asyncio's, which does not tell how a connection ended.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, secured: ssl.SSLContext, host: str
    ) -> None:
        """Nothing is said yet."""
        self._reader, self._writer = reader, writer
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = secured.wrap_bio(self._in, self._out, server_hostname=host)

    async def hold(self, said: bytes) -> None:
        """Return once the receiver has closed after all of it; raise `OSError` where it ends otherwise (rule 2)."""
        await self._until(self._tls.do_handshake)
        await self._flush()
        rest = memoryview(said)
        while rest:
            rest = rest[self._tls.write(rest) :]
            await self._flush()
        with suppress(ssl.SSLWantReadError):
            self._tls.unwrap()
        await self._flush()
        # A fatal alert ends `unwrap` as a farewell does, so it is `read` that hears how they close. Some do without a
        # farewell of TLS: had they left bytes unread, this were a reset.
        with suppress(ssl.SSLZeroReturnError, ssl.SSLEOFError):
            while await self._until(self._tls.read):
                pass
        # A reset may still follow a farewell that was said before all was read.
        while await self._reader.read(READ):
            pass

    async def _until(self, step: Callable[[], bytes | None]) -> bytes | None:
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                await self._flush()
                heard = await self._reader.read(READ)
                self._in.write(heard)
                if not heard:
                    self._in.write_eof()

    async def _flush(self) -> None:
        self._writer.write(self._out.read())
        await self._writer.drain()


def context(settings: SyslogTlsSettings) -> ssl.SSLContext:
    """Rule 1; raise `InvalidInput` where what the settings name cannot be used."""
    try:
        made = ssl.create_default_context(cafile=settings.ca)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.certificate is not None and settings.key is not None:
            _require_private(settings.key)
            made.load_cert_chain(settings.certificate, settings.key)
    except OSError as error:
        raise InvalidInput(f"the certificates of `{settings.name}` cannot be used: {error.strerror or error}") from None
    return made


def _require_private(path: str) -> None:
    if stat.S_IMODE(os.stat(path).st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise InvalidInput(f"the key `{path}` may be read by others: chmod 600 it")


def framed(event: Json) -> bytes:
    """`LENGTH SP MESSAGE`, the length in octets (RFC 5425, 4.3)."""
    metadata, severity, at = event["metadata"], event["severity_id"], event["time"]
    assert isinstance(metadata, dict) and isinstance(severity, int) and isinstance(at, int)
    when = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
    head = f"<{FACILITY + LEVELS[severity]}>1 {when} - fireline - {metadata['event_code']} - "
    message = head.encode() + canonical(event)
    return str(len(message)).encode() + b" " + message
