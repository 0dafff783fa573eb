"""Whether a callback comes from Slack: its signature v0, when it was made, and that it was not seen before.

Rules: those of `console.chat.fresh`; and every byte of the body counts, and the time.
"""

import hashlib
import hmac
from datetime import datetime

from console.chat.fresh import Seen, made_at
from engine.model.channel import Secret
from engine.secrets import fetch


class Signatures:
    """What one app signs with; the secret is read each time, so that it can be changed while the engine runs."""

    def __init__(self, secret: Secret) -> None:
        """Nothing was seen yet."""
        self._secret = secret
        self._seen = Seen()

    async def accept(self, stamp: str, signature: str, body: bytes, now: datetime) -> bool:
        """Whether these bytes are Slack's, fresh, and here for the first time."""
        made = made_at(stamp, now)
        if made is None:
            return False
        # The secret alone is waited for: between what was seen and what is, nobody else has a turn.
        if not hmac.compare_digest(signature.encode(), _sign(await fetch(self._secret), stamp, body)):
            return False
        return self._seen.is_new(signature, made, now)


def _sign(secret: str, stamp: str, body: bytes) -> bytes:
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256)
    return f"v0={digest.hexdigest()}".encode()
