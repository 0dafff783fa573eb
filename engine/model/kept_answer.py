"""What a request with an idempotency key stood for, and what it came to."""

from engine.model.base import AwareDatetime, Model


class TakenKey(Model):
    """A key in use: `name` says whose it is, `digest` for which request."""

    name: str
    digest: str
    at: AwareDatetime


class KeptAnswer(Model):
    """The answer that was given."""

    status: int
    text: str
