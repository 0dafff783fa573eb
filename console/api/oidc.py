"""Signing in with an identity provider: the authorisation code flow with PKCE (OpenID Connect Core 3.1, RFC 7636).

Rules: 1. State, nonce and verifier come from one secret that stays in the browser which began: nobody else's answer
fits it, and nothing has to be remembered of strangers. 2. What the provider says of itself is believed where it names
the very issuer of the settings, and its addresses are as safe as that one. 3. Its keys are read again after an hour,
and at once where one is not known, though not twice within a minute. 4. Whoever signs in is a stranger until then, and
is told nothing of what is wrong.
"""

import base64
import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import quote, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from joserfc.jwk import KeySet
from pydantic import BaseModel, ValidationError

from console.api.id_token import Expected, NotBelieved, UnknownKey, signing_keys, subject_of
from console.outgoing.web import exchange
from engine.errors import InvalidInput, ServiceAway, TargetRefused, TargetUnavailable
from engine.model.sign_in import OidcSettings, Url
from engine.secrets import fetch

LOG = logging.getLogger("fireline")
KNOWN_FOR = timedelta(hours=1)
AGAIN = timedelta(minutes=1)
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


class Provided(BaseModel):
    """What a provider says of itself (OpenID Connect Discovery 3), as far as it matters here."""

    issuer: str
    authorization_endpoint: Url
    token_endpoint: Url
    jwks_uri: Url
    authorization_response_iss_parameter_supported: bool = False


class Published(BaseModel):
    """A set of keys, each of whatever shape."""

    keys: list[object]


class Tokens(BaseModel):
    """What a code is exchanged for."""

    id_token: str
    access_token: str | None = None


@dataclass(frozen=True)
class Known:
    """What was read of a provider, and when."""

    provided: Provided
    keys: KeySet
    at: datetime


@dataclass(frozen=True)
class Returned:
    """With what a browser comes back, and the secret with which it went."""

    code: str
    secret: str
    redirect_uri: str
    issuer: str | None = None


class Provider:
    """One identity provider, read when somebody first signs in."""

    def __init__(self, settings: OidcSettings, clock: Callable[[], datetime]) -> None:
        """Nothing is read yet."""
        self._settings, self._clock = settings, clock
        self._known: Known | None = None

    async def address(self, secret: str, redirect_uri: str) -> str:
        """Where a browser that keeps this secret is sent to sign in."""
        known = await self._current()
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self._settings.scopes),
            "state": state_of(secret),
            "nonce": nonce_of(secret),
            "code_challenge": create_s256_code_challenge(_verifier_of(secret)),
            "code_challenge_method": "S256",
        }
        endpoint = known.provided.authorization_endpoint
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(asked)}"

    async def subject(self, returned: Returned) -> str:
        """Who has signed in; raise `NotBelieved` where nothing shows it, `ServiceAway` where nobody answers."""
        known = await self._current()
        _require_same_provider(known.provided, returned.issuer)
        tokens = await self._exchange(known.provided, returned)
        expected = Expected(self._settings, nonce_of(returned.secret), tokens.access_token)
        try:
            return subject_of(tokens.id_token, known.keys, expected, self._clock())
        except UnknownKey:
            if self._clock() < known.at + AGAIN:
                raise
        return subject_of(tokens.id_token, (await self._read()).keys, expected, self._clock())

    async def _current(self) -> Known:
        known = self._known
        return known if known is not None and self._clock() < known.at + KNOWN_FOR else await self._read()

    async def _read(self) -> Known:
        """Rules 2 and 3."""
        try:
            provided, keys = await discover(self._settings)
        except (TargetRefused, TargetUnavailable) as error:
            raise _away(f"it says nothing of use: {error}") from None
        self._known = Known(provided, keys, self._clock())
        return self._known

    async def _exchange(self, provided: Provided, returned: Returned) -> Tokens:
        """The code for what it stands for; the verifier shows that it is ours (RFC 7636)."""
        form = {
            "grant_type": "authorization_code",
            "code": returned.code,
            "redirect_uri": returned.redirect_uri,
            "client_id": self._settings.client_id,
            "code_verifier": _verifier_of(returned.secret),
        }
        try:
            answer = await exchange("POST", provided.token_endpoint, urlencode(form).encode(), await self._headers())
            return Tokens.model_validate_json(answer)
        except (TargetUnavailable, InvalidInput) as error:
            raise _away(f"it does not answer, or our own secret is not there: {error}") from None
        except (TargetRefused, ValidationError) as error:
            raise NotBelieved(f"the code stands for nothing: {_told(error)}") from None

    async def _headers(self) -> dict[str, str]:
        """Who we are there (RFC 6749 2.3.1); a client without a secret is known by PKCE alone."""
        reference = self._settings.client_secret
        if reference is None:
            return FORM
        pair = f"{quote(self._settings.client_id, safe='')}:{quote(await fetch(reference), safe='')}"
        return {**FORM, "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


async def discover(settings: OidcSettings) -> tuple[Provided, KeySet]:
    """What a provider says of itself, and the keys that may sign; rule 2.

    Raises `TargetUnavailable` where it does not answer now, `TargetRefused` where what it says is of no use.
    """
    where = f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        provided = Provided.model_validate_json(await exchange("GET", where, b"", {}))
        _require_as_safe(provided)
        published = Published.model_validate_json(await exchange("GET", provided.jwks_uri, b"", {}))
    except ValidationError as error:
        raise TargetRefused(_told(error)) from None
    if provided.issuer != settings.issuer:
        raise TargetRefused("it names another issuer than the settings do")
    return provided, signing_keys(published.keys)


def state_of(secret: str) -> str:
    """What comes back with a code that belongs to this secret's browser."""
    return _derived(secret, b"state")


def nonce_of(secret: str) -> str:
    """What a token for this secret's sign-in holds."""
    return _derived(secret, b"nonce")


def _verifier_of(secret: str) -> str:
    return _derived(secret, b"verifier")


def _derived(secret: str, what: bytes) -> str:
    """Rule 1: each shows nothing of the secret, nor of the others."""
    return base64.urlsafe_b64encode(hmac.digest(secret.encode(), b"fireline " + what, "sha256")).decode().rstrip("=")


def _away(why: str) -> ServiceAway:
    """Rule 4."""
    LOG.warning("the identity provider cannot be asked: %s", why)
    return ServiceAway("nobody can sign in here now")


def _require_as_safe(provided: Provided) -> None:
    """Rule 2: who is spoken to by TLS sends nobody, and none of our secrets, where there is none, nor to this host."""
    addresses = (provided.authorization_endpoint, provided.token_endpoint, provided.jwks_uri)
    if provided.issuer.startswith("https://") and not all(map(_is_out_there, addresses)):
        raise TargetRefused("it names an address that is less safe than its own")


def _is_out_there(url: str) -> bool:
    parts = urlsplit(url)
    try:
        return parts.scheme == "https" and ip_address(parts.hostname or "").is_global
    except ValueError:
        # A name, which never leads to this host (`console.outgoing.address`).
        return parts.scheme == "https"


def _require_same_provider(provided: Provided, issuer: str | None) -> None:
    """Who names themselves in the answer has to be who was asked (RFC 9207); who says they will, must."""
    if issuer != provided.issuer and (issuer is not None or provided.authorization_response_iss_parameter_supported):
        raise NotBelieved("the answer comes from another provider")


def _told(error: Exception) -> str:
    """Of what does not fit only the place; of a failure its words, which name a host alone."""
    if isinstance(error, ValidationError):
        return f"`{'.'.join(str(step) for step in error.errors()[0]['loc'])}` is not there or not as it should be"
    return str(error)
