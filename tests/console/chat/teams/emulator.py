"""Microsoft's side on loopback: the login, the list of keys, and the Bot Connector as far as we use it.

Written from its public documentation (Bot Framework REST API reference; "Status codes from bot conversational APIs";
"Format your bot messages"), and as strict as that is.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote

from pydantic import JsonValue

from engine.model.base import Json
from tests.console.chat.slack.emulator import Trouble
from tests.loopback import Quiet, loopback

APP, TENANT = "3738fe3d-bca2-479d-8e45-1660de89ee41", "3f3d1cea-7a18-41af-872b-cfbbd5140984"
CHANNEL = "19:LydFnezGKSkhYoiLNP6kZ8AuXQr36EDAkvG9CNJSPKc1@thread.tacv2"
SECRET, TOKEN = "an-app-secret", "a-token"
OBJECT = "00000000-0000-4000-8abc-{:012d}"
MOST_BYTES = 100 * 1024
"""Of a message, in UTF-16."""
ELEMENTS = {
    "AdaptiveCard", "RichTextBlock", "TextRun", "ActionSet", "Action.ShowCard", "Action.Execute", "Input.Text",
    "TextBlock", "mention",
}  # fmt: skip
Answer = tuple[int, Json]


@dataclass
class Teams:
    """What stands in the channel, what was said to one alone, and what was called."""

    messages: list[Json] = field(default_factory=list)
    whispers: list[Json] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    troubles: dict[str, list[Trouble]] = field(default_factory=dict)
    keys: list[Json] = field(default_factory=list)
    token: str = TOKEN
    lasts: int = 3600
    url: str = ""

    @property
    def cards(self) -> list[Json]:
        return [one for one in self.messages if "under" not in one]

    def thread(self, ref: JsonValue) -> list[str]:
        return [str(one["text"]) for one in self.messages if one.get("under") == ref]

    def rung(self, user: str) -> list[str]:
        """The notifications of what rings with one user: cards that mention them, and what they are told alone."""
        cards = [one for one in self.cards if user in mentioned(one)]
        return [str(one["summary"]) for one in cards] + [str(one["text"]) for one in self.whispers if one["to"] == user]

    def carry_out(self, method: str, place: list[str], given: Json) -> Answer:
        match method, place:
            case "POST", []:
                return self._begin(given)
            case "POST", [conversation, "activities"]:
                return self._reply(conversation.partition(";messageid=")[2], given)
            case "PUT", [conversation, "activities", ref] if conversation == f"{CHANNEL};messageid={ref}":
                return self._update(ref, given)
            case "GET", [conversation, "pagedmembers"] if conversation == CHANNEL:
                return 200, {"members": []}
            case "GET", [conversation, "members", person] if conversation == CHANNEL:
                return 200, {"id": f"29:{person}", "aadObjectId": person, "tenantId": TENANT}
            case _:
                return refused(404, "ConversationNotFound")

    def _begin(self, given: Json) -> Answer:
        said, members = given.get("activity"), given.get("members")
        if given.get("tenantId") != TENANT or not isinstance(said, dict):
            return refused(400, "BadSyntax")
        if given["isGroup"] is False and isinstance(members, list) and len(members) == 1:
            self.whispers.append({**said, "to": _id(members[0]).removeprefix("29:")})
            return 201, {"id": "a:chat"}
        if given.get("channelData") != {"channel": {"id": CHANNEL}}:
            return refused(403, "BotNotInConversationRoster")
        return self._keep(said)

    def _keep(self, said: Json, **more: JsonValue) -> Answer:
        ref = str(1700000000000 + len(self.messages))
        self.messages.append({**said, **more, "id": ref})
        return 201, {"id": f"{CHANNEL};messageid={ref}", "activityId": ref}

    def _reply(self, root: str, given: Json) -> Answer:
        if root not in [one["id"] for one in self.messages]:
            return refused(404, "ActivityNotFoundInConversation")
        return self._keep(given, under=root)

    def _update(self, ref: str, given: Json) -> Answer:
        found = [number for number, one in enumerate(self.messages) if one["id"] == ref]
        if not found:
            return refused(404, "ActivityNotFoundInConversation")
        self.messages[found[0]] = {**given, "id": ref}
        return 200, {"id": ref}


def _id(member: JsonValue) -> str:
    """As Teams names people, whom their object id alone does not."""
    assert isinstance(member, dict) and str(member["id"]).startswith("29:")
    return str(member["id"])


def refused(status: int, code: str) -> Answer:
    return status, {"error": {"code": code, "message": "somebody's secret"}}


def content(message: Json) -> Json:
    """The card of a message."""
    attached = message["attachments"]
    assert isinstance(attached, list) and len(attached) == 1
    [one] = attached
    assert isinstance(one, dict) and one["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = one["content"]
    assert isinstance(card, dict)
    return card


def mentioned(message: Json) -> list[str]:
    """Whom a card mentions: object ids behind texts that stand in it."""
    meant = [one for one in inside(content(message)) if one["type"] == "mention"]
    shown = " ".join(str(one["text"]) for one in inside(content(message)) if one["type"] == "TextBlock")
    return [_mentioned(one) for one in meant if str(one["text"]) in shown]


def _mentioned(entity: Json) -> str:
    who = entity["mentioned"]
    assert isinstance(who, dict)
    return str(who["id"])


def inside(value: JsonValue) -> Iterator[Json]:
    """Every element of a card, from the outside in."""
    if isinstance(value, dict):
        if "type" in value:
            yield value
        for part in value.values():
            yield from inside(part)
    for part in value if isinstance(value, list) else []:
        yield from inside(part)


def spoken(message: Json) -> str:
    """Everything that a card says, a line a block."""
    blocks = [one for one in inside(content(message)) if one["type"] == "RichTextBlock"]
    return "\n".join("".join(str(run["text"]) for run in inside(one["inlines"])) for one in blocks)


def buttons(message: Json, request: str = "") -> dict[str, Json]:
    """Title of a button that answers, of one item or the last -> what is sent when it is pressed, in their order."""
    answers = [one for one in inside(content(message)) if one["type"] == "Action.Execute"]
    return {str(one["title"]): one for one in answers if request in ("", _data(one)["request"])}


def _data(button: Json) -> Json:
    data = button["data"]
    assert isinstance(data, dict)
    return data


def fits(given: Json) -> bool:
    """Whether Teams would show this: its size, and nothing but what we mean to use, in cards whose ids are unique."""
    elements = [one for one in inside(given) if one["type"] != "message"]
    ids = [str(one["id"]) for one in elements if "id" in one]
    known = all(one["type"] in ELEMENTS for one in elements)
    versions = {one["version"] for one in elements if one["type"] == "AdaptiveCard" and "version" in one} <= {"1.5"}
    return known and versions and len(ids) == len({*ids})


@contextmanager
def teams_service() -> Iterator[Teams]:
    """The services for as long as the block lasts."""
    made = Teams()

    class Handler(Quiet):
        def do_GET(self) -> None:
            self._serve("GET")

        def do_POST(self) -> None:
            self._serve("POST")

        def do_PUT(self) -> None:
            self._serve("PUT")

        def _serve(self, method: str) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
            made.calls.append(f"{method} {unquote(self.path)}")
            part, *place = [unquote(one) for one in self.path.strip("/").split("/")]
            waiting = made.troubles.get(part, [])
            trouble = waiting.pop(0) if waiting else Trouble(done=True)
            status, answer = _answer(made, part, method, place, body, self.headers["Authorization"], trouble)
            self._send(trouble.status if trouble.status != 200 else status, answer, trouble.headers)

        def _send(self, status: int, answer: Json, headers: dict[str, str]) -> None:
            said = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(said)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

    with loopback(Handler) as url:
        made.url = f"{url}/"
        yield made


def _answer(
    made: Teams, part: str, method: str, place: list[str], body: str, bearer: str | None, trouble: Trouble
) -> Answer:
    if not trouble.done:
        return 500, {}
    if part == "keys":
        return 200, {"keys": [*made.keys]}
    if part == TENANT:
        asked = {name: one[0] for name, one in parse_qs(body).items()}
        good = (asked["client_id"], asked["client_secret"]) == (APP, SECRET)
        return (200, {"access_token": made.token, "expires_in": made.lasts}) if good else refused(401, "invalid_client")
    if bearer != f"Bearer {made.token}":
        return refused(401, "Unauthorized")
    if len(body.encode("utf-16-le")) > MOST_BYTES:
        return refused(413, "MessageSizeTooBig")
    given: Json = json.loads(body or "{}")
    return made.carry_out(method, place[1:], given) if fits(given) else refused(400, "BadSyntax")
