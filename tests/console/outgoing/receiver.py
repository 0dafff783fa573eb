"""A real HTTP server on loopback that answers as it is told, and remembers what came."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message as Headers
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from engine.model.base import Json
from tests.patience import PATIENCE_S


@dataclass(frozen=True)
class Answer:
    """A status, headers and a body with it, and whether it is held back until the receiver is let go."""

    status: int = 202
    headers: dict[str, str] = field(default_factory=dict)
    slow: bool = False
    body: bytes = b""


@dataclass
class Receiver:
    """`answers` are given in turn, then 202."""

    answers: list[Answer] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[Headers] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    @property
    def told(self) -> list[Json]:
        return [json.loads(body) for body in self.bodies]


@contextmanager
def receiving(*answers: Answer, port: int = 0) -> Iterator[Receiver]:
    """A receiver for as long as the block lasts."""
    made = Receiver([*answers])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            made.headers.append(self.headers)
            answer = made.answers.pop(0) if made.answers else Answer()
            waited = made.released.wait(PATIENCE_S) if answer.slow else True
            assert waited
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is logged."""

        def handle(self) -> None:
            try:
                super().handle()
            except (BrokenPipeError, ConnectionResetError):
                """Whoever asked has given up."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_port}/in/secret-path"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield made
        finally:
            made.released.set()
            server.shutdown()
            thread.join()
