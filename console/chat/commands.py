"""What people may type in a room, spelled as it is typed there; pure."""

from engine.card_room import where
from engine.control.chat_orders import HELP as ORDERS
from engine.model.card import Card, CardItem, CardLine

LOOKS = (
    "pending: what people are asked now",
    "show AR-…: all of what is asked, every parameter",
    "leases: what is in force, and until when",
    "incident INC-…: what became of it",
)


def help_in_room(prefix: str) -> str:
    """Everything that may be typed."""
    return " · ".join(f"{prefix}{one}" for one in (*LOOKS, *ORDERS))


def where_in_room(request_id: str, prefix: str | None) -> str:
    """Where everything about a request is shown, in the room too where that takes commands."""
    return where(request_id) if prefix is None else f"{prefix}show {request_id} in the room, {where(request_id)}"


def with_commands(card: Card, prefix: str) -> Card:
    """The card as it stands in a room: each of its items says what may be typed about it."""
    return card.model_copy(update={"items": tuple(_item(one, prefix) for one in card.items)})


def _item(item: CardItem, prefix: str) -> CardItem:
    line = CardLine(label="TYPE", text=" · ".join(f"{prefix}{command}" for command in item.typed))
    return item.model_copy(update={"lines": (*item.lines, line)}) if item.typed else item
