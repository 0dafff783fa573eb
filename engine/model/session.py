"""Sessions of people at the API, and the links that open one, once."""

from datetime import timedelta
from enum import StrEnum

from engine.model.base import AwareDatetime, Model

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
LINK_LASTS = timedelta(minutes=10)


class Way(StrEnum):
    """How somebody signed in."""

    LINK = "link"
    OIDC = "oidc"


class Session(Model):
    """One sign-in of one person, as it is kept: of what their browser carries only a digest.

    `person` is the digest of who they were then; `used_at` is exact to a minute.
    """

    id: str
    principal: str
    sha256: str
    person: str
    way: Way
    source: str
    opened_at: AwareDatetime
    used_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    why: str | None = None


class SignInLink(Model):
    """Leave to sign in once as somebody, without more."""

    sha256: str
    principal: str
    made_at: AwareDatetime
    person: str = ""
    """Digest of who that was: once their entry changes, nobody signs in with it."""
