"""Whatever somebody answers, or settings hold, is an error that whoever sends expects."""

import asyncio
import gzip
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from console.outgoing import web
from console.outgoing.web import post
from engine.errors import TargetError, TargetRefused, TargetUnavailable
from tests.console.outgoing.certificates import certificate
from tests.console.outgoing.receiver import Answer, receiving

ENDS = (nullcontext(), pytest.raises(TargetRefused, match="more than 100 bytes"))
COMPRESSED = {"Content-Encoding": "gzip"}


async def test_an_answer_that_is_not_what_it_says_may_pass_later() -> None:
    with receiving(Answer(200, COMPRESSED, body=b"garbage")) as receiver:
        with pytest.raises(TargetUnavailable):
            await post(receiver.url, b"{}", {})
        assert receiver.headers[0]["Accept-Encoding"] == "identity"


async def test_what_is_compressed_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(2**20))
    with receiving(Answer(200, COMPRESSED, body=bomb)) as receiver, pytest.raises(TargetUnavailable, match="encoding"):
        await post(receiver.url, b"{}", {})


@pytest.mark.parametrize("more", [0, 1])
async def test_an_answer_is_read_up_to_a_length(more: int) -> None:
    with receiving(Answer(200, body=bytes(100 + more))) as receiver, ENDS[more]:
        assert len(await post(receiver.url, b"{}", {}, longest=100)) == 100


async def test_a_secret_that_no_header_can_hold_is_refused_and_not_shown() -> None:
    with receiving() as receiver:
        with pytest.raises(TargetRefused) as refused:
            await post(receiver.url, b"{}", {"Authorization": "Bearer xoxb-…"})
        assert ("xoxb" in str(refused.value), receiver.bodies) == (False, [])


async def test_an_address_that_is_none_is_an_error_of_the_target() -> None:
    with pytest.raises(TargetError):
        await post("https://[fe80/api/", b"{}", {})


async def test_an_address_that_lets_everything_fall_leaves_it_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    async def two(host: str, port: int) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    monkeypatch.setattr(web, "resolve", two)
    with receiving() as receiver, full("127.0.0.2", urlsplit(receiver.url).port or 0):
        await post(receiver.url.replace("127.0.0.1", "receiver.example"), b"{}", {}, within_s=2)
        assert receiver.bodies == [b"{}"]


@contextmanager
def full(host: str, port: int) -> Iterator[None]:
    """A listener that takes no more connections and refuses none, as one behind a filter."""
    with ExitStack() as held:
        listener = held.enter_context(socket.socket())
        listener.bind((host, port))
        listener.listen(0)
        for _ in range(8):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex((host, port))
        yield


async def test_an_authority_that_the_system_trusts_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, key = certificate(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setattr(web, "trusted", cache(web.trusted.__wrapped__))
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(file, key)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n{}")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=served) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        assert await post(url, b"{}", {}) == b"{}"


def test_authorities_are_read_once() -> None:
    assert web.trusted() is web.trusted()
