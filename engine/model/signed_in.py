"""Where those who decide were signed in from: the way by which they stop us is theirs to keep."""

from datetime import timedelta

from engine.model.base import AwareDatetime, Model

KEPT_FOR = timedelta(days=1)
"""How long an address counts as one that somebody works from."""


class SignedIn(Model):
    """When somebody who approves or administers last came through our own API from an address."""

    principal: str
    address: str
    at: AwareDatetime
