"""Cards as Adaptive Cards 1.5; pure.

Rules: 1. Every text is a `TextRun`, which knows no markdown, links or mentions; the one thing that it would expand, a
date or time between double braces, has its braces set apart. Who is mentioned stands in a block of its own, by object
id. 2. Buttons have fixed places: to deny comes first, to agree to less between, to approve is last and has no colour.
3. A card that is not open has no buttons. 4. What a button says back is the request and the digest that the card
showed, and what was typed for that button alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from console.chat.commands import where_in_room
from console.chat.port import NOBODY
from engine.model.base import Json
from engine.model.card import Card, CardItem
from engine.model.chat import TeamsSettings

CONTENT = "application/vnd.microsoft.card.adaptive"
VERSION = "1.5"
APPROVE, SHORTER, DENY = "approve", "shorter", "deny"
REASON, LEASE, CODE = "why", "for", "code"
"""The fields of a button: why, for how long at the most, and a one-time code."""
SUMMARY = 250
"""Characters of what a notification shows."""
UNNAMED = re.compile(r"[^\w.@-]")
"""What a name is not written with where it is mentioned."""
EXPANDED = re.compile(r"\{(?=\{(?:DATE|TIME)\()")


def message(card: Card, to: Mapping[str, str] = NOBODY) -> Json:
    """The activity that shows a card, whom it rings, and the text of its notification."""
    return {
        "type": "message",
        "summary": f"{card.headline}: {card.title}"[:SUMMARY],
        "attachments": [{"contentType": CONTENT, "content": adaptive(card, to)}],
    }


def line(said: str) -> Json:
    """The activity that says one line, without markup."""
    return {"type": "message", "text": said, "textFormat": "plain"}


def adaptive(card: Card, to: Mapping[str, str] = NOBODY) -> Json:
    """The card from its first line to its last, and whom it is to."""
    items = [block for item in card.items for block in _item(item, alone=len(card.items) == 1)]
    return {
        "type": "AdaptiveCard",
        "version": VERSION,
        "msteams": {"width": "Full", **_entities(to)},
        "body": [
            _block(_run(card.headline, weight="Bolder")),
            *items,
            _block(_run(card.last, isSubtle=True)),
            *_mentions(to),
        ],
    }


def field_id(field: str, verb: str, request: str) -> str:
    """What a field of a button is called; no two on a card are called the same."""
    return f"{field}.{verb}.{request}"


def _item(item: CardItem, *, alone: bool) -> Iterator[Json]:
    """A block a line; among others all in one, for a message has an end."""
    title, lines = _run(item.title, weight="Bolder"), [f"{one.label}  {one.text}" for one in item.lines]
    if alone:
        yield from (_block(run) for run in (title, *map(_run, lines)))
    else:
        head, rest = _run(f"{item.last} · {item.headline}\n"), _run("".join(f"\n{line}" for line in lines))
        yield {**_block(head, title, rest), "separator": True}
    if item.open:
        yield {"type": "ActionSet", "actions": _buttons(item, lasting=alone and item.lasting)}


def _mentions(to: Mapping[str, str]) -> Iterator[Json]:
    if to:
        yield {"type": "TextBlock", "text": " ".join(map(_at, to.values())), "wrap": True}


def _entities(to: Mapping[str, str]) -> Json:
    """Whom each of the mentions means: an object id of the directory, whatever the name beside it."""
    meant: list[JsonValue] = [
        {"type": "mention", "text": _at(name), "mentioned": {"id": user, "name": name}} for user, name in to.items()
    ]
    return {"entities": meant} if meant else {}


def _at(name: str) -> str:
    return f"<at>{UNNAMED.sub('-', name)}</at>"


def _block(*runs: Json) -> Json:
    return {"type": "RichTextBlock", "inlines": [*runs]}


def _run(said: str, **look: JsonValue) -> Json:
    """Rule 1."""
    return {"type": "TextRun", "text": EXPANDED.sub("{ ", said) or "·", **look}


def _buttons(item: CardItem, *, lasting: bool) -> list[JsonValue]:
    """Rule 2; twenty items have no room for agreeing to less."""
    deny = _asking("Deny…", _answer("Deny", DENY, item), [_reason(DENY, item)])
    if item.by_form:
        rest = f"not all of it has room here: {where_in_room(item.request, TeamsSettings.prefix)}"
        first = [_block(_run(rest))] if item.cut else []
        lease, why = [_lease(APPROVE, item, needed=False)] if lasting else [], _reason(APPROVE, item, item.to_approve)
        fields = [*first, *lease, why, _code(item)]
        return [deny, _asking("Approve…", _answer("Approve", APPROVE, item), fields)]
    shorter = _asking("Shorter…", _answer("Approve for less", SHORTER, item), [_lease(SHORTER, item, needed=True)])
    approve: Json = {**_answer("Approve", APPROVE, item), "associatedInputs": "none"}
    return [deny, *([shorter] if lasting else []), approve]


def _answer(title: str, verb: str, item: CardItem) -> Json:
    data: Json = {"request": item.request, "digest": item.digest}
    return {"type": "Action.Execute", "title": title, "verb": verb, "data": data}


def _asking(title: str, answer: Json, fields: Sequence[Json]) -> Json:
    """A button that opens fields, and beneath them the one that answers."""
    inner: Json = {"type": "AdaptiveCard", "body": [*fields], "actions": [answer]}
    return {"type": "Action.ShowCard", "title": title, "card": inner}


def _reason(verb: str, item: CardItem, needed: bool = True) -> Json:
    label = "Why? It stands in the ledger."
    return {**_field(REASON, verb, item, label, needed=needed), "isMultiline": True, "maxLength": 1000}


def _lease(verb: str, item: CardItem, *, needed: bool) -> Json:
    return {**_field(LEASE, verb, item, "For how long at the most?", needed=needed), "maxLength": 20}


def _code(item: CardItem) -> Json:
    """For whoever has a second factor: one card is for all."""
    return {**_field(CODE, APPROVE, item, "Code of your authenticator", needed=False), "maxLength": 10}


def _field(name: str, verb: str, item: CardItem, label: str, *, needed: bool) -> Json:
    field: Json = {"type": "Input.Text", "id": field_id(name, verb, item.request), "label": label}
    return {**field, "isRequired": True} if needed else field
