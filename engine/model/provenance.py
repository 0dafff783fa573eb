"""Where what is known about the place comes from, and for how long that may be believed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from engine.model.base import AwareDatetime, Model

SourceName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,60}$")]


class Source(Model):
    """One import: who gave what file when, and when it was true. After `valid_for` it is stale; None never is."""

    name: SourceName
    format: str
    file: str
    sha256: str
    by: str
    at: AwareDatetime
    as_of: AwareDatetime
    valid_for: timedelta | None

    def age(self, now: datetime) -> timedelta:
        """How long ago it was true."""
        return max(timedelta(0), now - self.as_of)

    def is_stale(self, now: datetime) -> bool:
        """Whether it may not be relied on any more."""
        return self.valid_for is not None and self.age(now) > self.valid_for


class Provenance(Model):
    """Every source, and by the spelling of a name which of them speak of an asset or an account."""

    sources: tuple[Source, ...] = ()
    assets: Mapping[str, tuple[Source, ...]] = {}
    identities: Mapping[str, tuple[Source, ...]] = {}


def all_stale(sources: tuple[Source, ...], now: datetime) -> bool:
    """Whether everything that speaks of it is stale; what nobody spoke of counts as unknown, not as old."""
    return bool(sources) and all(source.is_stale(now) for source in sources)
