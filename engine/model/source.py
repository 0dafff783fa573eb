"""Where findings come from, and whether their data are in order."""

from enum import StrEnum

from engine.model.base import AwareDatetime, Model, Text
from engine.model.calendar import Lived


class Quality(StrEnum):
    """What may be said of a source: unknown while its history is too short."""

    UNKNOWN = "unknown"
    HEALTHY = "healthy"
    SICK = "sick"


class Symptom(StrEnum):
    """What makes a source sick."""

    SILENT = "silent"
    DEVIATING = "deviating"
    ERRING = "erring"
    SKEWED = "skewed"


class Ailment(Model):
    """One symptom, in words, since when."""

    symptom: Symptom
    why: Text
    since: AwareDatetime


class Source(Model):
    """One detector of one product, as its findings show it.

    `lags` are the latest findings' ages when they were accepted, in seconds, below zero where their time was still to
    come; `files` the files they came from lately. Quality is as of the last look (`engine.control.sources`).
    `lived` are windows in which something came from it; its learning period ended at `learned_at`.
    """

    product: str
    detector: str
    first_seen: AwareDatetime
    last_seen: AwareDatetime
    lags: tuple[float, ...] = ()
    files: tuple[str, ...] = ()
    quality: Quality = Quality.UNKNOWN
    why: Text = ""
    ailments: tuple[Ailment, ...] = ()
    lived: tuple[Lived, ...] = ()
    learned_at: AwareDatetime | None = None
