"""Somebody's own screen on loopback that shows cards: takes what is signed, under each key once."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from engine.model.base import Json
from tests.loopback import Quiet, loopback

SECRET, ANSWERS = "a-hook-secret", "an-answers-secret"


@dataclass
class Board:
    """What it was told, in order; `status` is how it answers instead."""

    secret: str = SECRET
    told: list[Json] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    url: str = ""

    def take(self, key: str, said: Json) -> int:
        if said.get("card") in self.gone:
            return 410
        if key not in self.keys:
            self.keys.add(key)
            self.told.append(said)
        return 202

    def of(self, *events: str) -> list[Json]:
        return [one for one in self.told if one["event"] in events]

    def cards(self) -> dict[str, Json]:
        """Each as it stands now."""
        shown = {str(one["card"]): one for one in self.of("card", "card.changed")}
        return {ref: one for ref, one in shown.items() if ref not in self.gone}

    def is_signed(self, stamp: str, signed: str, body: bytes) -> bool:
        made = hmac.new(self.secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        return stamp.isdigit() and hmac.compare_digest(signed, f"v1={made}")


@contextmanager
def board() -> Iterator[Board]:
    """One for as long as the block lasts."""
    made = Board()

    class Handler(Quiet):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            signed = made.is_signed(self.headers["Fireline-Timestamp"], self.headers["Fireline-Signature"], body)
            status = made.take(self.headers["Idempotency-Key"], json.loads(body)) if signed else 401
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with loopback(Handler) as url:
        made.url = f"{url}/cards"
        yield made
