"""What is sent to a webhook, and what it answers; pure.

Rules: 1. Text is text: whoever shows it escapes it as their screen needs, and nothing in it is a link, a mention or
markup. 2. An answer names the room, the request and the digest that the card showed, all of it signed.
"""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from engine.control.chat_voting import TakenBack, Tap
from engine.errors import InvalidInput
from engine.model.approval import VoteKind
from engine.model.base import Json, Model, Said
from engine.model.card import Card
from engine.model.step_up import Code

VERSION = 1


class _Signed(Model):
    event: Annotated[str, Field(pattern=r"^[!-~]{1,200}$")]
    room: str
    user: Annotated[str, Field(min_length=1, max_length=255)]


class Answered(_Signed):
    """What somebody answered, or takes back; `event` is one for each, and the same however often it is sent.

    `lease` is for how long at the most a yes is, as it was typed, and `code` a one-time code.
    """

    request: Annotated[str, Field(pattern=r"^AR-\d{1,12}$")]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    kind: VoteKind | Literal["retract"]
    reason: Said = ""
    lease: Annotated[str, Field(max_length=40)] = ""
    code: Annotated[Code, Field(max_length=40)] | None = None


class Typed(_Signed):
    """What somebody typed: what they would type after `/fireline` elsewhere."""

    text: Annotated[str, Field(max_length=1000)]


_SIGNED: TypeAdapter[Answered | Typed] = TypeAdapter(Answered | Typed)


def signed(body: bytes) -> Answered | Typed:
    """What a body says; raise `InvalidInput` where it is nothing that people do."""
    try:
        return _SIGNED.validate_json(body)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"][1:])) or "body"
        raise InvalidInput(f"this is no answer: look at `{where}`") from None


def tap_of(sent: Answered, ref: str) -> Tap | TakenBack:
    """The answer, on the card that stands under `ref`; or what is taken back."""
    if sent.kind == "retract":
        return TakenBack(room=sent.room, event=sent.event, user=sent.user, request_id=sent.request)
    return Tap(
        room=sent.room,
        event=sent.event,
        user=sent.user,
        ref=ref,
        request_id=sent.request,
        digest=sent.digest,
        kind=sent.kind,
        reason=sent.reason,
        lease=sent.lease,
        code=sent.code,
    )


def card_json(card: Card) -> Json:
    """A card, an item each request; where `open` is false it is not to be answered any more."""
    items = [item.model_dump(mode="json") for item in card.items]
    return {"headline": card.headline, "items": [*items], "last": card.last, "open": card.open}
