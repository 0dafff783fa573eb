"""Whether a callback comes from the Bot Connector: the token it carries, and the keys that Microsoft signs with now.

Rules: 1. RS256 alone, under a key that Microsoft publishes and that the token names; what else the token says of keys
means nothing. 2. Issuer, audience and time are asked for, five minutes are forgiven. 3. A key that nobody knows has the
list fetched anew, at most once a minute; a list is believed for a day. 4. Where the list cannot be fetched nothing is
believed. (Bot Framework, "Authentication with the Bot Connector API".)
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from console.outgoing.web import exchange
from engine.errors import Denied, TargetUnavailable
from engine.model.chat import TeamsSettings

SCHEME = "bearer"
ALGORITHMS = ["RS256"]
LEEWAY = timedelta(minutes=5)
AGAIN, A_DAY = timedelta(minutes=1), timedelta(days=1)
WITHIN_S = 3.0
CHANNEL = "msteams"


class Unbelievable(Denied):
    """A token that does not show that Microsoft sent this to us."""


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class PublishedKey(_Read):
    """One key of the list, of 2048 bits at least; `endorsements` are the channels it speaks for, if any are named."""

    kty: Literal["RSA"]
    kid: str
    n: Annotated[str, Field(min_length=342)]
    e: str
    endorsements: tuple[str, ...] | None = None

    @property
    def speaks(self) -> bool:
        """Whether it speaks for Teams."""
        return self.endorsements is None or CHANNEL in self.endorsements


class _Published(_Read):
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
        """The key of this name, None where Microsoft publishes none; rules 3 and 4."""
        async with self._one_at_a_time:
            if (kid not in self._keys or self._is_old(now)) and self._may_ask(now):
                self._asked_at = now
                self._keys = {one.kid: one for one in await _fetch(self._url)}
                self._fetched_at = now
        return None if self._is_old(now) else self._keys.get(kid)

    def _is_old(self, now: datetime) -> bool:
        return self._fetched_at is None or now >= self._fetched_at + A_DAY

    def _may_ask(self, now: datetime) -> bool:
        return self._asked_at is None or now >= self._asked_at + AGAIN


class Tokens:
    """What believes the tokens of one app."""

    def __init__(self, settings: TeamsSettings) -> None:
        """Nothing is fetched before it is needed."""
        self._settings = settings
        self._keys = Keys(settings.keys_url)

    async def sender(self, authorization: str, now: datetime) -> str:
        """The address of the service that the token is for; raises `Unbelievable`, or as fetching the keys does."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != SCHEME:
            raise Unbelievable("no token")
        key = await self._keys.named(_key_id(token), now)
        if key is None or not key.speaks:
            raise Unbelievable("signed by nobody we know")
        return _believed(token, key, self._settings, now)


def _key_id(token: str) -> str:
    try:
        named = jws.extract_compact(token.encode("ascii")).headers().get("kid")
    except (JoseError, ValueError) as error:
        raise Unbelievable(f"no token: {type(error).__name__}") from None
    if not isinstance(named, str):
        raise Unbelievable("names no key")
    return named


def _believed(token: str, key: PublishedKey, settings: TeamsSettings, now: datetime) -> str:
    """Rules 1 and 2; the service that it names."""
    asked = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=int(LEEWAY.total_seconds()),
        iss={"essential": True, "value": settings.issuer},
        aud={"essential": True, "value": settings.app_id},
        exp={"essential": True},
        nbf={"essential": True},
    )
    try:
        public = RSAKey.import_key({"kty": key.kty, "n": key.n, "e": key.e})
        claims = jwt.decode(token, public, algorithms=ALGORITHMS).claims
        asked.validate(claims)
    except (JoseError, ValueError) as error:
        raise Unbelievable(f"not to be believed: {type(error).__name__}") from None
    service = claims.get("serviceurl")
    if not isinstance(service, str) or not service:
        raise Unbelievable("names no service")
    return service


async def _fetch(url: str) -> Sequence[PublishedKey]:
    said = await exchange("GET", url, b"", {}, WITHIN_S)
    try:
        published = _Published.model_validate_json(said)
    except ValidationError:
        raise TargetUnavailable("the list of Microsoft's keys is none") from None
    return [key for key in map(_key, published.keys) if key is not None]


def _key(one: JsonValue) -> PublishedKey | None:
    """One key of a kind that we use; others stand beside it."""
    try:
        return PublishedKey.model_validate(one)
    except ValidationError:
        return None
