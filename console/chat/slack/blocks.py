"""Cards in Block Kit; pure.

Rules: 1. Every text is a `plain_text` object: nothing in it is markup, a mention or a link; who is mentioned stands
beside the texts, by an id of ours. 2. Buttons have fixed
places: to deny comes first, to agree to less between, to approve is last and has no colour. 3. A card that is not open
has no buttons. 4. What a button says back is the request and the digest that the card showed.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from pydantic import JsonValue

from console.chat.commands import where_in_room
from engine.control.chat_voting import Form
from engine.duration import render
from engine.model.approval import VoteKind
from engine.model.base import Json, Model
from engine.model.card import Card, CardItem
from engine.model.chat import SlackSettings

HEADER, SECTION, BLOCKS = 150, 3000, 40
"""What Slack takes of a header and a section, and how many blocks of lines we send of the 50 that it takes."""
SHOWN = 8
"""Of what a yes is to, in a form: 24,000 characters."""
VALUE = re.compile(r"(?P<request>AR-\d{1,12})\|(?P<digest>[0-9a-f]{64})")
FORM, REASON, LEASE, CODE = "fireline.reason", "reason", "lease", "code"


class Asking(Model):
    """What a form carries with it: the answer that it is about, and whether that is for less than what is asked."""

    ref: str
    request_id: str
    digest: str
    kind: VoteKind
    shorter: bool = False


def message(card: Card, to: Iterable[str] = ()) -> Json:
    """What shows a card: its blocks, whom it rings, and the text of notifications."""
    return {"blocks": [*blocks(card), *_mentions([*to])], **text(f"{card.headline}: {card.title}")}


def line(said: str) -> Json:
    """What says one line."""
    parts: list[JsonValue] = [section(part) for part in _packed(_short(said))[:BLOCKS]]
    return {"blocks": parts, **text(said)}


def text(said: str) -> Json:
    """The text where blocks are not shown; it is markup unless told otherwise, and these three make it so."""
    escaped = said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": escaped[:SECTION], "mrkdwn": False, "parse": "none", "link_names": False}


def blocks(card: Card) -> Iterator[JsonValue]:
    """The card from its first line to its last."""
    yield {"type": "header", "text": plain(card.headline, HEADER)}
    for item in card.items:
        yield from _item(item, alone=len(card.items) == 1, most=BLOCKS // len(card.items))
    yield {"type": "context", "elements": [plain(card.last)]}


def _mentions(users: Sequence[str]) -> Iterator[Json]:
    elements: list[JsonValue] = [{"type": "user", "user_id": user} for user in users]
    if elements:
        yield {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def _item(item: CardItem, *, alone: bool, most: int) -> Iterator[JsonValue]:
    """One request, in so many blocks at the most."""
    titled = item.title if alone else f"{item.last} · {item.headline}\n{item.title}"
    lines = [f"{one.label}  {one.text}" for one in item.lines]
    packed = [titled, *_packed(lines)] if alone else _packed([titled, *lines])
    yield from (section(part) for part in packed[: most - item.open])
    if item.open:
        yield {"type": "actions", "block_id": f"answer.{item.request}", "elements": _buttons(item)}


def plain(said: str, most: int = SECTION) -> Json:
    """A text that is shown as it is; never empty, which Slack refuses."""
    cut = said if len(said) <= most else said[: most - 1] + "…"
    return {"type": "plain_text", "text": cut or "·", "emoji": False}


def section(said: str) -> Json:
    """A block of text."""
    return {"type": "section", "text": plain(said)}


def form(asking: Asking, wanted: Form) -> Json:
    """The form that asks for the reason of an answer, and for how long a yes is."""
    word = "Approve" if asking.kind is VoteKind.APPROVE else "Deny"
    fields: list[JsonValue] = [*_exactly(asking, wanted)]
    if wanted.asked is not None:
        label = f"For how long at the most? At most {render(wanted.asked)}, which is asked"
        fields.append(_field(LEASE, label, optional=not asking.shorter, max_length=20))
    fields.append(_field(REASON, "Why? It stands in the ledger.", optional=not wanted.reason, multiline=True))
    if wanted.code:
        fields.append(_field(CODE, "The code of your authenticator", optional=False, max_length=10))
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": asking.model_dump_json(),
        "title": plain(f"{word} {asking.request_id}", 24),
        "submit": plain(word),
        "close": plain("Back"),
        "blocks": fields,
    }


def _exactly(asking: Asking, wanted: Form) -> Iterator[Json]:
    """What a yes is to, as far as a form has room for it; it says where all of it is."""
    parts = _packed([f"EXACTLY  {asking.request_id}", *wanted.exactly])
    if wanted.exactly:
        yield from (section(part) for part in parts[:SHOWN])
    if len(parts) > SHOWN:
        yield section(f"and more, all of it: {where_in_room(asking.request_id, SlackSettings.prefix)}")


def _short(said: str) -> Iterator[str]:
    """Its lines, those that are too long for a block in several."""
    for one in said.splitlines():
        yield from (one[at : at + SECTION] for at in range(0, len(one) or 1, SECTION))


def _field(name: str, label: str, *, optional: bool, multiline: bool = False, max_length: int = 1000) -> Json:
    said: Json = {"type": "plain_text_input", "action_id": "said", "multiline": multiline, "max_length": max_length}
    return {"type": "input", "block_id": name, "label": plain(label), "optional": optional, "element": said}


def _packed(lines: Iterable[str]) -> list[str]:
    """Lines together in as few texts of a block as they fit into."""
    packed = [""]
    for one in lines:
        together = f"{packed[-1]}\n{one}" if packed[-1] else one
        if len(together) <= SECTION:
            packed[-1] = together
        else:
            packed.append(one)
    return packed


def _buttons(item: CardItem) -> list[JsonValue]:
    value = f"{item.request}|{item.digest}"
    approve, name = ("Approve…", "approve.because") if item.by_form else ("Approve", "approve")
    shorter = [_button("Shorter…", "shorter.because", value)] if item.lasting and not item.by_form else []
    return [_button("Deny…", "deny.because", value), *shorter, _button(approve, name, value)]


def _button(label: str, name: str, value: str) -> Json:
    return {"type": "button", "text": plain(label), "action_id": name, "value": value}
