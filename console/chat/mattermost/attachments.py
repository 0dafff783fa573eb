"""Cards in Mattermost; pure.

Rules: 1. Every line is a span of code: nothing in it is markup, a mention, a hashtag, an emoji or a link, on any of its
clients; only whom we mean to is mentioned, in a line of its own. 2. Buttons have fixed places: to deny comes first, to
approve is last and has no colour. 3. A card that is not open has no buttons. 4. What a button says back is sealed
(`console.chat.mattermost.seals`), and stays with the server: clients are not shown it.
"""

import re
from collections.abc import Callable, Iterable

from pydantic import JsonValue

from console.chat.commands import where_in_room
from console.chat.mattermost.seals import Asked, Pressed
from engine.card_pages import pages
from engine.control.chat_voting import Form
from engine.duration import render
from engine.model.approval import VoteKind
from engine.model.base import Json
from engine.model.card import Card, CardItem

KEY = "fireline"
"""The property by which our own messages are found again."""
REASON, LEASE, CODE, FORM = "reason", "lease", "code", "fireline.reason"
LABEL = 24
"""Characters of a title and of the name of a field."""
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
EVERYBODY = frozenset({"all", "channel", "here"})
"""Mentions of everybody in the channel, which are nobody's names."""
TICKS = re.compile(r"`+")
Press = Callable[[Pressed], Json]
"""What a button does: where it leads, and what it carries."""


def code(said: str) -> str:
    """Text as it is, each of its lines a span of code that nothing in it can end."""
    return "\n".join(_span(line) for line in said.splitlines()) or _span("·")


def card_message(card: Card, until: int, press: Press, names: Iterable[str] = ()) -> tuple[str, list[JsonValue]]:
    """What shows a card: its message, and its attachments, one an item and one for the last line.

    Its buttons are good `until` then; `names` are user names whom it rings.
    """
    alone = len(card.items) == 1
    items: list[JsonValue] = [_item(item, number, alone, until, press) for number, item in enumerate(card.items)]
    mentioned = " ".join(f"@{name}" for name in names if NAME.fullmatch(name) and name not in EVERYBODY)
    message = "\n".join(filter(None, (code(card.headline), mentioned)))
    return message, [*items, {"fallback": card.last, "text": code(card.last)}]


def form(asked: Asked, wanted: Form, state: str, prefix: str | None) -> Json:
    """The form that asks for what belongs to an answer besides a yes or a no; `prefix` stands before a command."""
    word = "Approve" if asked.kind is VoteKind.APPROVE else "Deny"
    fields = list[Json]()
    if wanted.asked is not None:
        told = f"At most {render(wanted.asked)}, which is asked."
        fields.append(_field(LEASE, "For how long at most?", told, optional=not asked.shorter))
    fields.append(_field(REASON, "Why?", "It stands in the ledger.", optional=not wanted.reason, type="textarea"))
    if wanted.code:
        code = _field(CODE, "Code", "The code of your authenticator.", optional=False)
        fields.append({**code, "subtype": "password"})
    return {
        "callback_id": FORM,
        "introduction_text": _exactly(asked, wanted, prefix),
        "title": f"{word} {asked.request}"[:LABEL],
        "elements": [*fields],
        "submit_label": word,
        "notify_on_cancel": False,
        "state": state,
    }


def _exactly(asked: Asked, wanted: Form, prefix: str | None) -> str:
    """What a yes is to, as far as a form has room for it; it says where all of it is."""
    if not wanted.exactly:
        return ""
    first, *more = pages(wanted.exactly)
    rest = f"\nand more, all of it: {where_in_room(asked.request, prefix)}" if more else ""
    return code(f"{first}{rest}")


def _field(name: str, label: str, told: str, *, optional: bool, type: str = "text") -> Json:
    most = 1000 if type == "textarea" else 20
    shown: Json = {"name": name, "display_name": label, "help_text": told}
    return {**shown, "type": type, "max_length": most, "optional": optional}


def _item(item: CardItem, number: int, alone: bool, until: int, press: Press) -> Json:
    titled = item.title if alone else f"{item.last} · {item.headline}\n{item.title}"
    lines = [titled, *(f"{one.label}  {one.text}" for one in item.lines)]
    shown: Json = {"fallback": item.title, "text": code("\n".join(lines))}
    return {**shown, "actions": _buttons(item, number, until, press)} if item.open else shown


def _buttons(item: CardItem, number: int, until: int, press: Press) -> list[JsonValue]:
    def button(name: str, label: str, kind: VoteKind, *, asks: bool, shorter: bool = False) -> Json:
        what = Pressed(
            request=item.request, digest=item.digest, kind=kind, asks=asks, shorter=shorter, until=until
        )  # fmt: skip
        return {"id": f"{name}{number}", "type": "button", "name": label, "integration": press(what)}

    approve = "Approve…" if item.by_form else "Approve"
    less = [button("shorter", "Shorter…", VoteKind.APPROVE, asks=True, shorter=True)]
    return [
        button("deny", "Deny…", VoteKind.DENY, asks=True),
        *(less if item.lasting and not item.by_form else []),
        button("approve", approve, VoteKind.APPROVE, asks=item.by_form),
    ]


def _span(line: str) -> str:
    fence = "`" * (1 + max((len(run) for run in TICKS.findall(line)), default=0))
    return f"{fence} {line or '·'} {fence}"
