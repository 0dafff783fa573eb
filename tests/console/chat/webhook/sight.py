"""What somebody before a board sees of it."""

import json
from dataclasses import dataclass

from pydantic import JsonValue

from console.chat.webhook.room import HookRoom
from engine.model.base import Json
from tests.console.chat.webhook.board import Board

PLAIN = {"version", "room", "event", "card", "headline", "items", "last", "open", "text", "user", "to"}


@dataclass
class HookSight:
    """As a board would write it down, a line each."""

    room: HookRoom
    board: Board
    anybody: str = "anna"

    def cards(self) -> list[str]:
        return [_spoken(card) for card in self.board.cards().values()]

    def thread(self, ref: str) -> list[str]:
        return [str(one["text"]) for one in self.board.of("line") if one["card"] == ref]

    def answers(self, ref: str) -> int:
        return sum(item["open"] is True for item in _items(self.board.cards()[ref]))

    def told(self, user: str) -> list[str]:
        return [str(one["text"]) for one in self.board.of("whisper") if one["user"] == user]

    def rung(self, user: str) -> list[str]:
        """Whatever says that it is to them."""
        cards = [_spoken(one) for one in self.board.of("card") if user in str(one["to"])]
        return [*cards, *self.told(user)]

    def markup(self) -> list[str]:
        """Whatever is more than text in a place that is known."""
        return [json.dumps(one) for one in self.board.told if {*one} - PLAIN]

    def remove(self, ref: str) -> None:
        self.board.gone.add(ref)

    def close(self) -> None:
        self.board.secret = "another"

    def cut_off(self) -> None:
        self.room.settings = self.room.settings.model_copy(update={"url": "http://127.0.0.1:9/cards"})


def _spoken(card: Json) -> str:
    lines = [str(card["headline"])]
    for item in _items(card):
        lines += [str(item["title"]), *(f"{one['label']}  {one['text']}" for one in _list(item["lines"]))]
    return "\n".join((*lines, str(card["last"])))


def _items(card: Json) -> list[Json]:
    return _list(card["items"])


def _list(value: JsonValue) -> list[Json]:
    assert isinstance(value, list)
    return [one for one in value if isinstance(one, dict)]
