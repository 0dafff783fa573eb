"""A Mattermost server on loopback, after its public API reference: its REST API (v4) as far as we use it.

Like the real one it keeps what buttons carry to itself, signs a trigger for each thing that a user does, opens a form
only for such a trigger, and shows deleted posts to nobody.
"""

import json
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import JsonValue

from engine.model.base import Json
from tests.loopback import Quiet, loopback

TOKEN, COMMAND_TOKEN = "a-bot-token", "a-command-token"
LIMIT = 16383
NOT_FOUND: tuple[int, Json] = (404, {"id": "api.context.404.app_error"})


def named(word: str) -> str:
    """An id of 26 letters, as they all are there."""
    return word.replace("-", "").ljust(26, "x")


TEAM, CHANNEL, BOT = named("team"), named("channel"), named("fireline")


@dataclass
class Server:
    """What stands there; `troubles` are statuses that the next calls of a method end with, by method and path's end."""

    posts: dict[str, Json] = field(default_factory=dict)
    dialogs: list[Json] = field(default_factory=list)
    troubles: dict[str, list[int]] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=lambda: {named(one): one for one in ("anna", "jonas")})
    token: str = TOKEN
    team: str = TEAM
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    url: str = ""

    @property
    def cards(self) -> list[Json]:
        return [one for one in self.posts.values() if one["channel_id"] == CHANNEL and not one.get("root_id")]

    def under(self, ref: JsonValue) -> list[Json]:
        return [one for one in self.posts.values() if one.get("root_id") == ref]

    def told(self, user: str) -> list[Json]:
        return [one for one in self.posts.values() if one["channel_id"] == f"{BOT}__{user}"]

    def rung(self, user: str) -> list[Json]:
        """What rings with one user: what mentions them by name, and what they are told directly."""
        mention = re.compile(rf"(?<!\S)@{re.escape(self.names[user])}(?!\S)")
        mentioning = [one for one in self.posts.values() if mention.search(str(one["message"]))]
        return [*mentioning, *self.told(user)]

    def trigger(self, user: str, now: datetime, key: EllipticCurvePrivateKey | None = None) -> str:
        """What the server signs for something that a user does."""
        said = f"{secrets.token_hex(13)}:{user}:{int(now.timestamp() * 1000)}:"
        signature = (key or self.key).sign(said.encode(), ECDSA(SHA256()))
        return b64encode(said.encode() + b64encode(signature)).decode()

    def pressed(self, user: str, card: Json, label: str, now: datetime) -> Json:
        """What the server sends where a user presses a button."""
        return {
            "user_id": user, "user_name": "anna", "channel_id": card["channel_id"], "team_id": self.team,
            "post_id": card["id"], "trigger_id": self.trigger(user, now), "type": "", "data_source": "",
            "context": context(card, label),
        }  # fmt: skip

    def submitted(self, user: str, reason: str, dialog: Json | None = None) -> Json:
        """What the server sends where a user submits a form; all but who they are comes from their client."""
        shown = (dialog or self.dialogs[-1])["dialog"]
        assert isinstance(shown, dict)
        return {
            "type": "dialog_submission", "callback_id": shown["callback_id"], "state": shown["state"], "user_id": user,
            "channel_id": CHANNEL, "team_id": self.team, "submission": {"reason": reason}, "cancelled": False,
        }  # fmt: skip

    def answer(self, method: str, path: list[str], body: JsonValue) -> tuple[int, JsonValue]:
        match method, path:
            case "GET", ["users", "me"]:
                return 200, {"id": BOT, "username": "fireline"}
            case "GET", ["config", "client"]:
                return 200, {"AsymmetricSigningPublicKey": self.published(), "Version": "10.5.0"}
            case "GET", ["channels", id]:
                return 200, {"id": id, "team_id": TEAM, "name": "soc", "delete_at": 0}
            case "GET", ["channels", id, "posts"]:
                return 200, self._listed([one for one in self.posts.values() if one["channel_id"] == id])
            case "GET", ["posts", id, "thread"] if id in self.posts:
                return 200, self._listed([self.posts[id], *self.under(id)])
            case "GET", ["posts", id] if id in self.posts:
                return 200, shown_to_clients(self.posts[id])
            case "POST" | "PUT", _:
                return self.change(path, body)
        return NOT_FOUND

    def change(self, path: list[str], body: JsonValue) -> tuple[int, JsonValue]:
        match path, body:
            case ["users", "ids"], list():
                return 200, [{"id": one, "username": self.names[str(one)]} for one in body if one in self.names]
            case ["channels", "direct"], [str(us), str(user)]:
                return 201, {"id": f"{us}__{user}"}
            case ["posts"], dict():
                return self._post(body)
            case ["posts", id, "patch"], dict():
                return self._patch(id, body)
            case ["actions", "dialogs", "open"], dict():
                return self._open(body)
        return NOT_FOUND

    def published(self) -> str:
        public = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return b64encode(public).decode()

    def _post(self, body: Json) -> tuple[int, Json]:
        if len(str(body["message"])) > LIMIT:
            return 400, {"id": "model.post.is_valid.message_length.app_error"}
        id = named(f"post{len(self.posts)}q")
        self.posts[id] = {"id": id, "user_id": BOT, "root_id": "", "props": {}, **body}
        return 201, shown_to_clients(self.posts[id])

    def _open(self, body: Json) -> tuple[int, Json]:
        """Show a form to whom the trigger names, and to nobody else."""
        name, user, made, signature = b64decode(str(body["trigger_id"])).decode().split(":")
        self.key.public_key().verify(b64decode(signature), f"{name}:{user}:{made}:".encode(), ECDSA(SHA256()))
        self.dialogs.append({**body, "user": user})
        return 200, {"status": "OK"}

    def _patch(self, id: str, body: Json) -> tuple[int, Json]:
        if id not in self.posts:
            return 403, {"id": "api.context.permissions.app_error"}
        self.posts[id].update(body)
        return 200, shown_to_clients(self.posts[id])

    def _listed(self, posts: list[Json]) -> Json:
        shown = {str(one["id"]): shown_to_clients(one) for one in posts}
        return {"order": [*reversed(shown)], "posts": shown}  # type: ignore[dict-item]


def attachments(post: Json) -> list[Json]:
    """The attachments of a post."""
    props = post["props"]
    assert isinstance(props, dict)
    found = props.get("attachments", [])
    assert isinstance(found, list)
    return [one for one in found if isinstance(one, dict)]


def buttons(post: Json) -> list[Json]:
    """The buttons of a card, in their order."""
    actions = [one.get("actions", []) for one in attachments(post)]
    return [one for some in actions if isinstance(some, list) for one in some if isinstance(one, dict)]


def context(card: Json, label: str) -> Json:
    """What the button of this label carries."""
    [integration] = [one["integration"] for one in buttons(card) if one["name"] == label]
    assert isinstance(integration, dict)
    carried = integration["context"]
    assert isinstance(carried, dict)
    return deepcopy(carried)


def shown_to_clients(post: Json) -> Json:
    """A post without what its buttons carry, and where they lead."""
    shown = deepcopy(post)
    for button in buttons(shown):
        button.pop("integration", None)
    return shown


@contextmanager
def mattermost() -> Iterator[Server]:
    """A server for as long as the block lasts."""
    made = Server()

    class Handler(Quiet):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path.removeprefix("/api/v4/").split("/")
            length = int(self.headers.get("Content-Length") or 0)
            body: JsonValue = json.loads(self.rfile.read(length) or b"null")
            call = f"{self.command} {path[-1]}"
            waiting = made.troubles.get(call, [])
            status = waiting.pop(0) if waiting else 0
            answer: JsonValue = {}
            if self.headers["Authorization"] != f"Bearer {made.token}":
                status = 401
            if not status or call in made.done:
                fine, answer = made.answer(self.command, path, body)
                status = status or fine
            self._answer(status, answer)

        do_POST = do_PUT = do_GET

        def _answer(self, status: int, answer: JsonValue) -> None:
            said = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

    with loopback(Handler) as url:
        made.url = url
        yield made
