"""Tokens by which programs and people speak to the API."""

from typing import Annotated

from pydantic import Field

from engine.model.base import AwareDatetime, Model
from engine.model.permission import Permission


class ApiToken(Model):
    """A token as it is kept: whose it is, what it opens, until when; of the token itself only a digest.

    `scopes` bound what its owner's roles allow and never add to it. `last_used_at` is exact to a minute.
    """

    id: str
    principal: str
    label: Annotated[str, Field(min_length=1, max_length=100)]
    scopes: Annotated[tuple[Permission, ...], Field(min_length=1)]
    sha256: str
    created_at: AwareDatetime
    created_by: str
    expires_at: AwareDatetime
    last_used_at: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None
    revoked_by: str | None = None
