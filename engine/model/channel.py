"""Ways out to people: what a site sets for each, secrets only by reference."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from engine.model.base import Model

Secret = Annotated[str, StringConstraints(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:/.+)$")]
"""Where a secret stands: `env:NAME` or `file:/path`; never the secret itself."""
PAGER = "pager"


class ChannelSettings(Model):
    """What every channel has: a name, whom it speaks to, and from which round of a page on."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]
    hears: tuple[str, ...] = (PAGER,)
    from_round: Annotated[int, Field(ge=0, le=20)] = 0


class PagerDutySettings(ChannelSettings):
    """Anything that takes PagerDuty's Events API v2."""

    kind: Literal["pagerduty"]
    routing_key: Secret
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] = "https://events.pagerduty.com/v2/enqueue"


class WebhookSettings(ChannelSettings):
    """Any receiver of JSON, signed by HMAC; the URL may be a secret too."""

    kind: Literal["webhook"]
    url: Annotated[str, StringConstraints(pattern=r"^(https?://\S+|env:[A-Za-z_][A-Za-z0-9_]*|file:/.+)$")]
    secret: Secret


class FileSettings(ChannelSettings):
    """A file that gets a line of JSON for each message, for sites that have no pager."""

    kind: Literal["file"]
    path: Annotated[str, StringConstraints(pattern=r"^/")]


class SyslogSettings(ChannelSettings):
    """A syslog receiver (RFC 5424): a local socket, or `host:port` by UDP."""

    kind: Literal["syslog"]
    address: Annotated[str, StringConstraints(pattern=r"^(/.+|[^\s/:]+:[0-9]{1,5})$")] = "/dev/log"


Channel = Annotated[PagerDutySettings | WebhookSettings | FileSettings | SyslogSettings, Field(discriminator="kind")]


def _told_apart(channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    names = [one.name for one in channels]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two channels are called `{twice[0]}`")
    return channels


Channels = Annotated[tuple[Channel, ...], AfterValidator(_told_apart)]
"""All channels of a site."""
