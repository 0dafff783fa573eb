"""The one way by which messages leave over HTTP.

Rules: 1. A failure names the host alone: path, query and body may hold secrets. 2. No proxy and no credentials of the
environment, and no redirect: it would carry the message elsewhere. 3. However slowly or much somebody answers, it ends:
nothing is unpacked, and nothing read beyond a length.
4. The connection goes to an address that `console.outgoing.address` let pass, not to what the name says a moment later;
the certificate is still asked for the name.
"""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from functools import cache
from urllib.parse import urlsplit

import httpx

from console.outgoing.address import resolve
from engine.errors import TargetRefused, TargetUnavailable

WITHIN_S = 10.0
LONGEST_WISH = timedelta(hours=1)
LONGEST, LONGEST_LIST = 2**20, 8 * 2**20
"""Bytes of an answer, and of one that lists what others said."""
PLAIN = {"Accept-Encoding": "identity"}
LATER = frozenset({408, 425, 429})
"""Refusals that the same message may pass at another time."""


class TryLater(TargetUnavailable):
    """The receiver says for how long it does not want to hear."""

    def __init__(self, message: str, after: timedelta) -> None:
        """Not before `after` from now."""
        super().__init__(message)
        self.after = after


class Answered(TargetRefused):
    """The receiver says no; `status` is its HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        """Not to be tried again as it is."""
        super().__init__(message)
        self.status = status


@cache
def trusted() -> ssl.SSLContext:
    """The authorities whose certificates count, this system's own among them; read once, for it takes its time."""
    made = httpx.create_ssl_context(trust_env=False)
    made.load_default_certs()
    return made


async def post(
    url: str, body: bytes, headers: Mapping[str, str], within_s: float = WITHIN_S, longest: int = LONGEST
) -> bytes:
    """Send JSON, and return the answer once it is taken; raises as `exchange` does."""
    return await exchange("POST", url, body, headers, within_s, longest)


async def exchange(
    method: str,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    within_s: float = WITHIN_S,
    longest: int = LONGEST,
) -> bytes:
    """Ask for something, and return the answer.

    Raises `TargetRefused`, or `TargetUnavailable` where it may pass later.
    """
    host = _host(url)
    try:
        made = httpx.AsyncClient(verify=trusted(), trust_env=False, timeout=within_s)
        async with asyncio.timeout(within_s), made as client:
            asked = client.build_request(
                method, url, content=body, headers={"Content-Type": "application/json", **PLAIN, **headers}
            )
            response = await _send(client, asked, within_s)
            _judge(host, response)
            return await _read(host, response, longest)
    except (httpx.RequestError, TimeoutError) as error:
        raise TargetUnavailable(f"{host} does not answer: {type(error).__name__}") from None
    except (httpx.InvalidURL, ValueError) as error:
        raise TargetRefused(f"{host} cannot be sent this: {type(error).__name__}") from None


async def _read(host: str, response: httpx.Response, longest: int) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise TargetUnavailable(f"{host} answers in an encoding that it was not asked for")
    answer = bytearray()
    async for part in response.aiter_raw():
        answer += part
        if len(answer) > longest:
            raise TargetRefused(f"{host} answers more than {longest} bytes")
    return bytes(answer)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "receiver"
    except ValueError:
        return "receiver"


async def _send(client: httpx.AsyncClient, asked: httpx.Request, within_s: float) -> httpx.Response:
    """Try the host's addresses in turn until one takes the connection (rule 4); the `Host` stays what was asked.

    Each has its share of the time, so that one that lets everything fall keeps nobody from the next.
    """
    url = asked.url
    *others, last = await resolve(url.host, url.port or (443 if url.scheme == "https" else 80))
    asked.extensions["sni_hostname"] = url.host
    asked.extensions["timeout"] = {**asked.extensions["timeout"], "connect": within_s / (len(others) + 1)}

    async def send(address: str) -> httpx.Response:
        asked.url = url.copy_with(host=address)
        return await client.send(asked, stream=True)

    for address in others:
        # Nothing was said to whoever did not take the connection.
        with suppress(httpx.ConnectError, httpx.ConnectTimeout):
            return await send(address)
    return await send(last)


def _judge(host: str, response: httpx.Response) -> None:
    code, said = response.status_code, f"{host} answered {response.status_code}"
    wish = response.headers.get("retry-after", "")
    if response.is_success:
        return
    if (code in LATER or code >= 500) and wish.isascii() and wish.isdigit():
        raise TryLater(said, min(timedelta(seconds=int(wish[:9])), LONGEST_WISH))
    if code in LATER or code >= 500:
        raise TargetUnavailable(said)
    raise Answered(said, code)
