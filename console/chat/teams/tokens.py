"""Whether a callback comes from the Bot Connector: the token that it carries.

Rules: 1. RS256 alone, under a key that Microsoft publishes for Teams (`console.chat.teams.keys`) and that the token
names; what else the token says of keys means nothing. 2. Issuer, audience and time are asked for, five minutes are
forgiven. (Bot Framework, "Authentication with the Bot Connector API".)
"""

from datetime import datetime, timedelta

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from console.chat.teams.keys import Keys, PublishedKey
from engine.errors import Denied
from engine.model.chat import TeamsSettings

SCHEME = "bearer"
ALGORITHMS = ["RS256"]
LEEWAY = timedelta(minutes=5)


class Unbelievable(Denied):
    """A token that does not show that Microsoft sent this to us."""


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
    except (JoseError, ValueError, TypeError, AttributeError) as error:  # a header may be any JSON
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
