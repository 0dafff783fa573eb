"""What Slack sends back, as far as we believe it; the signature was checked before."""

from typing import Annotated, Literal
from urllib.parse import parse_qs

from pydantic import Field, TypeAdapter, ValidationError

from console.chat.fields import code_typed, lease_typed, reason_typed
from console.chat.slack.blocks import CODE, FORM, LEASE, REASON, VALUE, Asking
from console.outgoing.answers import Received
from engine.control.chat_voting import Tap
from engine.errors import InvalidInput
from engine.model.approval import VoteKind
from engine.model.base import Json
from engine.model.chat import SlackSettings

ANSWERS = {
    "approve": VoteKind.APPROVE,
    "approve.because": VoteKind.APPROVE,
    "shorter.because": VoteKind.APPROVE,
    "deny.because": VoteKind.DENY,
}


class _Team(Received):
    id: str


class _User(Received):
    id: Annotated[str, Field(pattern=r"^[UW][A-Z0-9]{1,20}$")]
    team_id: str | None = None


class _Place(Received):
    message_ts: str
    channel_id: str


class _Pressed(Received):
    action_id: str
    value: str = ""


class Pressed(Received):
    """Somebody pressed a button of a card."""

    type: Literal["block_actions"]
    team: _Team
    user: _User
    container: _Place
    trigger_id: str
    actions: Annotated[tuple[_Pressed, ...], Field(min_length=1, max_length=1)]


class _Typed(Received):
    value: Annotated[str, Field(max_length=4000)] | None = None


class _State(Received):
    values: dict[str, dict[str, _Typed]]


class _View(Received):
    callback_id: str
    private_metadata: str
    state: _State


class Submitted(Received):
    """Somebody sent the form for a reason."""

    type: Literal["view_submission"]
    team: _Team
    user: _User
    view: _View


class Command(Received):
    """Somebody typed the slash command."""

    team_id: str
    user_id: str
    text: str = ""
    trigger_id: str = ""


Interaction = Annotated[Pressed | Submitted, Field(discriminator="type")]
_INTERACTION: TypeAdapter[Interaction] = TypeAdapter(Interaction)


def interaction(body: bytes) -> Pressed | Submitted:
    """The interaction in a form's `payload`; raise `InvalidInput` for any other."""
    try:
        return _INTERACTION.validate_json(_form(body).get("payload", ""))
    except ValidationError as error:
        raise InvalidInput(f"this is no interaction of ours: {error.errors()[0]['msg'].lower()}") from None


def command(body: bytes) -> Command:
    """The command in a form."""
    try:
        return Command.model_validate(_form(body))
    except ValidationError:
        raise InvalidInput("this is no command of ours") from None


def is_ours(sent: Pressed | Submitted, settings: SlackSettings) -> bool:
    """Whether it comes from our workspace and somebody of it; a shared channel has people of others."""
    at_home = sent.user.team_id in (None, settings.team)
    return at_home and sent.team.id == settings.team


def tap_of(sent: Pressed, settings: SlackSettings, event: str) -> Tap:
    """The answer that a button means; raise `InvalidInput` where it is none of a card in our channel."""
    [pressed] = sent.actions
    value = VALUE.fullmatch(pressed.value)
    if value is None or pressed.action_id not in ANSWERS or sent.container.channel_id != settings.channel:
        raise InvalidInput("this is no answer to a card of ours")
    return Tap(
        room=settings.name,
        event=event,
        user=sent.user.id,
        ref=sent.container.message_ts,
        request_id=value["request"],
        digest=value["digest"],
        kind=ANSWERS[pressed.action_id],
    )


def is_shorter(sent: Pressed) -> bool:
    """Whether it is for less than what is asked."""
    return sent.actions[0].action_id == "shorter.because"


def wants_reason(sent: Pressed) -> bool:
    """Whether a form for the reason comes before the answer."""
    return sent.actions[0].action_id.endswith(".because")


def tap_with_reason(sent: Submitted, settings: SlackSettings, event: str) -> Tap:
    """The answer that a form means."""
    if sent.view.callback_id != FORM:
        raise InvalidInput("this is no form of ours")
    try:
        asking = Asking.model_validate_json(sent.view.private_metadata)
    except ValidationError:
        raise InvalidInput("this is no form of ours") from None
    return Tap(
        room=settings.name,
        event=event,
        user=sent.user.id,
        considered=True,
        reason=reason_typed(_typed(sent, REASON)),
        lease=lease_typed(_typed(sent, LEASE), shorter=asking.shorter),
        code=code_typed(_typed(sent, CODE)),
        **asking.model_dump(exclude={"shorter"}),
    )


def _typed(sent: Submitted, block: str) -> str:
    """What stands in one field of a form."""
    typed = sent.view.state.values.get(block, {}).values()
    return " ".join(one.value or "" for one in typed).strip()


def _form(body: bytes) -> dict[str, str]:
    try:
        return {name: values[0] for name, values in parse_qs(body.decode(), max_num_fields=50).items()}
    except ValueError:
        raise InvalidInput("this is no form") from None


class _Event(Received):
    type: str
    challenge: Annotated[str, Field(max_length=1000)] = ""


def challenge(body: bytes) -> Json:
    """The answer to an event: Slack's question whether the address is ours is answered, everything else heard."""
    try:
        event = _Event.model_validate_json(body)
    except ValidationError:
        raise InvalidInput("this is no event") from None
    return {"challenge": event.challenge} if event.type == "url_verification" else {}
