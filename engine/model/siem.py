"""Where what happens goes besides people: receivers of events in OCSF, secrets only by reference."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from engine.model.base import Model
from engine.model.channel import Secret, Secured

FilePath = Annotated[str, StringConstraints(pattern=r"^/")]


class ReceiverSettings(Model):
    """What every receiver has: the name by which the ledger, the doctor and its place in the ledger know it."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]


class EventFileSettings(ReceiverSettings):
    """A file that gets a line of JSON for each event; it may be moved away at any time."""

    kind: Literal["file"]
    path: FilePath


class CollectorSettings(ReceiverSettings):
    """Splunk's HTTP event collector, and what takes the same."""

    kind: Literal["hec"]
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+$"), Secured]
    token: Secret
    index: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{0,80}$")] = ""
    sourcetype: Annotated[str, StringConstraints(pattern=r"^[\w:.-]{1,80}$")] = "fireline:ocsf"


class SyslogTlsSettings(ReceiverSettings):
    """A syslog receiver by TLS (RFC 5425), whose certificate has to be good for its host name.

    `ca` are the certificates that are trusted instead of the system's; `certificate` and `key` show who we are.
    """

    kind: Literal["syslog-tls"]
    host: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:-]{1,253}$")]
    port: Annotated[int, Field(ge=1, le=65535)] = 6514
    ca: FilePath | None = None
    certificate: FilePath | None = None
    key: FilePath | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> "SyslogTlsSettings":
        if (self.certificate is None) is not (self.key is None):
            raise ValueError("`certificate` and `key` belong together")
        return self


Receiver = Annotated[EventFileSettings | CollectorSettings | SyslogTlsSettings, Field(discriminator="kind")]


def _told_apart(receivers: tuple[Receiver, ...]) -> tuple[Receiver, ...]:
    names = [one.name for one in receivers]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two receivers are called `{twice[0]}`")
    return receivers


Receivers = Annotated[tuple[Receiver, ...], AfterValidator(_told_apart)]
"""All receivers of a site."""
