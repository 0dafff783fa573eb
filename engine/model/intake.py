"""What intake could not read."""

from engine.model.base import Model, Text


class DeadLetter(Model):
    """A refused record with its exact place (1-based) and the reason; `raw` is bounded."""

    file: str
    line: int
    column: int
    message: Text
    raw: Text
