"""What our buttons and forms carry, sealed; pure.

Mattermost hands it back as it was, and signs nothing of it. Rules: 1. A seal is HMAC-SHA256 over all that it stands
for: the room, the request, the digest, the answer, and until when it is good; the fields of a button are not those of a
form, so that one never does for the other. 2. What a form carries goes through the screen of the one who opened it, so
it is sealed for that user and card alone, and soon over. 3. Seals are compared in constant time.
"""

import hmac
from datetime import datetime, timedelta
from typing import Annotated, TypeVar

from pydantic import Field, JsonValue, ValidationError

from engine.digest import canonical
from engine.errors import InvalidInput
from engine.model.approval import VoteKind
from engine.model.base import Json, Model

BUTTON_LASTS, FORM_LASTS = timedelta(days=7), timedelta(minutes=15)
"""A button's is renewed with each edit of its card."""


Second = Annotated[int, Field(ge=0, lt=2**40)]


class Pressed(Model):
    """What a button stands for; with `asks` a form comes first, and with `shorter` the yes is for less than asked."""

    request: str
    digest: str
    kind: VoteKind
    asks: bool
    shorter: bool = False
    until: Second


class Asked(Model):
    """What a form for a reason stands for: that user's answer on that card."""

    ref: str
    user: str
    request: str
    digest: str
    kind: VoteKind
    shorter: bool = False
    until: Second


S = TypeVar("S", Pressed, Asked)


def until(now: datetime, lasts: timedelta) -> int:
    """The second at which something sealed now is over."""
    return int((now + lasts).timestamp())


def sealed(secret: str, room: str, what: Pressed | Asked) -> Json:
    """It, with its seal."""
    return {**what.model_dump(mode="json"), "seal": _seal(secret, room, what)}


def opened(secret: str, room: str, kind: type[S], given: JsonValue, now: datetime) -> S | None:
    """What was sealed; None where it was not for this, is over, or was changed."""
    if not isinstance(given, dict):
        return None
    seal = given.get("seal")
    try:
        what = kind.model_validate({name: value for name, value in given.items() if name != "seal"})
        expected = _seal(secret, room, what)
    except (ValidationError, InvalidInput):
        return None
    good = isinstance(seal, str) and seal.isascii() and hmac.compare_digest(seal, expected)
    return what if good and now.timestamp() < what.until else None


def _seal(secret: str, room: str, what: Pressed | Asked) -> str:
    said = canonical([room, what.model_dump(mode="json")])
    return hmac.new(secret.encode(), said, "sha256").hexdigest()
