"""Whether a callback comes from Slack: its signature v0, when it was made, and that it was not seen before.

Rules: 1. Every byte of the body counts, and the time. 2. What is older than five minutes, or from further ahead, is
refused. 3. A signature counts once. What was seen is forgotten with its time, and when the engine starts anew; an
answer under it is known in the database all the same (`engine.control.chat_voting`).
"""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from engine.model.channel import Secret
from engine.secrets import reveal

WINDOW = timedelta(minutes=5)
LONGEST_STAMP = 12


class Signatures:
    """What one app signs with; the secret is read each time, so that it can be changed while the engine runs."""

    def __init__(self, secret: Secret) -> None:
        """Nothing was seen yet."""
        self._secret = secret
        self._seen = dict[str, datetime]()

    def accept(self, stamp: str, signature: str, body: bytes, now: datetime) -> bool:
        """Whether these bytes are Slack's, fresh, and here for the first time."""
        if not self._is_fresh(stamp, now) or not hmac.compare_digest(signature.encode(), self._sign(stamp, body)):
            return False
        self._seen = {one: until for one, until in self._seen.items() if until > now}
        if signature in self._seen:
            return False
        self._seen[signature] = datetime.fromtimestamp(int(stamp), UTC) + WINDOW
        return True

    def _is_fresh(self, stamp: str, now: datetime) -> bool:
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= LONGEST_STAMP):
            return False
        return abs(now.timestamp() - int(stamp)) <= WINDOW.total_seconds()

    def _sign(self, stamp: str, body: bytes) -> bytes:
        digest = hmac.new(reveal(self._secret).encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256)
        return f"v0={digest.hexdigest()}".encode()
