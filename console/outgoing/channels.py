"""The channels that a site has set, each with what it hears."""

from datetime import datetime
from typing import Protocol

from console.outgoing.lines import File, Syslog
from console.outgoing.mail import Mail
from console.outgoing.pagerduty import PagerDuty
from console.outgoing.webhook import Webhook
from engine.model.channel import (
    ChannelSettings,
    EmailSettings,
    FileSettings,
    PagerDutySettings,
    SyslogSettings,
    WebhookSettings,
)
from engine.model.page import Message
from engine.outgoing import Notice


class Channel(Protocol):
    """One way out; the same notice may come twice."""

    @property
    def settings(self) -> ChannelSettings: ...

    async def send(self, notice: Notice, now: datetime) -> None:
        """Return once it is taken; raise `TargetRefused`, or `TargetUnavailable` where it may pass later."""


def channel(settings: ChannelSettings) -> Channel:
    """The channel that these settings describe."""
    match settings:
        case PagerDutySettings():
            return PagerDuty(settings)
        case WebhookSettings():
            return Webhook(settings)
        case FileSettings():
            return File(settings)
        case SyslogSettings():
            return Syslog(settings)
        case EmailSettings():
            return Mail(settings)
    raise TypeError(f"no channel is made of {type(settings).__name__}")


def hears(settings: ChannelSettings, message: Message) -> bool:
    """Whether a message goes out through this channel."""
    return message.audience in settings.hears and (message.everywhere or message.round >= settings.from_round)
