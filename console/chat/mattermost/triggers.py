"""Who did something, by the word of the Mattermost server.

A callback itself is signed by nobody, and its `user_id` is what whoever sent it wrote there. But with each the server
makes a trigger, `<id>:<user>:<milliseconds>:` with its own ECDSA signature (SHA-256, P-256), and it publishes the key.
Rules: 1. A user did it if a trigger says so that this server signed, made lately, and that was not seen before. 2. The
key is asked for again where a signature does not fit, at most once a minute: it may be another since.
"""

from base64 import b64decode
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from console.chat.fresh import Seen, made_at
from console.chat.mattermost.web_api import call
from engine.errors import TargetRefused
from engine.model.base import Model
from engine.model.chat import MattermostSettings

KEY = "AsymmetricSigningPublicKey"
AGAIN_AFTER = timedelta(minutes=1)
LONGEST = 1000


class Trigger(Model):
    """What a trigger says, and what signs it."""

    id: str
    user: str
    made: str
    signature: bytes

    @property
    def signed(self) -> bytes:
        """What the signature is over."""
        return f"{self.id}:{self.user}:{self.made}:".encode()


class Triggers:
    """Those of one server."""

    def __init__(self, settings: MattermostSettings) -> None:
        """Nothing is asked for before it is needed."""
        self._settings = settings
        self._seen = Seen()
        self._key: EllipticCurvePublicKey | None = None
        self._asked_at: datetime | None = None

    async def by(self, user: str, trigger: str, now: datetime) -> str | None:
        """The id of the trigger by which this user did something, just now and for the first time; None otherwise."""
        told = read(trigger)
        if told is None or told.user != user:
            return None
        made = made_at(told.made[:-3], now)
        if made is None or not await self._is_signed(told, now):
            return None
        return told.id if self._seen.is_new(told.id, made, now) else None

    async def _is_signed(self, told: Trigger, now: datetime) -> bool:
        if self._key is not None and _fits(self._key, told):
            return True
        if self._asked_at is not None and now < self._asked_at + AGAIN_AFTER:
            return False
        self._key, self._asked_at = await published_key(self._settings), now
        return _fits(self._key, told)


async def published_key(settings: MattermostSettings) -> EllipticCurvePublicKey:
    """The key by which the server signs; raises `TargetRefused` where it publishes none."""
    told = (await call(settings, "GET", "config", "client", query={"format": "old"})).get(KEY)
    try:
        key = load_der_public_key(b64decode(told if isinstance(told, str) else "", validate=True))
    except ValueError:
        raise TargetRefused("mattermost publishes no key by which callbacks could be believed") from None
    if not isinstance(key, EllipticCurvePublicKey):
        raise TargetRefused("mattermost signs by another kind of key than its documentation says")
    return key


def read(trigger: str) -> Trigger | None:
    """What it says, if it is one; whether that is true its signature has to show."""
    try:
        name, user, made, signature = b64decode(trigger[:LONGEST], validate=True).decode("ascii").split(":")
        return Trigger(id=name, user=user, made=made, signature=b64decode(signature, validate=True))
    except ValueError:
        return None


def _fits(key: EllipticCurvePublicKey, told: Trigger) -> bool:
    try:
        key.verify(told.signature, told.signed, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
