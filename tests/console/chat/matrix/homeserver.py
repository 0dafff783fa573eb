"""A real Synapse on loopback, with users of its own, for as long as a block lasts."""

import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from pydantic import JsonValue

from engine.model.base import Json
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.processes import until

OURS = Path(__file__).parents[4] / ".servers" / "bin"
MISSING = "`synapse_homeserver` is not installed: make servers"
PEOPLE = ("anna", "jonas", "eve")
RATE = {"per_second": 10_000, "burst_count": 10_000}


def synapse() -> str:
    """Where Synapse is; without it the test is skipped, in CI it fails."""
    found = shutil.which("synapse_homeserver", path=f"{OURS}:{os.environ['PATH']}")
    if found is None and os.environ.get("FIRELINE_REQUIRE_REAL") == "1":
        pytest.fail(MISSING)
    return found or pytest.skip(MISSING)


@dataclass
class Homeserver:
    """One server; `users` are names and their tokens."""

    folder: Path
    program: str
    port: int
    users: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        with (self.folder / "out.log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.program, "-c", str(self.folder / "homeserver.json")],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        until(self._answers, "the homeserver answers")

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(PATIENCE_S)

    def register(self, name: str) -> str:
        """A user's token."""
        given: Json = {"username": name, "password": "x", "auth": {"type": "m.login.dummy"}}
        token = str(self.ask("POST", "register", given)["access_token"])
        self.users[name] = token
        return token

    def ask(self, method: str, path: str, body: Json | None = None, by: str | None = None) -> Json:
        headers = {} if by is None else {"Authorization": f"Bearer {self.users[by]}"}
        place = f"{self.url}/_matrix/client/v3/{path}"
        answer = httpx.request(method, place, json=body, headers=headers, trust_env=False, timeout=PATIENCE_S)
        assert answer.is_success, answer.text
        found: Json = answer.json()
        return found

    def rung(self, user: str) -> list[tuple[str, str]]:
        """What rings with one person in any room as meant for them, by the push rules that everybody begins with."""
        noted = self.ask("GET", "notifications?limit=100&only=highlight", by=user)["notifications"]
        found = [one for one in reversed(noted if isinstance(noted, list) else []) if isinstance(one, dict)]
        said = [(str(one["room_id"]), _content(_event(one))) for one in found]
        return [(room, str(content["body"])) for room, content in said if "body" in content]

    def _answers(self) -> bool | None:
        try:
            return httpx.get(f"{self.url}/_matrix/client/versions", trust_env=False).is_success or None
        except httpx.TransportError:
            return None


@dataclass
class Place:
    """One room as those in it see and use it."""

    server: Homeserver
    id: str
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def say(self, user: str, body: str, **more: object) -> str:
        """Say something; the event's id."""
        content = json.loads(json.dumps({"msgtype": "m.text", "body": body, **more}))
        path = f"rooms/{self.id}/send/m.room.message/{user}-{next(self._numbers)}"
        return str(self.server.ask("PUT", path, content, by=user)["event_id"])

    def events(self, by: str = "anna") -> list[Json]:
        """Every message that was sent, oldest first."""
        found = self.server.ask("GET", f"rooms/{self.id}/messages?dir=b&limit=200", by=by)["chunk"]
        assert isinstance(found, list)
        return [one for one in reversed(found) if isinstance(one, dict) and one["type"] == "m.room.message"]

    def ours(self, by: str = "anna") -> list[Json]:
        """What we said: the contents, with the event's id, edits in their own right."""
        said = [one for one in self.events(by) if one["sender"] == "@fireline:localhost"]
        return [{**_content(one), "id": one["event_id"]} for one in said]

    def cards(self) -> list[Json]:
        return [one for one in self.ours() if "m.relates_to" not in one]

    def shown(self, card: str) -> str:
        """What a client shows of a card: its last edit."""
        edits = [one["m.new_content"] for one in self.ours() if _relation(one) == ("m.replace", card)]
        last = edits[-1] if edits else next(one for one in self.ours() if one["id"] == card)
        assert isinstance(last, dict)
        return str(last["body"])

    def told(self, user: str) -> list[str]:
        """What one person was told alone."""
        joined = self.server.ask("GET", "sync?timeout=0", by=user)["rooms"]
        invited = joined.get("invite", {}) if isinstance(joined, dict) else {}
        for room in invited if isinstance(invited, dict) else {}:
            self.server.ask("POST", f"rooms/{room}/join", {}, by=user)
        direct = self.server.ask("GET", "user/@fireline:localhost/account_data/m.direct", by="fireline")
        rooms = direct[f"@{user}:localhost"]
        assert isinstance(rooms, list)
        return [str(one["body"]) for one in Place(self.server, str(rooms[0])).ours(user)]

    def rung(self, user: str) -> list[str]:
        """What rings with one person here as meant for them, oldest first."""
        return [said for room, said in self.server.rung(user) if room == self.id]

    def thread(self, card: str) -> list[str]:
        return [str(one["body"]) for one in self.ours() if _relation(one) == ("m.thread", card)]


def _event(notification: JsonValue) -> Json:
    assert isinstance(notification, dict)
    event = notification["event"]
    assert isinstance(event, dict)
    return event


def _content(event: Json) -> Json:
    content = event["content"]
    assert isinstance(content, dict)
    return content


def _relation(content: Json) -> tuple[object, object]:
    related = content.get("m.relates_to")
    return (related.get("rel_type"), related.get("event_id")) if isinstance(related, dict) else (None, None)


@contextmanager
def homeserver(folder: Path) -> Iterator[Homeserver]:
    """A server of its own, without federation and without limits."""
    program = synapse()
    port = free_port()
    resources = [{"names": ["client"], "compress": False}]
    settings = {
        "server_name": "localhost",
        "listeners": [
            {"bind_addresses": ["127.0.0.1"], "port": port, "type": "http", "tls": False, "resources": resources}
        ],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
        "media_store_path": str(folder / "media"),
        "signing_key_path": str(folder / "signing.key"),
        "trusted_key_servers": [],
        "federation_domain_whitelist": [],
        "macaroon_secret_key": "m",
        "form_secret": "f",
        "report_stats": False,
        "enable_registration": True,
        "enable_registration_without_verification": True,
        "presence": {"enabled": False},
        "rc_message": RATE,
        "rc_registration": RATE,
        "rc_login": {"address": RATE, "account": RATE, "failed_attempts": RATE},
        "rc_joins": {"local": RATE, "remote": RATE},
        "rc_invites": {"per_room": RATE, "per_user": RATE, "per_issuer": RATE},
        "rc_room_creation": RATE,
    }
    (folder / "homeserver.json").write_text(json.dumps(settings))
    generate = [program, "-c", str(folder / "homeserver.json"), "--generate-keys"]
    subprocess.run(generate, cwd=folder, check=True, capture_output=True, timeout=PATIENCE_S)
    made = Homeserver(folder, program, port)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def meeting(server: Homeserver, *people: str) -> Place:
    """A room of ours with these people in it."""
    wanted: Json = {"preset": "private_chat", "invite": [f"@{name}:localhost" for name in people], "name": "SOC"}
    made = Place(server, str(server.ask("POST", "createRoom", wanted, by="fireline")["room_id"]))
    for name in people:
        server.ask("POST", f"rooms/{made.id}/join", {}, by=name)
    return made
