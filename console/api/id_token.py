"""What an identity provider says of who has signed in: believed only as OpenID Connect Core 3.1.3.7 lets it be.

Rules: 1. Signed by RS256 or ES256 with a key that the provider publishes for signing; nothing else is a signature: not
`none`, and no key is ever taken for a shared secret. 2. From this issuer, for us (and by us, where others are named
too), not over, not from the future, made for this very sign-in (nonce) a moment ago, and belonging to the access token
it came with. 3. What names the person is one claim; an address of mail only where the provider says it is verified.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from engine.errors import Denied
from engine.model.base import Json
from engine.model.sign_in import EMAIL, OidcSettings

ALGORITHMS = ("RS256", "ES256")
LEEWAY_S = 60
FRESH_S = 600
"""So long after it was made a token still belongs to a sign-in that goes on."""
SMALLEST = 2048
"""Bits of an RSA key (NIST SP 800-131A)."""


class NotBelieved(Denied):
    """A token, or an answer, that shows nothing."""


class UnknownKey(NotBelieved):
    """Signed by a key that is not among those known here, which may be a new one."""


@dataclass(frozen=True)
class Expected:
    """What a token has to fit: the sign-in that was begun, and the access token it came with."""

    settings: OidcSettings
    nonce: str
    access_token: str | None = None


def signing_keys(published: Iterable[object]) -> KeySet:
    """The keys that may sign, of all that a provider publishes; what is no such key is left out."""
    return KeySet([key for one in published if isinstance(one, dict) for key in _signing_key(one)])


def subject_of(token: str, keys: KeySet, expected: Expected, now: datetime) -> str:
    """Who has signed in, by the claim that the settings name; raise `NotBelieved` where the token does not show it."""
    try:
        read = jwt.decode(token, keys, algorithms=ALGORITHMS)
        _require_fitting(read, expected, now)
    except InvalidKeyIdError:
        raise UnknownKey("the token is signed by a key that is not published") from None
    except (JoseError, ValueError) as error:
        # Only the kind: its text may repeat what the token says.
        raise NotBelieved(f"the token is not good: {type(error).__name__}") from None
    return _named(read.claims, expected.settings)


def _require_fitting(read: jwt.Token, expected: Expected, now: datetime) -> None:
    """Rule 2."""
    settings, at = expected.settings, int(now.timestamp())
    options = {
        "iss": {"essential": True, "value": settings.issuer},
        "aud": {"essential": True, "value": settings.client_id},
        "nonce": {"essential": True, "value": expected.nonce},
    }
    params = {"nonce": expected.nonce, "client_id": settings.client_id, "access_token": expected.access_token}
    CodeIDToken(read.claims, read.header, options, params).validate(at, LEEWAY_S)
    if read.claims["iat"] < at - FRESH_S:
        raise NotBelieved("the token was made long before")


def _named(claims: Json, settings: OidcSettings) -> str:
    """Rule 3."""
    value = claims.get(settings.subject_claim)
    if not isinstance(value, str) or not value:
        raise NotBelieved(f"the token has no `{settings.subject_claim}`")
    if settings.subject_claim == EMAIL and claims.get("email_verified") is not True:
        raise NotBelieved("the provider does not say that the address of mail is verified")
    return value


def _signing_key(published: dict[str, str | list[str]]) -> list[RSAKey | ECKey]:
    """Rule 1, of one key; nothing where it is none."""
    if published.get("use", "sig") != "sig":
        return []
    try:
        match published.get("kty"):
            case "RSA" if len(published.get("n", "")) * 6 >= SMALLEST:
                return [RSAKey.import_key(published)]
            case "EC":
                return [ECKey.import_key(published)]
    except (JoseError, ValueError, KeyError, TypeError):
        return []
    return []
