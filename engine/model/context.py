"""What is known about the place: assets, identities, flows, indicators."""

from enum import StrEnum

from engine.model.base import AwareDatetime, Model


class Criticality(StrEnum):
    """How much hangs on a thing; unknown counts as high."""

    LOW = "low"
    STANDARD = "standard"
    HIGH = "high"
    CRITICAL = "critical"
    PROTECTED = "protected"
    UNKNOWN = "unknown"


class Zone(StrEnum):
    """Where an address stands, seen from us; the strictest first."""

    INSIDE = "inside"
    PARTNER = "partner"
    OUTSIDE = "outside"


class Asset(Model):
    """A host or device. `fingerprint` changes when the thing behind the name does (re-imaged, address re-leased)."""

    name: str
    addresses: tuple[str, ...] = ()
    criticality: Criticality = Criticality.UNKNOWN
    roles: tuple[str, ...] = ()
    owner: str = ""
    segment: str = ""
    services: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    redundancy_group: str = ""
    untouchable: bool = False
    fingerprint: str = ""


class Identity(Model):
    """An account of the directory."""

    name: str
    criticality: Criticality = Criticality.UNKNOWN
    privileged: bool = False
    service: bool = False
    break_glass: bool = False
    administrator: bool = False
    enabled: bool = True
    owner: str = ""
    untouchable: bool = False
    fingerprint: str = ""


class Flow(Model):
    """Traffic seen between two addresses; `tag` is what it serves (backup, replication, business …) or empty."""

    at: AwareDatetime
    source: str
    destination: str
    port: int
    protocol: str = "tcp"
    bytes: int = 0
    count: int = 1
    tag: str = ""


class Indicator(Model):
    """A value judged malicious by one origin. `owner` tells independent origins from copies of one feed."""

    type: str
    value: str
    origin: str
    owner: str
    seen_at: AwareDatetime
    confidence: float
    warnings: tuple[str, ...] = ()


class Exclusion(Model):
    """A scoped, owned and expiring exception from being acted on; `actions` empty means every action."""

    target: str
    actions: tuple[str, ...] = ()
    owner: str
    reason: str
    expires_at: AwareDatetime
