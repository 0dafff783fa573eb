"""Splunk's HTTP event collector: many events in one POST, without indexer acknowledgement.

What a status means: 400, 413 and 422 are about the events sent; whatever else is not taken (a wrong token, a collector
that is busy) is about the way there, and the events wait.
"""

from collections.abc import Sequence

from console.outgoing.siem.port import ContentRefused
from console.outgoing.web import WITHIN_S, Answered, exchange, post
from engine.digest import canonical
from engine.model.base import Json
from engine.model.siem import CollectorSettings
from engine.secrets import fetch

EVENTS, HEALTH = "/services/collector/event", "/services/collector/health"
ABOUT_CONTENT = frozenset({400, 413, 422})


class Collector:
    """One collector and the token that it gave us."""

    at_once = 100

    def __init__(self, settings: CollectorSettings, within_s: float = WITHIN_S) -> None:
        """Nothing is asked for before the first event; a batch has to be taken `within_s`."""
        self.settings, self._within_s = settings, within_s

    async def send(self, events: Sequence[Json]) -> None:
        """One POST for all of them."""
        body = b"\n".join(canonical(self._framed(event)) for event in events)
        try:
            await post(self.settings.url + EVENTS, body, await self._headers(), self._within_s)
        except Answered as error:
            if error.status in ABOUT_CONTENT:
                raise ContentRefused(str(error)) from None
            raise

    async def health(self) -> str:
        """Whether it says that it could take events; the token shows with the first of them."""
        await exchange("GET", self.settings.url + HEALTH, b"", await self._headers(), self._within_s)
        return f"{self.settings.url} is well"

    async def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Splunk {await fetch(self.settings.token)}"}

    def _framed(self, event: Json) -> Json:
        time = event["time"]
        assert isinstance(time, int)
        framed: Json = {"time": time / 1000, "source": "fireline", "sourcetype": self.settings.sourcetype}
        return framed | ({"index": self.settings.index} if self.settings.index else {}) | {"event": event}
