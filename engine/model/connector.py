"""Real systems to act on: what a site sets for each."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from engine.duration import Duration
from engine.model.base import Model


class ProbeSettings(Model):
    """From where, and how, a block of an address is tried by TCP once it has been read back."""

    namespace: str | None = None
    """The network namespace to try from; None tries from this host."""
    port: Annotated[int, Field(ge=1, le=65535)] = 443
    timeout: Annotated[Duration, Field(gt=timedelta(0), le=timedelta(seconds=5))] = timedelta(seconds=1)
    """How long silence is waited for: as long as a block that holds takes longer to verify."""


class NftablesSettings(Model):
    """A firewall reached by nft on this host, or in one of its network namespaces."""

    kind: Literal["nftables"]
    instance: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]
    table: str = "fireline"
    namespace: str | None = None
    grace: Duration = timedelta(minutes=10)
    """How long after its lease an element ends by itself, should nobody be there to release it."""
    probe: ProbeSettings | None = None
    """None verifies a block by reading back alone."""
    capture: Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]{0,14}$")] | None = None
    """The interface of this host at which packets are captured as evidence; None captures none."""
    commands: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """What harm probes may have run here, by name: a program with its whole path, and its arguments."""
