"""A signed POST to whatever takes JSON.

The signature is HMAC-SHA256 over `<timestamp>.<body>`; the receiver refuses what is older than a few minutes, and takes
one `Idempotency-Key` once.
"""

import hashlib
import hmac
from datetime import datetime

from console.outgoing.secret_url import url_at
from console.outgoing.web import post
from engine.digest import canonical
from engine.model.base import Json
from engine.model.channel import WebhookSettings
from engine.outgoing import Notice
from engine.secrets import fetch

VERSION = 1


class Webhook:
    """One address, and the secret that it shares with us."""

    def __init__(self, settings: WebhookSettings) -> None:
        """Nothing is asked for before the first message."""
        self.settings = settings

    async def send(self, notice: Notice, now: datetime) -> None:
        """Hand the notice over."""
        stamp = str(int(now.timestamp()))
        told: Json = {"version": VERSION, **notice.model_dump(mode="json")}
        body = canonical(told)
        headers = {
            "Fireline-Timestamp": stamp,
            "Fireline-Signature": signature(await fetch(self.settings.secret), stamp, body),
            "Idempotency-Key": notice.id,
        }
        await post(await url_at(self.settings.url), body, headers)


def signature(secret: str, stamp: str, body: bytes) -> str:
    """`v1=<hex>` over the time and every byte of the body."""
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    return f"v{VERSION}={digest.hexdigest()}"
