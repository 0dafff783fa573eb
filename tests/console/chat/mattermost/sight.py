"""What somebody in a Mattermost channel sees of it."""

import re
from dataclasses import dataclass

from console.chat.mattermost.room import MattermostRoom
from engine.model.base import Json
from tests.console.chat.mattermost.emulator import Server, attachments, buttons, named

SPAN = re.compile(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", re.S)
"""A span of code (CommonMark 6.1): up to a run of backticks that is as long as the one it began with."""


def spoken(markdown: str) -> str:
    """What a client shows of Markdown that is made of spans of code alone; what is outside of them stands in «»."""
    lines, at = list[str](), 0
    for span in SPAN.finditer(markdown):
        lines.append(_outside(markdown[at : span.start()]) + _inside(span[2]))
        at = span.end()
    return "\n".join(lines) + _outside(markdown[at:])


def _inside(text: str) -> str:
    stripped = text.startswith(" ") and text.endswith(" ") and text.strip()
    return text[1:-1] if stripped else text


def _outside(text: str) -> str:
    return f"«{text}»" if text.strip() else ""


def shown(post: Json) -> str:
    """A post from its message to its last attachment."""
    return "\n".join(spoken(str(text)) for text in (post["message"], *(one["text"] for one in attachments(post))))


@dataclass
class MattermostSight:
    """As the emulator keeps it."""

    room: MattermostRoom
    server: Server
    anybody: str = named("anna")

    def cards(self) -> list[str]:
        return [shown(card) for card in self.server.cards]

    def thread(self, ref: str) -> list[str]:
        return [shown(one) for one in self.server.under(ref)]

    def answers(self, ref: str) -> int:
        return len([one for one in buttons(self.server.posts[ref]) if str(one["name"]).startswith("Approve")])

    def told(self, user: str) -> list[str]:
        return [shown(one) for one in self.server.told(user)]

    def rung(self, user: str) -> list[str]:
        return [shown(one) for one in self.server.rung(user)]

    def markup(self) -> list[str]:
        said = [*self.server.posts.values()]
        plain = {"text", "fallback", "actions"}
        other = [str(one) for post in said for one in attachments(post) if {*one} - plain]
        return other + [shown(post) for post in said if "«" in shown(post)]

    def remove(self, ref: str) -> None:
        del self.server.posts[ref]

    def close(self) -> None:
        self.server.token = "another"

    def cut_off(self) -> None:
        self.room.settings = self.room.settings.model_copy(update={"url": "http://127.0.0.1:9"})
