"""A detector's claim, after intake: times in UTC, text bounded, severity and confidence apart."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from engine.model.base import AwareDatetime, Json, Model, Text


class Severity(StrEnum):
    """How bad it would be if true (OCSF severity, `fatal` folded into `critical`)."""

    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for informational up to 4 for critical."""
        return list(Severity).index(self)


class ObservableType(StrEnum):
    """What kind of thing was seen."""

    IP = "ip"
    HOST = "host"
    USER = "user"
    DOMAIN = "domain"
    HASH = "hash"
    EMAIL = "email"
    MESSAGE = "message"
    URL = "url"
    PROCESS = "process"


class Observable(Model):
    """One thing seen, in canonical form (lower-case names, compressed addresses)."""

    type: ObservableType
    value: Annotated[str, Field(min_length=1, max_length=1024)]


class Endpoint(Model):
    """One end of the activity: an address, and what is known to stand behind it."""

    ip: str | None = None
    port: Annotated[int, Field(ge=0, le=65535)] | None = None
    host: str | None = None
    user: str | None = None


class Origin(Model):
    """Which feed said so, and where in it: the file, line and column that intake read."""

    product: str
    file: str | None = None
    line: int | None = None


Confidence = Annotated[float, Field(ge=0.0, le=1.0)]


class Finding(Model):
    """A claim that something happened, by one version of one detector.

    `id` is stable: the same alert read twice gives the same id. `time` is UTC, `reported_time` the text the product
    wrote. `confidence` is None where the detector gave none, which never opens an automatic tier.
    `submitter` is the principal who fed it by hand; such a finding carries no autonomy.
    """

    id: str
    detector: str
    detector_version: str
    time: AwareDatetime
    reported_time: str
    severity: Severity
    confidence: Confidence | None
    category: str
    title: Text
    tags: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    observables: tuple[Observable, ...] = ()
    source: Endpoint | None = None
    destination: Endpoint | None = None
    origin: Origin
    evidence: Json = Field(default_factory=dict)
    submitter: str | None = None


class VerdictKind(StrEnum):
    """What an analyst found a finding, incident or action to be (OCSF verdict ids 1, 2, 6 and our own words)."""

    FALSE_POSITIVE = "false_positive"
    TRUE_POSITIVE = "true_positive"
    TEST = "test"


class Verdict(Model):
    """One person's judgement with its reason."""

    kind: VerdictKind
    principal: str
    reason: Text
    at: AwareDatetime
