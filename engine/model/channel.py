"""Ways out to people: what a site sets for each, secrets only by reference."""

import re
from ipaddress import ip_address
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from engine.model.base import Model

REFERENCE = r"env:[A-Za-z_][A-Za-z0-9_]*|file:/.+|keyring:[^/\s]+/\S+|vault:[^/#\s]+/[^#\s]+#[^#\s]+"
Secret = Annotated[str, StringConstraints(pattern=rf"^({REFERENCE})$")]
"""Where a secret stands (`engine.secrets`); never the secret itself."""
Mailbox = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}$")]
"""An address of e-mail, without anything that a header or an envelope would read as more than one."""
PAGER = "pager"
HERE = re.compile(r"http://(127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{1,5})?([/?#].*)?")
"""Plain HTTP to an address of this host; a name may lead anywhere."""


def secured(url: str) -> str:
    """The URL, if nobody on the way can read what is sent there; raise `ValueError` otherwise."""
    if url.lower().startswith("http:") and not HERE.fullmatch(url):
        raise ValueError("without TLS only this host is spoken to: `https://`, or `http://127.0.0.1`")
    return url


Secured = AfterValidator(secured)


class ChannelSettings(Model):
    """What every channel has: a name, whom it speaks to, and from which round of a page on."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]
    hears: tuple[str, ...] = (PAGER,)
    from_round: Annotated[int, Field(ge=0, le=20)] = 0


class PagerDutySettings(ChannelSettings):
    """Anything that takes PagerDuty's Events API v2."""

    kind: Literal["pagerduty"]
    routing_key: Secret
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$"), Secured] = (
        "https://events.pagerduty.com/v2/enqueue"
    )


class WebhookSettings(ChannelSettings):
    """Any receiver of JSON, signed by HMAC; the URL may be a secret too."""

    kind: Literal["webhook"]
    url: Annotated[str, StringConstraints(pattern=rf"^(https?://\S+|{REFERENCE})$"), Secured]
    secret: Secret


class FileSettings(ChannelSettings):
    """A file that gets a line of JSON for each message, for sites that have no pager."""

    kind: Literal["file"]
    path: Annotated[str, StringConstraints(pattern=r"^/")]


class SyslogSettings(ChannelSettings):
    """A syslog receiver (RFC 5424): a local socket, or `host:port` by UDP."""

    kind: Literal["syslog"]
    address: Annotated[str, StringConstraints(pattern=r"^(/.+|[^\s/:]+:[0-9]{1,5})$")] = "/dev/log"

    @model_validator(mode="after")
    def _has_a_port(self) -> Self:
        if not self.address.startswith("/") and not 1 <= int(self.address.rpartition(":")[2]) <= 65535:
            raise ValueError("a port is between 1 and 65535")
        return self


class EmailSettings(ChannelSettings):
    """A mail server that takes our messages: for `to` always, and of `people` for those who are meant.

    `console` is the address of the console that each message names. Without TLS only this host is spoken to.
    """

    kind: Literal["email"]
    server: Annotated[str, StringConstraints(pattern=r"^[^\s/@]{1,253}$")]
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca: Annotated[str, StringConstraints(pattern=r"^/")] | None = None
    username: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,255}$")] | None = None
    password: Secret | None = None
    sender: Mailbox
    to: tuple[Mailbox, ...] = ()
    people: dict[str, Mailbox] = {}
    console: Annotated[str, StringConstraints(pattern=r"^https?://[!-~]+$")] | None = None

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.security == "none" and not _is_this_host(self.server):
            raise ValueError("without TLS only this host is spoken to: `security` is `starttls` or `tls`")
        if (self.username is None) != (self.password is None):
            raise ValueError("`username` and `password` go together")
        if not self.to and not self.people:
            raise ValueError("nobody gets anything: name addresses under `to`, or those of `people`")
        return self


def _is_this_host(server: str) -> bool:
    try:
        return ip_address(server).is_loopback
    except ValueError:
        return False


Channel = Annotated[
    PagerDutySettings | WebhookSettings | FileSettings | SyslogSettings | EmailSettings, Field(discriminator="kind")
]


def _told_apart(channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    names = [one.name for one in channels]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two channels are called `{twice[0]}`")
    return channels


Channels = Annotated[tuple[Channel, ...], AfterValidator(_told_apart)]
"""All channels of a site."""
