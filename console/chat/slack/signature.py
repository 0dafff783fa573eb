"""Whether a callback comes from Slack: its signature v0, when it was made, and that it was not seen before.

Rules: those of `console.chat.fresh`; and every byte of the body counts, and the time.
"""

import hashlib
import hmac
from datetime import datetime

from console.chat.fresh import Seen, made_at
from engine.model.channel import Secret
from engine.secrets import reveal


class Signatures:
    """What one app signs with; the secret is read each time, so that it can be changed while the engine runs."""

    def __init__(self, secret: Secret) -> None:
        """Nothing was seen yet."""
        self._secret = secret
        self._seen = Seen()

    def accept(self, stamp: str, signature: str, body: bytes, now: datetime) -> bool:
        """Whether these bytes are Slack's, fresh, and here for the first time."""
        made = made_at(stamp, now)
        if made is None or not hmac.compare_digest(signature.encode(), self._sign(stamp, body)):
            return False
        return self._seen.is_new(signature, made, now)

    def _sign(self, stamp: str, body: bytes) -> bytes:
        digest = hmac.new(reveal(self._secret).encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256)
        return f"v0={digest.hexdigest()}".encode()
