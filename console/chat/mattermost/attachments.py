"""Cards in Mattermost; pure.

Rules: 1. Every line is a span of code: nothing in it is markup, a mention, a hashtag, an emoji or a link, on any of its
clients. 2. Buttons have fixed places: to deny comes first, to approve is last and has no colour. 3. A card that is not
open has no buttons. 4. What a button says back is sealed (`console.chat.mattermost.seals`), and stays with the server:
clients are not shown it.
"""

import re
from collections.abc import Callable

from pydantic import JsonValue

from console.chat.mattermost.seals import Pressed
from engine.model.approval import VoteKind
from engine.model.base import Json
from engine.model.card import Card, CardItem

KEY = "fireline"
"""The property by which our own messages are found again."""
REASON, FORM = "reason", "fireline.reason"
LONGEST_REASON = 1000
TICKS = re.compile(r"`+")
Press = Callable[[CardItem, VoteKind, bool], Json]
"""What a button of an item does: where it leads, and what it carries."""


def code(said: str) -> str:
    """Text as it is, each of its lines a span of code that nothing in it can end."""
    return "\n".join(_span(line) for line in said.splitlines()) or _span("·")


def card_message(card: Card, press: Press) -> tuple[str, list[JsonValue]]:
    """What shows a card: its message, and its attachments, one an item and one for the last line."""
    alone = len(card.items) == 1
    items: list[JsonValue] = [_item(item, number, alone, press) for number, item in enumerate(card.items)]
    return code(card.headline), [*items, {"fallback": card.last, "text": code(card.last)}]


def form(title: str, submit: str, state: str) -> Json:
    """The form that asks for the reason of an answer."""
    said: Json = {
        "display_name": "Why?",
        "name": REASON,
        "type": "textarea",
        "max_length": LONGEST_REASON,
        "help_text": "It stands in the ledger.",
    }
    return {
        "callback_id": FORM,
        "title": title,
        "elements": [said],
        "submit_label": submit,
        "notify_on_cancel": False,
        "state": state,
    }


def pressed(item: CardItem, kind: VoteKind, why: bool, until: int) -> Pressed:
    """What a button of an item stands for."""
    return Pressed(request=item.request, digest=item.digest, kind=kind, why=why, until=until)


def _item(item: CardItem, number: int, alone: bool, press: Press) -> Json:
    titled = item.title if alone else f"{item.last} · {item.headline}\n{item.title}"
    lines = [titled, *(f"{one.label}  {one.text}" for one in item.lines)]
    shown: Json = {"fallback": item.title, "text": code("\n".join(lines))}
    return {**shown, "actions": _buttons(item, number, press)} if item.open else shown


def _buttons(item: CardItem, number: int, press: Press) -> list[JsonValue]:
    approve = "Approve…" if item.to_approve else "Approve"
    return [
        _button(f"deny{number}", "Deny…", press(item, VoteKind.DENY, True)),
        _button(f"approve{number}", approve, press(item, VoteKind.APPROVE, item.to_approve)),
    ]


def _button(name: str, label: str, integration: Json) -> Json:
    return {"id": name, "type": "button", "name": label, "integration": integration}


def _span(line: str) -> str:
    fence = "`" * (1 + max((len(run) for run in TICKS.findall(line)), default=0))
    return f"{fence} {line or '·'} {fence}"
