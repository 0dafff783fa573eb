"""What Teams sends us, as far as we believe it; the token was checked before."""

import re
from typing import Annotated

from pydantic import Field, JsonValue, ValidationError

from console.chat.fields import code_typed, lease_typed, reason_typed
from console.chat.teams.cards import APPROVE, CODE, DENY, LEASE, REASON, SHORTER, field_id
from console.outgoing.answers import Received
from engine.control.chat_voting import Tap
from engine.errors import InvalidInput
from engine.model.approval import VoteKind
from engine.model.chat import TeamsSettings

ANSWERS = {APPROVE: VoteKind.APPROVE, SHORTER: VoteKind.APPROVE, DENY: VoteKind.DENY}
REQUEST, DIGEST = re.compile(r"AR-\d{1,12}"), re.compile(r"[0-9a-f]{64}")
CHANNEL, INVOKE, ANSWER = "msteams", "invoke", "adaptiveCard/action"
MESSAGE, ALONE = "message", "personal"
IN_THREAD = ";messageid="
TO_US = re.compile(r"<at>[^<]*</at>|&nbsp;")
"""How a message in a channel names the app that it is for."""
TYPED = 1000
"""Characters that are looked at of what somebody typed."""
BOT = "28:"
"""How the ids of bots begin; people's begin otherwise, and carry an object id of the directory."""


class _Account(Received):
    id: str
    person: Annotated[str | None, Field(alias="aadObjectId", pattern=r"^[0-9A-Fa-f-]{36}$")] = None


class _Conversation(Received):
    id: str
    tenant: Annotated[str | None, Field(alias="tenantId")] = None
    kind: Annotated[str, Field(alias="conversationType")] = ""

    def is_in(self, channel: str) -> bool:
        """Whether it is this channel, or a thread in it."""
        return self.id.partition(IN_THREAD)[0] == channel


class _Named(Received):
    id: str


class _ChannelData(Received):
    tenant: _Named | None = None


class _Action(Received):
    verb: str = ""
    data: dict[str, JsonValue] = {}


class _Value(Received):
    action: _Action
    trigger: str = "manual"


class Activity(Received):
    """Something that happened in Teams."""

    type: str
    id: Annotated[str, Field(min_length=1, max_length=300)]
    channel: Annotated[str, Field(alias="channelId")]
    service: Annotated[str, Field(alias="serviceUrl")]
    sender: Annotated[_Account, Field(alias="from")]
    conversation: _Conversation
    name: str = ""
    card: Annotated[str, Field(alias="replyToId")] = ""
    about: Annotated[_ChannelData, Field(alias="channelData")] = _ChannelData()
    value: JsonValue = None
    text: str = ""

    @property
    def answers(self) -> bool:
        """Whether somebody pressed a button of a card."""
        return self.type == INVOKE and self.name == ANSWER


def activity(body: bytes) -> Activity:
    """The activity in a body; raise `InvalidInput` for anything else."""
    try:
        return Activity.model_validate_json(body)
    except ValidationError:
        raise InvalidInput("this is no activity of Teams") from None


def is_ours(sent: Activity, service: str, settings: TeamsSettings) -> bool:
    """Whether it comes from the service that the token names, and from our tenant, wherever one is named."""
    tenants = {sent.conversation.tenant, sent.about.tenant.id if sent.about.tenant else None} - {None}
    return sent.service == service and sent.channel == CHANNEL and tenants == {settings.tenant}


def tap_of(sent: Activity, settings: TeamsSettings) -> Tap:
    """The answer that a button means; raise `InvalidInput` where it is none of a card in our channel."""
    try:
        value = _Value.model_validate(sent.value)
    except ValidationError:
        raise InvalidInput("this is no answer to a card of ours") from None
    data, verb = value.action.data, value.action.verb
    request, digest = str(data.get("request", "")), str(data.get("digest", ""))
    ours = verb in ANSWERS and REQUEST.fullmatch(request) and DIGEST.fullmatch(digest)
    if not ours or value.trigger != "manual" or not sent.conversation.is_in(settings.conversation):
        raise InvalidInput("this is no answer to a card of ours")
    return Tap(
        room=settings.name,
        event=sent.id,
        user=person(sent),
        ref=sent.card,
        request_id=request,
        digest=digest,
        kind=ANSWERS[verb],
        reason=reason_typed(_typed(value.action, REASON, request)),
        lease=lease_typed(_typed(value.action, LEASE, request), shorter=verb == SHORTER),
        code=code_typed(_typed(value.action, CODE, request)),
    )


def _typed(action: _Action, field: str, request: str) -> str:
    """What stands in a field of the button that was pressed."""
    typed = action.data.get(field_id(field, action.verb, request), "")
    return typed.strip() if isinstance(typed, str) else ""


def typed_in(sent: Activity, settings: TeamsSettings) -> str | None:
    """What somebody typed to us, in our channel or alone; None for anything else that happens."""
    if sent.type != MESSAGE or not (sent.conversation.kind == ALONE or sent.conversation.is_in(settings.conversation)):
        return None
    return TO_US.sub(" ", sent.text[:TYPED]).strip()


def person(sent: Activity) -> str:
    """The object id of whoever did it."""
    if sent.sender.person is None or sent.sender.id.startswith(BOT):
        raise InvalidInput("nobody of the directory sent this")
    return sent.sender.person.lower()
