"""Requests in chat rooms: the card's thread as far as it is carried there, and who is who in a room."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StringConstraints

from engine.model.base import AwareDatetime, Model
from engine.model.channel import Secret, Secured
from engine.model.page import Attempt


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"`{name}` is no time zone") from None
    return name


NIGHT_FROM, NIGHT_UNTIL = 22, 6
Cards = Annotated[int, Field(ge=1, le=60)]


class CardPace(Model):
    """How many new cards somebody who is asked gets within an hour, and how many at night, by the clock of a room."""

    by_day: Cards = 6
    at_night: Cards = 3
    timezone: Annotated[str, AfterValidator(_known_zone)] = "UTC"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of that clock."""
        return ZoneInfo(self.timezone)

    def most(self, now: datetime) -> int:
        """How many in the hour before `now`."""
        hour = now.astimezone(self.zone).hour
        return self.at_night if hour >= NIGHT_FROM or hour < NIGHT_UNTIL else self.by_day


URL = r"^https?://\S+/$"


class RoomSettings(Model):
    """What every room has: a name, by which people are enrolled in it, and the time zone of what it shows.

    `cards_an_hour` and `cards_at_night` are how many new cards anybody is asked by; what is more comes in bundles.
    `prefix` is the product's: what stands before a command that is typed there.
    """

    prefix: ClassVar[str] = ""
    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]
    timezone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    cards_an_hour: Cards = 6
    cards_at_night: Cards = 3

    @property
    def before_commands(self) -> str | None:
        """`prefix`; None where nothing that is typed there reaches us."""
        return self.prefix

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.timezone)

    @property
    def pace(self) -> CardPace:
        """How many new cards anybody is asked by."""
        return CardPace(by_day=self.cards_an_hour, at_night=self.cards_at_night, timezone=self.timezone)


class SlackSettings(RoomSettings):
    """One channel of one Slack workspace, and the app of ours that is in it.

    `team` and `channel` are ids (`T…`, `C…`): names can be changed by others.
    """

    prefix: ClassVar[str] = "/fireline "
    kind: Literal["slack"]
    team: Annotated[str, StringConstraints(pattern=r"^[TE][A-Z0-9]{1,20}$")]
    channel: Annotated[str, StringConstraints(pattern=r"^[CG][A-Z0-9]{1,20}$")]
    signing_secret: Secret
    bot_token: Secret
    app_token: Secret | None = None
    """Of an app in Socket Mode, for sites that nothing outside can reach."""
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+/$"), Secured] = "https://slack.com/api/"


class MatrixSettings(RoomSettings):
    """One room on a Matrix homeserver, which must not be encrypted, and a user of ours who is in it."""

    prefix: ClassVar[str] = "fireline "
    kind: Literal["matrix"]
    room: Annotated[str, StringConstraints(pattern=r"^![^\s/]{1,254}$")]
    access_token: Secret
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+[^/\s]$"), Secured]


ID = r"^[a-z0-9]{26}$"


class MattermostSettings(RoomSettings):
    """One channel of one team on a Mattermost server, and a bot account of ours that is in it.

    `team` and `channel` are ids; `callback` is where that server reaches us. `secret` seals what our buttons carry, and
    `command_token` is what the server made for the slash command, if there is one.
    """

    prefix: ClassVar[str] = "/fireline "
    kind: Literal["mattermost"]
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+[^/\s]$"), Secured]
    team: Annotated[str, StringConstraints(pattern=ID)]
    channel: Annotated[str, StringConstraints(pattern=ID)]
    bot_token: Secret
    secret: Secret
    callback: Annotated[str, StringConstraints(pattern=r"^https?://[!-~]*[!-.0-~]$"), Secured]
    command_token: Secret | None = None

    @property
    def before_commands(self) -> str | None:
        """What is typed reaches us by the slash command alone."""
        return None if self.command_token is None else self.prefix


class HookSettings(RoomSettings):
    """Anything that shows cards and sends answers as signed JSON: `secret` signs what goes there, `answers` what comes.

    Two secrets, for whoever may show cards is not by that one who may say what people answered.
    """

    kind: Literal["webhook"]
    url: Annotated[str, StringConstraints(pattern=r"^https?://[!-~]+$"), Secured]
    secret: Secret
    answers: Secret


GUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


class TeamsSettings(RoomSettings):
    """One channel of a team in Microsoft Teams, and the bot of ours that is in it.

    `app_id` and `tenant` are ids of the directory, in lower case; `conversation` is the channel's own id. The last four
    say where Microsoft's services are: other clouds have them elsewhere.
    """

    kind: Literal["teams"]
    app_id: Annotated[str, StringConstraints(pattern=GUID)]
    app_secret: Secret
    tenant: Annotated[str, StringConstraints(pattern=GUID)]
    conversation: Annotated[str, StringConstraints(pattern=r"^19:[^\s/;]{1,250}@thread\.(tacv2|skype)$")]
    service_url: Annotated[str, StringConstraints(pattern=URL), Secured] = "https://smba.trafficmanager.net/teams/"
    login_url: Annotated[str, StringConstraints(pattern=URL), Secured] = "https://login.microsoftonline.com/"
    keys_url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$"), Secured] = (
        "https://login.botframework.com/v1/.well-known/keys"
    )
    issuer: str = "https://api.botframework.com"


AnyRoom = Annotated[
    SlackSettings | MatrixSettings | TeamsSettings | MattermostSettings | HookSettings, Field(discriminator="kind")
]


def _told_apart(rooms: tuple[AnyRoom, ...]) -> tuple[AnyRoom, ...]:
    # Hooks are told apart by their names, which stand in the address that answers come to.
    kinds, names = [one.kind for one in rooms if one.kind != "webhook"], [one.name for one in rooms]
    if len({*kinds}) < len(kinds):
        raise ValueError("one room a product: what comes from there could not be told apart")
    if len({*names}) < len(names):
        raise ValueError("two rooms have the same name")
    return rooms


Rooms = Annotated[tuple[AnyRoom, ...], AfterValidator(_told_apart)]
"""All rooms of a site."""


class ThreadLine(Model):
    """Something that happened to a request; `key` is its entry in the ledger."""

    key: str
    text: str


class Thread(Model):
    """One card in one room, named by the request that it began with, and what is said beneath it.

    `items` are the requests that stand on it, in their order; `about` is what belongs on it: an incident, or a cause.
    `asked` are those who were asked with it, at `begun_at`.
    `ref` is how the product names the card there, empty until it was posted; `posted` how often one was lost.
    `changed` counts what might have changed the card, `shown` is how far the card shows it, `looks` the digest of what
    it shows. `trying` is what may have arrived though nobody answered. `waiting` has still to be said under the card.
    For a second from `edited_at` on no answer is taken: somebody may have meant what stood there before.
    """

    room: str
    request_id: str
    items: tuple[str, ...] = ()
    about: str = ""
    asked: tuple[str, ...] = ()
    begun_at: AwareDatetime | None = None
    ref: str = ""
    posted: int = 0
    changed: int = 1
    shown: int = 0
    looks: str = ""
    trying: str = ""
    waiting: tuple[ThreadLine, ...] = ()
    edited_at: AwareDatetime | None = None
    tried: Attempt | None = None

    @property
    def pending(self) -> bool:
        """Whether anything of it has still to be carried."""
        return self.shown < self.changed or bool(self.waiting)

    @property
    def requests(self) -> Sequence[str]:
        """What stands on it; at first, and before cards had items, that one alone."""
        return self.items or (self.request_id,)


class Enrolment(Model):
    """Who a user of a room is, and since when; `confirmed_by` is empty where the people's file says so."""

    room: str
    user: str
    principal: str
    since: AwareDatetime
    confirmed_by: str = ""
