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
    """A host or device. `fingerprint` changes when the thing behind the name does (re-imaged, address re-leased).

    `shares` are addresses that it has together with others (a pool, a NAT, a terminal server), `runs_on` is the
    hypervisor under it, and `tunnel` where its full tunnel ends, through which alone it can be reached.
    """

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
    tags: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    runs_on: str = ""
    tunnel: str = ""


class Identity(Model):
    """An account of the directory.

    `used_by` are the services that sign in with it, `reenabled_by` what enables it again whoever disabled it (a feed of
    the staff's system).
    """

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
    roles: tuple[str, ...] = ()
    on_call: bool = False
    used_by: tuple[str, ...] = ()
    reenabled_by: str = ""

    @property
    def in_service(self) -> bool:
        """Whether something signs in with it that no person stands behind."""
        return self.service or bool(self.used_by)


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
    owner: str = ""
    """Who answers for what it serves, where that was declared."""
    lines: int = 1
    """Of how many lines of traffic it is the sum; more than one has no ends of its own."""


class FlowCoverage(Model):
    """How much of a look-back window there are records of; nothing said of a day may be nothing seen."""

    days: int
    recorded: int
    newest: AwareDatetime | None = None


class Tlp(StrEnum):
    """Who may read it (Traffic Light Protocol 2.0), the widest circle first."""

    CLEAR = "clear"
    GREEN = "green"
    AMBER = "amber"
    AMBER_STRICT = "amber+strict"
    RED = "red"


class Pap(StrEnum):
    """What may be done with it (Permissible Actions Protocol), the most first."""

    CLEAR = "clear"
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


class Indicator(Model):
    """A value judged malicious, as one feed (`origin`) passed it on.

    `owner` is who observed it, empty where the feed does not say; `source_id` is the STIX or MISP id of the record.
    Nothing counts before it was seen or after it ended (`valid_until`); `revised_at` tells versions of a record apart.
    """

    type: str
    value: str
    origin: str
    owner: str
    seen_at: AwareDatetime
    confidence: float
    warnings: tuple[str, ...] = ()
    valid_until: AwareDatetime | None = None
    tlp: Tlp | None = None
    pap: Pap | None = None
    source_id: str = ""
    revised_at: AwareDatetime | None = None


class WarningKind(StrEnum):
    """Why a block may hit others than the attacker."""

    CDN = "cdn"
    RESOLVER = "resolver"
    SHARED = "shared"
    POPULAR = "popular"


class ListedAs(Model):
    """A warning list that a value stands on, and what that means."""

    kind: WarningKind
    list: str


class Exclusion(Model):
    """A scoped, owned and expiring exception from being acted on; `actions` empty means every action."""

    target: str
    actions: tuple[str, ...] = ()
    owner: str
    reason: str
    expires_at: AwareDatetime
