"""What a context file is made of besides assets and identities."""

from datetime import time
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from engine.model.base import AwareDatetime, Model


def _spelled(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


Name = Annotated[str, AfterValidator(_spelled)]
"""A name or an address."""


class SegmentKind(StrEnum):
    """What a segment is for, as policy distinguishes it."""

    GUEST = "guest"
    LAB = "lab"
    OFFICES = "offices"
    SERVERS = "servers"
    MANAGEMENT = "management"


class Segment(Model):
    """A part of the network that can be blocked as one; `gateway` is its way to everywhere else."""

    name: Name
    cidr: IPv4Network | IPv6Network
    kind: SegmentKind
    gateway: IPv4Address | IPv6Address | None = None


class Message(Model):
    """A delivered mail message."""

    id: Name
    mailbox: str
    subject: str = ""


class Untouchable(Model):
    """A name, address or network that nobody may touch, and why."""

    target: Name
    why: Name


class Job(Model):
    """Traffic that recurs every day: `count` flows of `bytes` together, the last at `at` (UTC).

    It runs on days between `since` and `until`, where these are given.
    """

    name: Name
    tag: Name
    source: Name
    destination: Name
    port: int = Field(ge=0, le=65535)
    protocol: str = "tcp"
    at: time = time(1)
    count: int = Field(default=1, ge=1)
    bytes: int = Field(default=0, ge=0)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class TagRule(Model):
    """Traffic with this peer (name, address or network), on this port, or both, serves `tag`; `owner` answers for it.

    Without a peer it speaks of traffic among our own and our partners' networks only.
    """

    tag: Name
    peer: Name | None = None
    port: int | None = Field(default=None, ge=0, le=65535)
    protocol: str | None = None
    owner: str = ""

    @model_validator(mode="after")
    def _narrows(self) -> "TagRule":
        if self.peer is None and self.port is None:
            raise ValueError("a tag rule names a peer, a port or both")
        return self
