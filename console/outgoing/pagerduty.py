"""PagerDuty's Events API v2, which other pagers take as well."""

from datetime import datetime

from console.outgoing.web import post
from engine.digest import canonical
from engine.model.base import Json
from engine.model.channel import PagerDutySettings
from engine.model.page import Event
from engine.outgoing import Notice
from engine.secrets import fetch

SUMMARY = 1024


class PagerDuty:
    """One routing key of one receiver; the same `dedup_key` is one alert there, however often it arrives."""

    def __init__(self, settings: PagerDutySettings) -> None:
        """Nothing is asked for before the first message."""
        self.settings = settings

    async def send(self, notice: Notice, now: datetime) -> None:
        """Trigger, acknowledge or resolve; what is told and needs no answer is a trigger of the lowest severity."""
        await post(self.settings.url, canonical(_body(notice, await fetch(self.settings.routing_key))), {})


def _body(notice: Notice, routing_key: str) -> Json:
    told = notice.event is Event.TELL
    body: Json = {
        "routing_key": routing_key,
        "event_action": "trigger" if told else str(notice.event),
        "dedup_key": notice.key,
    }
    return body | _payload(notice) if told or notice.event is Event.TRIGGER else body


def _payload(notice: Notice) -> Json:
    return {
        "client": "Fireline",
        "payload": {
            "summary": notice.title[:SUMMARY],
            "source": "fireline",
            "severity": "info" if notice.event is Event.TELL else "critical",
            "timestamp": notice.made_at.isoformat(),
            "component": notice.subject,
            "custom_details": {"people": [*notice.people], "round": notice.round, "lines": [*notice.lines]},
        },
    }
