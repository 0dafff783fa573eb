"""How people sign in with an identity provider and sensors with certificates, as a site sets it."""

from ipaddress import ip_address
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from engine.model.base import Model
from engine.model.channel import Secret

Url = Annotated[str, StringConstraints(pattern=r"^(https://[^\s?#@]+|http://127\.0\.0\.1(:[0-9]{1,5})?(/[^\s?#@]*)?)$")]
"""HTTPS, or plain HTTP to this host spelled out."""
Origin = Annotated[str, StringConstraints(pattern=r"^(https://[^\s/?#@]+|http://127\.0\.0\.1:[0-9]{1,5})/?$")]
"""The same, without a path: where browsers reach us."""
Scope = Annotated[str, StringConstraints(pattern=r"^[!#-\[\]-~]+$")]
FilePath = Annotated[str, StringConstraints(pattern=r"^/")]
NO_IDENTITY = frozenset({"name", "given_name", "family_name", "middle_name", "nickname", "preferred_username"})
"""Claims that people choose for themselves, and that two may share (OpenID Connect Core 5.7)."""
EMAIL = "email"


def _is_address(text: str) -> str:
    return str(ip_address(text))


class OidcSettings(Model):
    """An OpenID provider: who we are there, and by which claim it tells us who somebody is.

    By `email` only where the provider says that it is verified, and only where the settings say so.
    """

    issuer: Url
    client_id: Annotated[str, Field(min_length=1, max_length=255)]
    client_secret: Secret | None = None
    subject_claim: Annotated[str, Field(min_length=1, max_length=100)] = "sub"
    scopes: tuple[Scope, ...] = ("openid",)

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if self.subject_claim in NO_IDENTITY:
            raise ValueError(f"`{self.subject_claim}` is what people choose for themselves: it names nobody")
        if "openid" not in self.scopes:
            raise ValueError("`openid` is missing among the scopes: without it there is no sign-in")
        return self


class SensorsSettings(Model):
    """A port of its own at which sensors are known by client certificates that `client_ca` has signed."""

    host: Annotated[str, AfterValidator(_is_address)]
    port: Annotated[int, Field(ge=0, le=65535)]
    certificate: FilePath
    key: FilePath
    client_ca: FilePath
