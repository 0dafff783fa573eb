"""The keys that Microsoft signs with now.

Rules: 1. A key that nobody knows has the list fetched anew, at most once a minute; a list is believed for a day.
2. Where the list cannot be fetched nothing is believed.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from console.outgoing.answers import Received, object_in, read, readable
from console.outgoing.web import exchange

AGAIN, A_DAY = timedelta(minutes=1), timedelta(days=1)
WITHIN_S = 3.0
LIST = "the list of Microsoft's keys"
CHANNEL = "msteams"


class PublishedKey(Received):
    """One key of the list, of 2048 bits at least; `endorsements` are the channels it speaks for: no others."""

    kty: Literal["RSA"]
    kid: str
    n: Annotated[str, Field(min_length=342)]
    e: str
    endorsements: tuple[str, ...] = ()

    @property
    def speaks(self) -> bool:
        """Whether it speaks for Teams."""
        return CHANNEL in self.endorsements


class _Published(Received):
    keys: tuple[JsonValue, ...]


class Keys:
    """The list, as it was fetched last."""

    def __init__(self, url: str) -> None:
        """Nothing is fetched before it is needed."""
        self._url = url
        self._keys = dict[str, PublishedKey]()
        self._fetched_at: datetime | None = None
        self._asked_at: datetime | None = None
        self._one_at_a_time = asyncio.Lock()

    async def named(self, kid: str, now: datetime) -> PublishedKey | None:
        """The key of this name, None where Microsoft publishes none; both rules."""
        async with self._one_at_a_time:
            if (kid not in self._keys or self._is_old(now)) and self._may_ask(now):
                self._asked_at = now
                self._keys = {one.kid: one for one in await published(self._url)}
                self._fetched_at = now
        return None if self._is_old(now) else self._keys.get(kid)

    def _is_old(self, now: datetime) -> bool:
        return self._fetched_at is None or now >= self._fetched_at + A_DAY

    def _may_ask(self, now: datetime) -> bool:
        return self._asked_at is None or now >= self._asked_at + AGAIN


async def published(url: str) -> Sequence[PublishedKey]:
    """The keys of the list that are of a kind we use."""
    found = read(_Published, object_in(await exchange("GET", url, b"", {}, WITHIN_S), LIST), LIST)
    keys = (readable(PublishedKey, one) for one in found.keys)
    return [key for key in keys if key is not None]
