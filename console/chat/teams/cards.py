"""Cards as Adaptive Cards 1.5; pure.

Rules: 1. Every text is a `TextRun`, which knows no markdown, links or mentions; the one thing it would expand, a date
between double braces, is kept apart in two runs. 2. Buttons have fixed places: to deny comes first, to approve is last
and has no colour. 3. A card that is not open has no buttons. 4. What a button says back is the request and the digest
that the card showed, and what was typed for that button alone.
"""

import re
from collections.abc import Iterator

from pydantic import JsonValue

from engine.model.base import Json
from engine.model.card import Card, CardItem

CONTENT = "application/vnd.microsoft.card.adaptive"
VERSION = "1.5"
APPROVE, DENY = "approve", "deny"
REASON, SUMMARY = 1000, 250
"""Characters of a typed reason, and of what a notification shows."""
BRACES = re.compile(r"(?<=\{)(?=\{)")


def message(card: Card) -> Json:
    """The activity that shows a card, and the text of its notification."""
    return {
        "type": "message",
        "summary": f"{card.headline}: {card.title}"[:SUMMARY],
        "attachments": [{"contentType": CONTENT, "content": adaptive(card)}],
    }


def line(said: str) -> Json:
    """The activity that says one line, without markup."""
    return {"type": "message", "text": said, "textFormat": "plain"}


def adaptive(card: Card) -> Json:
    """The card from its first line to its last."""
    items = [block for item in card.items for block in _item(item, alone=len(card.items) == 1)]
    return {
        "type": "AdaptiveCard",
        "version": VERSION,
        "msteams": {"width": "Full"},
        "body": [_text(card.headline, weight="Bolder"), *items, _text(card.last, isSubtle=True)],
    }


def reason_id(kind: str, request: str) -> str:
    """What the field for a reason is called; no two on a card are called the same."""
    return f"why.{kind}.{request}"


def _item(item: CardItem, *, alone: bool) -> Iterator[Json]:
    if not alone:
        yield {**_text(f"{item.last} · {item.headline}"), "separator": True}
    yield _text(item.title, weight="Bolder")
    yield from (_text(f"{one.label}  {one.text}") for one in item.lines)
    if item.open:
        yield {"type": "ActionSet", "actions": [_deny(item), _approve(item)]}


def _text(said: str, **look: JsonValue) -> Json:
    runs: list[JsonValue] = [{"type": "TextRun", "text": part, **look} for part in BRACES.split(said or "·")]
    return {"type": "RichTextBlock", "inlines": runs}


def _deny(item: CardItem) -> Json:
    return _asking("Deny…", _answer("Deny", DENY, item), item)


def _approve(item: CardItem) -> Json:
    answer = _answer("Approve", APPROVE, item)
    return _asking("Approve…", answer, item) if item.to_approve else {**answer, "associatedInputs": "none"}


def _answer(title: str, verb: str, item: CardItem) -> Json:
    data: Json = {"request": item.request, "digest": item.digest}
    return {"type": "Action.Execute", "title": title, "verb": verb, "data": data}


def _asking(title: str, answer: Json, item: CardItem) -> Json:
    """A button that opens a field for the reason, and beneath it the one that answers."""
    field: Json = {
        "type": "Input.Text",
        "id": reason_id(str(answer["verb"]), item.request),
        "label": "Why? It stands in the ledger.",
        "isMultiline": True,
        "isRequired": True,
        "errorMessage": "a reason is needed",
        "maxLength": REASON,
    }
    inner: Json = {"type": "AdaptiveCard", "version": VERSION, "body": [field], "actions": [answer]}
    return {"type": "Action.ShowCard", "title": title, "card": inner}
