"""The kill switch."""

from datetime import timedelta

from engine.model.base import AwareDatetime, Model, Text


class FreezeWish(Model):
    """How long one person wants a scope frozen.

    Of the hour that they have for it alone in the day that begins at `since`, `used` was gone at `begun` (left out: at
    `since`), when they froze it last.
    """

    principal: str
    since: AwareDatetime
    until: AwareDatetime
    begun: AwareDatetime | None = None
    used: timedelta = timedelta(0)


class Freeze(Model):
    """Stops what has not begun: all (`global`), or one `action:`, `connector:`, `segment:`, `target:` or `detector:`.

    Releases go on under every freeze (I7). `until` None means until somebody lifts it. `principal` set it last, and
    `wishes` are everybody's. `warned` and `told` say that its end was announced: that it is near, and that it came.
    """

    scope: str
    principal: str
    reason: Text
    since: AwareDatetime
    until: AwareDatetime | None = None
    wishes: tuple[FreezeWish, ...] = ()
    warned: bool = False
    told: bool = False
