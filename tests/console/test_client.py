"""The commands' side of the wire: whom they speak to, and what they make of an answer."""

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from console.client import ADDRESS_FILE, EngineClient
from engine.errors import Denied, FirelineError, InvalidInput, ServiceAway
from engine.settings import Settings, load


class Answering(HTTPServer):
    """Answers everything alike, and remembers who asked."""

    status, body = 200, b"{}"
    tokens: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    pages: tuple[bytes, ...] = ()
    """Given in turn, before `body`."""


class Handler(BaseHTTPRequestHandler):
    """One answer."""

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Answering)
        server.tokens = (*server.tokens, self.headers["Authorization"])
        server.paths = (*server.paths, self.path)
        body, server.pages = (server.pages or (server.body,))[0], server.pages[1:]
        self.send_response(server.status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Answering]:
    with Answering(("127.0.0.1", 0), Handler) as answering:
        thread = threading.Thread(target=answering.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield answering
        answering.shutdown()
        thread.join()


@pytest.fixture
def settings(home: Path) -> Settings:
    found = load()
    found.make_directories()
    found.token_file.write_text("fl_secret\n")
    return found


def announced(settings: Settings, server: Answering, pid: int) -> Settings:
    url = f"http://127.0.0.1:{server.server_port}"
    (settings.run_dir / ADDRESS_FILE).write_text(json.dumps({"url": url, "pid": pid}))
    return settings


def test_it_speaks_with_the_home_s_token(settings: Settings, server: Answering) -> None:
    assert EngineClient(announced(settings, server, os.getpid())).get("/status") == {}
    assert server.tokens == ("Bearer fl_secret",)


def test_a_token_of_the_environment_wins(
    settings: Settings, server: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRELINE_TOKEN", "fl_other")
    EngineClient(announced(settings, server, os.getpid())).get("/status")
    assert server.tokens == ("Bearer fl_other",)
    assert load().home == settings.home


def test_a_stranger_on_the_port_of_a_killed_engine_gets_no_token(settings: Settings, server: Answering) -> None:
    gone = _ended()
    with pytest.raises(ServiceAway, match="start one with `fireline up`"):
        EngineClient(announced(settings, server, gone))
    assert server.tokens == ()


def test_beside_a_temporal_elsewhere_it_is_the_engine_alone_that_is_to_be_started(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.example:7233")
    with pytest.raises(ServiceAway, match="start one with `fireline serve`"):
        EngineClient(load())


def _ended() -> int:
    """The id of a process that is no more."""
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(pid, 0)
    return pid


def test_no_proxy_of_the_environment_gets_the_token(
    settings: Settings, server: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert EngineClient(announced(settings, server, os.getpid())).get("/status") == {}


@pytest.mark.parametrize("written", ["", "{", "{}", '{"url": "http://x"}'])
def test_a_damaged_address_is_no_engine(settings: Settings, written: str) -> None:
    (settings.run_dir / ADDRESS_FILE).write_text(written)
    with pytest.raises(ServiceAway, match="no engine runs"):
        EngineClient(settings)


def test_without_a_token_it_says_what_to_do(settings: Settings, server: Answering) -> None:
    settings.token_file.unlink()
    with pytest.raises(InvalidInput, match="fireline init"):
        EngineClient(announced(settings, server, os.getpid()))


@pytest.mark.parametrize(
    ("status", "body", "error", "said"),
    [
        (401, b'{"detail": "a valid token is needed"}', Denied, "not valid here"),
        (403, b'{"title": "no", "exit_code": 1}', Denied, "no"),
        (422, b'{"title": "bad", "exit_code": 2}', InvalidInput, "bad"),
        (503, b'{"title": "away", "exit_code": 3}', ServiceAway, "away"),
        (500, b"Internal Server Error", ServiceAway, "answered 500"),
        (404, b'{"detail": "Not Found"}', ServiceAway, "something else answers there"),
    ],
)
def test_a_refusal_becomes_the_error_it_names(
    settings: Settings, server: Answering, status: int, body: bytes, error: type[FirelineError], said: str
) -> None:
    server.status, server.body = status, body
    with pytest.raises(error, match=said):
        EngineClient(announced(settings, server, os.getpid())).get("/status")


def test_an_engine_that_does_not_answer_is_away(settings: Settings, server: Answering) -> None:
    client = EngineClient(announced(settings, server, os.getpid()))
    server.server_close()
    with pytest.raises(ServiceAway, match="does not answer"):
        client.get("/status")


def test_a_list_comes_whole_however_many_pages_it_has(settings: Settings, server: Answering) -> None:
    server.pages = (
        b'{"leases": [1, 2], "next": "L-2"}',
        b'{"leases": [3], "next": "L-3"}',
        b'{"leases": [4], "next": null}',
    )
    engine = EngineClient(announced(settings, server, os.getpid()))
    assert engine.get("/leases", all=True) == {"leases": [1, 2, 3, 4]}
    assert server.paths == (
        "/api/v1/leases?all=true",
        "/api/v1/leases?all=true&after=L-2",
        "/api/v1/leases?all=true&after=L-3",
    )
