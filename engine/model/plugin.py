"""What others bring: which plug-in is pinned to what, what it offers, and what became of it."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from engine.model.base import Model

DistributionName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", max_length=100)]
"""A distribution's name in the one spelling of PEP 503."""

ContentDigest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
"""Over the bytes of every file of a distribution."""


class PluginKind(StrEnum):
    """What can be brought; the entry points stand in the group `fireline.<kind>`."""

    ACTION = "actions"
    CHECK = "checks"
    DETECTOR = "detectors"
    INTAKE = "intake"
    RULES = "rules"
    CONFORMANCE = "conformance"

    @property
    def group(self) -> str:
        """The group of its entry points."""
        return f"fireline.{self.value}"


class PluginPin(Model):
    """One plug-in that may be loaded: these bytes and no others.

    `checks` are those that have to answer: where the plug-in is not loaded each answers `error`, and an error blocks.
    """

    name: DistributionName
    digest: ContentDigest
    checks: tuple[str, ...] = ()


class PluginState(StrEnum):
    """What became of a plug-in; nothing but `loaded` runs."""

    LOADED = "loaded"
    UNPINNED = "unpinned"
    CHANGED = "changed"
    ABSENT = "absent"
    REFUSED = "refused"
    BROKEN = "broken"


class PluginReport(Model):
    """One plug-in as people are told of it; `offers` are `kind: name`, `remedy` is what to do."""

    name: str
    version: str
    state: PluginState
    digest: str = ""
    offers: tuple[str, ...] = ()
    because: str = ""
    remedy: str = ""
