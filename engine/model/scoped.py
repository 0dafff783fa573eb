"""What a policy says of certain things for a while: scoped, owned, with a reason, and with an end."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from engine.model.authored import Line, Name
from engine.model.base import AwareDatetime, Model

Things = Annotated[tuple[Line, ...], Field(max_length=1000)]
"""Names, addresses and networks, in any spelling."""


class _Restriction(Model):
    """Covers what is among `targets`, where `when` holds; one of the two has to be said."""

    id: Name
    targets: Things = ()
    when: Line = "true"
    owner: Line
    reason: Line

    @model_validator(mode="after")
    def _says_what_it_covers(self) -> "_Restriction":
        if not self.targets and "when" not in self.model_fields_set:
            raise ValueError("says not what it covers: give `targets`, `when` or both")
        return self


class Exclude(_Restriction):
    """What we never touch with these `actions` until it expires; without them, with none that changes anything."""

    actions: tuple[Name, ...] = ()
    expires_at: AwareDatetime


class Protect(_Restriction):
    """What takes tier 4 beside the site's own protected things, for good or until it expires."""

    expires_at: AwareDatetime | None = None


class ActivityKind(StrEnum):
    """What sort of work looks like an attack and is none."""

    SCANNER = "scanner"
    PENETRATION_TEST = "penetration_test"
    PATCHING = "patching"
    BACKUP = "backup"
    MIGRATION = "migration"
    EXERCISE = "exercise"


class AuthorisedActivity(Model):
    """Work from these `sources` (hosts, addresses, networks) or `accounts` against these `targets`, while it lasts.

    With both it takes one of the sources and one of the accounts.
    """

    id: Name
    kind: ActivityKind
    sources: Things = ()
    accounts: Things = ()
    targets: Annotated[Things, Field(min_length=1)]
    owner: Line
    reason: Line
    starts_at: AwareDatetime | None = None
    expires_at: AwareDatetime

    @model_validator(mode="after")
    def _has_a_source_and_a_time(self) -> "AuthorisedActivity":
        if not self.sources and not self.accounts:
            raise ValueError("says not who: give `sources`, `accounts` or both")
        if self.starts_at is not None and self.starts_at >= self.expires_at:
            raise ValueError("`expires_at` is not after `starts_at`")
        return self
