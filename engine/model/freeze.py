"""The kill switch."""

from engine.model.base import AwareDatetime, Model, Text


class Freeze(Model):
    """Stops what has not begun: everything (`global`), or one `action:`, `connector:`, `target:` or `detector:`.

    Releases go on under every freeze (I7). `until` None means until somebody lifts it.
    """

    scope: str
    principal: str
    reason: Text
    since: AwareDatetime
    until: AwareDatetime | None = None
