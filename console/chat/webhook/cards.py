"""What is sent to a webhook, and what it answers; pure.

Rules: 1. Text is text: whoever shows it escapes it as their screen needs, and nothing in it is a link, a mention or
markup. 2. An answer names the room, the request and the digest that the card showed, all of it signed.
"""

from typing import Annotated

from pydantic import Field, ValidationError

from engine.control.chat_voting import Tap
from engine.errors import InvalidInput
from engine.model.approval import VoteKind
from engine.model.base import Json, Model, Said
from engine.model.card import Card

VERSION = 1


class Answered(Model):
    """What somebody answered; `event` is one for each answer, and the same however often it is sent."""

    event: Annotated[str, Field(pattern=r"^[!-~]{1,200}$")]
    room: str
    user: Annotated[str, Field(min_length=1, max_length=255)]
    request: Annotated[str, Field(pattern=r"^AR-\d{1,12}$")]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    kind: VoteKind
    reason: Said = ""


def answered(body: bytes) -> Answered:
    """The answer in a body; raise `InvalidInput` where it is none."""
    try:
        return Answered.model_validate_json(body)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) or "body"
        raise InvalidInput(f"this is no answer: look at `{where}`") from None


def tap_of(sent: Answered, ref: str) -> Tap:
    """The answer, on the card that stands under `ref`."""
    return Tap(
        room=sent.room,
        event=sent.event,
        user=sent.user,
        ref=ref,
        request_id=sent.request,
        digest=sent.digest,
        kind=sent.kind,
        reason=sent.reason,
    )


def card_json(card: Card) -> Json:
    """A card, an item each request; where `open` is false it is not to be answered any more."""
    items = [item.model_dump(mode="json") for item in card.items]
    return {"headline": card.headline, "items": [*items], "last": card.last, "open": card.open}
