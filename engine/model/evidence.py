"""What was taken down of a target before anything that destroys it."""

from enum import StrEnum

from pydantic import Field

from engine.model.base import AwareDatetime, Model, Said


class EvidenceKind(StrEnum):
    """What can be taken down without changing the target."""

    PACKETS = "packets"
    LOG = "log"
    ACCOUNT = "account"
    PROCESSES = "processes"


class Receipt(Model):
    """What was kept: the content stands under its SHA-256, and the ledger has this.

    `truncated` says that there was more than the bound that was set.
    """

    kind: EvidenceKind
    target: str
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int
    truncated: bool
    taken_at: AwareDatetime


class Waiver(Model):
    """Leave to destroy a target without evidence of it; whoever approves the request sees it."""

    owner: str
    reason: Said
