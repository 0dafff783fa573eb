"""A Slack workspace on loopback: its Web API as far as we use it, strict about what Slack is strict about."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from pydantic import JsonValue

from engine.model.base import Json
from tests.loopback import Quiet, loopback

TOKEN, TEAM, CHANNEL, BOT = "xoxb-a-token", "T0SOC", "C0SOC", "B0FIRELINE"
APP_TOKEN = "xapp-a-token"
OPEN = "apps.connections.open"
LIMITS = {"header": 150, "section": 3000, "button": 75}


@dataclass(frozen=True)
class Trouble:
    """How the next call ends instead; with `done` it is carried out all the same, and only the answer is lost."""

    status: int = 200
    error: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    done: bool = False


@dataclass
class Workspace:
    """What stands in the channel, what one alone was told, and what was called; `active` is who looks at it now."""

    messages: list[Json] = field(default_factory=list)
    whispers: list[Json] = field(default_factory=list)
    active: set[str] = field(default_factory=set)
    views: list[Json] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    troubles: dict[str, list[Trouble]] = field(default_factory=dict)
    team: str = TEAM
    is_member: bool = True
    token: str = TOKEN
    url: str = ""
    socket: str = ""
    """Where an app in Socket Mode is sent to."""

    @property
    def cards(self) -> list[Json]:
        return [one for one in self.messages if "thread_ts" not in one]

    def thread(self, ts: JsonValue) -> list[str]:
        return [spoken(one) for one in self.messages if one.get("thread_ts") == ts]

    def carry_out(self, method: str, given: Json) -> Json:
        match method:
            case "auth.test":
                return {"team_id": self.team, "bot_id": BOT, "user": "fireline", "team": "SOC"}
            case "chat.postMessage":
                return self._post(given)
            case "chat.update":
                return self._update(given)
            case "chat.postEphemeral":
                # Whoever is not active never gets it, and nobody is told that.
                self.whispers += [given] if given["user"] in self.active else []
                return {"message_ts": "0"}
            case "views.open":
                self.views.append(given)
                return {}
            case _:
                return self._look(method, given)

    def _look(self, method: str, given: Json) -> Json:
        match method:
            case "conversations.info":
                return {"channel": {"id": given["channel"], "is_member": self.is_member, "is_archived": False}}
            case "conversations.history":
                return {"messages": [*reversed(self.cards)]}
            case "conversations.replies":
                return {"messages": [one for one in self.messages if given["ts"] in (one["ts"], one.get("thread_ts"))]}
            case _:
                return {"error": "unknown_method"}

    def rung(self, user: str) -> list[str]:
        """The texts of what rings with one user: what mentions them, and what they are told directly."""
        mention = {"type": "user", "user_id": user}
        direct = [one for one in self.whispers if one["channel"] == user]
        return [str(one["text"]) for one in (*self.messages, *direct) if one in direct or mention in _elements(one)]

    def _post(self, given: Json) -> Json:
        if str(given["channel"]).startswith("U"):
            self.whispers.append({**given, "user": given["channel"]})
            return {"ts": "0"}
        if given["channel"] != CHANNEL:
            return {"error": "channel_not_found"}
        if not self.is_member:
            return {"error": "not_in_channel"}
        ts = f"1700000000.{len(self.messages):06d}"
        self.messages.append({**given, "ts": ts, "bot_id": BOT})
        return {"ts": ts}

    def _update(self, given: Json) -> Json:
        found = [one for one in self.messages if one["ts"] == given["ts"]]
        if not found:
            return {"error": "message_not_found"}
        found[0].update(given)
        return {"ts": given["ts"]}


def spoken(message: Json) -> str:
    """Everything that a message shows, a line a text."""
    return "\n".join(str(one["text"]) for one in texts(message.get("blocks")))


def texts(value: JsonValue) -> Iterator[Json]:
    """Every text object in blocks."""
    if isinstance(value, dict):
        if value.get("type") in ("plain_text", "mrkdwn"):
            yield value
        for inside in value.values():
            yield from texts(inside)
    for inside in value if isinstance(value, list) else []:
        yield from texts(inside)


def _elements(message: Json) -> list[Json]:
    """Whom a message mentions."""
    blocks = message["blocks"]
    assert isinstance(blocks, list)
    rich = [one for one in blocks if isinstance(one, dict) and one["type"] == "rich_text"]
    return [one for block in rich for section in _list(block) for one in _list(section)]


def buttons(message: Json) -> dict[str, str]:
    """Label of a button -> what it says back, in their order."""
    blocks = message["blocks"]
    assert isinstance(blocks, list)
    found = [one for block in blocks if isinstance(block, dict) and block["type"] == "actions" for one in _list(block)]
    return {_label(one): str(one["value"]) for one in found}


def _list(block: Json) -> list[Json]:
    elements = block["elements"]
    assert isinstance(elements, list)
    return [one for one in elements if isinstance(one, dict)]


def _label(button: Json) -> str:
    text = button["text"]
    assert isinstance(text, dict)
    return str(text["text"])


def fits(given: Json) -> bool:
    """Whether Slack would take these blocks: their number, and the length of each text, none of them empty."""
    blocks = given.get("blocks", [])
    assert isinstance(blocks, list)
    short = all(0 < len(str(one["text"])) <= LIMITS["section"] for one in texts(blocks))
    heads = [one for block in blocks if isinstance(block, dict) and block["type"] == "header" for one in texts(block)]
    return short and len(blocks) <= 50 and all(len(str(one["text"])) <= LIMITS["header"] for one in heads)


@contextmanager
def workspace() -> Iterator[Workspace]:
    """A workspace for as long as the block lasts."""
    made = Workspace()

    class Handler(Quiet):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            given = _given(self.rfile.read(length), length)
            method = self.path.rpartition("/")[2]
            made.calls.append(method)
            waiting = made.troubles.get(method, [])
            trouble = waiting.pop(0) if waiting else Trouble(done=True)
            answer: Json = {"error": trouble.error}
            if self.headers["Authorization"] != f"Bearer {APP_TOKEN if method == OPEN else made.token}":
                answer = {"error": "invalid_auth"}
            elif given is None or not fits(given):
                answer = {"error": "invalid_blocks"}
            elif trouble.done:
                answer = {"url": made.socket} if method == OPEN else made.carry_out(method, given)
            self._answer(trouble, {"ok": not answer.get("error"), **answer})

        def _answer(self, trouble: Trouble, answer: Json) -> None:
            body = json.dumps(answer).encode()
            self.send_response(trouble.status)
            for name, value in {"Content-Length": str(len(body)), **trouble.headers}.items():
                self.send_header(name, value)
            with suppress(ConnectionError):
                self.end_headers()
                self.wfile.write(body)

    with loopback(Handler) as url:
        made.url = f"{url}/api/"
        yield made


def _given(sent: bytes, length: int) -> Json | None:
    """The arguments of a call; None for one that whoever sent it died over."""
    if len(sent) < length:
        return None
    return {name: _parsed(one[0]) for name, one in parse_qs(sent.decode()).items()}


def _parsed(value: str) -> JsonValue:
    """Arguments that are JSON as Slack reads them; a timestamp stays text."""
    if not value.startswith(("{", "[")):
        return value
    read: JsonValue = json.loads(value)
    return read
