"""What an action is, what it is done to, and what it leaves behind."""

from enum import IntEnum, StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from pydantic import Field

from engine.model.base import Json, Model


class Impact(IntEnum):
    """How much it changes: 0 nothing, 1 low and reversible, 2 medium, 3 high, 4 irreversible."""

    NONE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    IRREVERSIBLE = 4


class Reversal(StrEnum):
    """How it ends: we undo it, the world heals by itself (a revoked session logs in again), or never."""

    REVERSIBLE = "reversible"
    SELF_HEALING = "self_healing"
    IRREVERSIBLE = "irreversible"


class TargetKind(StrEnum):
    """What sort of thing an action is done to."""

    ADDRESS = "address"
    SEGMENT = "segment"
    HOST = "host"
    ACCOUNT = "account"
    MESSAGE = "message"
    DOMAIN = "domain"
    RECORD = "record"


class Executor(StrEnum):
    """Whether a connector touches the real world or a simulated site; the two never mix (I12)."""

    REAL = "real"
    SIMULATED = "simulated"


class Spare(Model):
    """A flow that an isolation or a block leaves alone: protocol and port of one peer."""

    peer: str
    port: int = Field(ge=1, le=65535)
    protocol: str = "tcp"


CARRYING = frozenset({TargetKind.HOST, TargetKind.ADDRESS, TargetKind.SEGMENT})
"""Targets that traffic comes from and goes to."""


class Params(Model):
    """Base of every action's parameters: `target` is what is acted on, the rest is how."""

    target: IPv4Address | IPv6Address | IPv4Network | IPv6Network | str

    def canonical_target(self) -> str:
        """The target in the one spelling that leases and digests use."""
        return str(self.target).lower()

    def effect(self) -> Json:
        """Everything but the target: two requests with equal effects may share a lease."""
        return self.model_dump(mode="json", exclude={"target"})

    def union(self, other: "Params") -> "Params | None":
        """The narrowest parameters whose effect covers both, on the same target; None where none are known."""
        return self if self == other else None


class ActionSpec(Model):
    """An action's metadata: what policy and people need to know before it runs.

    `lasting` is False for what is over once done (a notice, a revoked session): its lease ends by itself.
    `eradicates` says that what could be learnt of the target is gone afterwards, though it can be taken back.
    `d3fend` and `mitigations` are identifiers of D3FEND and ATT&CK.
    """

    id: str
    version: str = "1"
    summary: str
    params: type[Params]
    target: TargetKind
    impact: Impact
    reversal: Reversal = Reversal.REVERSIBLE
    lasting: bool = True
    eradicates: bool = False
    d3fend: str = ""
    mitigations: tuple[str, ...] = ()

    @property
    def final(self) -> bool:
        """Whether it can never be taken back, by either of the two words that say so."""
        return self.reversal is Reversal.IRREVERSIBLE or self.impact is Impact.IRREVERSIBLE

    @property
    def cuts_traffic(self) -> bool:
        """Whether something that others send to or from stays cut off by it."""
        return self.lasting and self.impact > Impact.NONE and self.target in CARRYING

    @property
    def destroys(self) -> bool:
        """Whether what could be learnt of the target is gone afterwards."""
        return self.eradicates or self.final


class Snapshot(Model):
    """What stood at the target before, so that release restores exactly that.

    `displaced` is what the effect set besides placing our element, as it was (`engine.displacing`).
    """

    present: bool
    state: Json = Field(default_factory=dict)
    displaced: Json = Field(default_factory=dict)


class Undo(Model):
    """How to take back our own part: the owner key and what the connector needs besides."""

    handle: str
    details: Json = Field(default_factory=dict)
