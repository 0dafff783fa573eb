"""What Mattermost sends back; nothing of it is believed before its seal and its trigger were looked at."""

from typing import Annotated, Literal
from urllib.parse import parse_qs

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from console.chat.fields import code_typed, lease_typed, reason_typed
from console.chat.mattermost.attachments import CODE, LEASE, REASON
from console.chat.mattermost.seals import Asked, Pressed
from console.outgoing.answers import Received
from engine.control.chat_voting import Tap
from engine.digest import sha256
from engine.errors import InvalidInput
from engine.model.base import Json
from engine.model.chat import ID, MattermostSettings

User = Annotated[str, Field(pattern=ID)]


class _Sent(Received):
    user_id: User
    team_id: str = ""
    channel_id: str = ""


class Button(_Sent):
    """Somebody pressed a button of a card."""

    post_id: str
    trigger_id: str
    context: JsonValue = None


class Form(_Sent):
    """Somebody sent the form for a reason."""

    type: Literal["dialog_submission"]
    state: str = ""
    submission: Json = {}


class Command(_Sent):
    """Somebody typed the slash command."""

    token: str
    trigger_id: str
    text: str = ""


_CALLBACK: TypeAdapter[Form | Button] = TypeAdapter(Form | Button)


def callback(body: bytes) -> Form | Button | None:
    """What a body says; None for what Mattermost does not send."""
    try:
        return _CALLBACK.validate_json(body)
    except ValidationError:
        return None


def command(body: bytes) -> Command | None:
    """The command in a form."""
    try:
        fields = parse_qs(body.decode(), max_num_fields=50)
        return Command.model_validate({name: values[0] for name, values in fields.items()})
    except ValueError:
        return None


def is_in_channel(sent: Button | Form, settings: MattermostSettings) -> bool:
    """Whether it comes from the channel in which our cards are."""
    return (sent.team_id, sent.channel_id) == (settings.team, settings.channel)


def tap_of(sent: Button, what: Pressed, room: str, event: str) -> Tap:
    """The answer that a button means."""
    return Tap(
        room=room,
        event=event,
        user=sent.user_id,
        ref=sent.post_id,
        request_id=what.request,
        digest=what.digest,
        kind=what.kind,
    )


def tap_with_reason(sent: Form, what: Asked, room: str) -> Tap:
    """The answer that a form means: the same form with the same words in it is the same answer.

    Its seal is part of what tells it from others, and kept nowhere, so that no code can be found by trying.
    """
    reason, lease, code = (_typed(sent, field) for field in (REASON, LEASE, CODE))
    return Tap(
        room=room,
        event=f"form/{sha256([sent.state, reason, lease, code])}",
        user=sent.user_id,
        ref=what.ref,
        request_id=what.request,
        digest=what.digest,
        kind=what.kind,
        reason=reason_typed(reason),
        considered=True,
        lease=lease_typed(lease, shorter=what.shorter),
        code=code_typed(code),
    )


def _typed(sent: Form, field: str) -> str:
    typed = sent.submission.get(field)
    if not isinstance(typed, str | None):
        raise InvalidInput("this is no form of ours")
    return (typed or "").strip()
