"""A question that nothing depends on, to see whether a chat room can be asked and heard."""

from engine.model.base import AwareDatetime, Model

ASKED = "AR-0"
"""What stands on its card where a request has its number; no request has this one."""


class Trial(Model):
    """The last trial of a room: who began it, the digest that its card shows, the card, and who answered."""

    room: str
    digest: str
    by: str
    begun_at: AwareDatetime
    ref: str = ""
    heard_from: str = ""
    heard_at: AwareDatetime | None = None
