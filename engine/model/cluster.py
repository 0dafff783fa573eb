"""How a Temporal that runs elsewhere is spoken to by TLS, as a site sets it."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from engine.model.base import Model
from engine.model.channel import Secret
from engine.model.sign_in import FilePath


def _host_and_port(value: str) -> str:
    if re.fullmatch(r"[^\s/@?#]+:[0-9]{1,5}", value) is None:
        raise ValueError("name it as `host:port`")
    return value


HostAndPort = Annotated[str, AfterValidator(_host_and_port)]
"""`host:port` of a server, without a scheme."""


class TemporalTls(Model):
    """Whom we believe to be the cluster, and what we show of ourselves where it asks for a certificate.

    Without `ca` the authorities of this system count; without `server_name` the certificate is asked for the host of
    the address.
    """

    ca: FilePath | None = None
    server_name: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,253}$")] | None = None
    certificate: FilePath | None = None
    key: Secret | None = None

    @model_validator(mode="after")
    def _certificate_with_its_key(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("`certificate` and `key` belong together: give both, or neither")
        return self
